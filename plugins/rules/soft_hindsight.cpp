// SPDX-License-Identifier: Apache-2.0
//
// SOFT HINDSIGHT: better hypotheses learn more, none starves.
//
//     L_b = -T log( 1/K sum_k exp(-L_bk / T) )
//     d L_b / d L_bk = exp(-L_bk / T) / sum_j exp(-L_bj / T)
//
// over the hypotheses that are present. T -> 0 is the minimum (rule `hindsight`), T -> infinity the
// mean. T = 0.05 and 0.2 do as well as independent descent.
//
// Shared: with fit.share = "nothing" each hypothesis has its own full state, and Adam, which takes
// steps of one size whatever the gradient's, undoes the weights until they reach zero: T matters
// little. With "all_but_heading" the weights decide who moves the common position, size, shape and
// paint. Reported: the hypothesis with the least loss.
#include "plugin/descriptor.h"
#include "plugin/rule.h"
#include "present.h"

namespace monodr {
namespace {

class SoftHindsightRule final : public Rule {
 public:
  explicit SoftHindsightRule(const Parameters& parameters)
      : temperature_(parameters.real("temperature")) {}

  at::Tensor combine(const RuleInput& input) const override {
    const at::Tensor count = present(input.losses).sum(1);
    const at::Tensor scaled = absent_as_infinite(input.losses) / -temperature_;
    const at::Tensor soft_minimum =
        -temperature_ * (scaled.logsumexp(1) - count.clamp_min(1).to(input.losses).log());
    return at::where(count > 0,
                     soft_minimum,
                     at::full({}, std::numeric_limits<double>::infinity(), input.losses.options()));
  }
  at::Tensor reported(const at::Tensor& losses) const override { return best(losses); }

 private:
  double temperature_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::rule;
  info.name = "soft_hindsight";
  info.version = "1.0.0";
  info.description = "Hypotheses learn by their softmin weight.";
  info.differentiable_in.inputs = {"losses"};
  info.parameters = {
      {.name = "temperature",
       .default_value = 0.2,
       .unit = "1",
       .meaning = "Difference of losses at which a hypothesis learns 1/e as much as the best.",
       .minimum = 1e-4,
       .maximum = 1e4},
  };
  return {info, RuleFactory([](const Parameters& parameters) {
            return std::make_unique<SoftHindsightRule>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
