// SPDX-License-Identifier: Apache-2.0
//
// TOP K: the k best hypotheses of an object learn, and k shrinks from all of them to one.
//
//     L_b = mean of the k least L_bk            d L_b / d L_bk = 1/k for those, 0 elsewhere
//     k(step) = K at the first step, 1 from the share `until` of the steps on, linear between
//
// Shared: with fit.share = "nothing" those left behind keep their own state, and come back if the
// others get worse. With "all_but_heading" the k best move the common position, size, shape and
// paint. Reported: the hypothesis with the least loss. Pruning (of the fit) does the same and saves
// the renders as well, for good.
#include <algorithm>
#include <cmath>

#include "plugin/descriptor.h"
#include "present.h"

namespace monodr {
namespace {

class TopKRule final : public Rule {
 public:
  explicit TopKRule(const Parameters& parameters) : until_(parameters.real("until")) {}

  at::Tensor combine(const RuleInput& input) const override {
    const int64_t k = learners(input);
    // Stable, so that among equals the first learns on every machine.
    const c10::optional<bool> stable = true;
    const at::Tensor order =
        std::get<1>(absent_as_infinite(input.losses.detach()).sort(stable, /*dim=*/1));
    const at::Tensor chosen = order.narrow(1, 0, k);
    const at::Tensor taken = at::zeros_like(order, at::kBool).scatter(1, chosen, true);
    return mean_over(input.losses, taken.logical_and(present(input.losses)));
  }
  at::Tensor reported(const at::Tensor& losses) const override { return best(losses); }

 private:
  int64_t learners(const RuleInput& input) const {
    const double last = until_ * std::max(1, input.steps - 1);
    const double done = last > 0 ? std::min(1.0, input.step / last) : 1.0;
    const auto all = static_cast<double>(input.losses.size(1));
    return std::lround(all + (1 - all) * done);
  }

  double until_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::rule;
  info.name = "top_k";
  info.version = "1.0.0";
  info.description = "The k best hypotheses learn; k shrinks to one.";
  info.differentiable_in.inputs = {"losses"};
  info.parameters = {
      {.name = "until",
       .default_value = 1.0,
       .unit = "share of the steps",
       .meaning = "From here on one hypothesis learns.",
       .minimum = 0,
       .maximum = 1},
  };
  return {info, RuleFactory([](const Parameters& parameters) {
            return std::make_unique<TopKRule>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
