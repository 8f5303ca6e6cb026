// SPDX-License-Identifier: Apache-2.0
//
// HINDSIGHT: from step `from_step` on only the best hypothesis of an object bears the loss.
//
//     L_b = min_k L_bk
//     d L_b / d L_bk = 1 for the winner (the first among equals), 0 elsewhere
//
// Before that: the mean (rule `mean`). With from_step = 0 the start that happens to overlap best
// wins at once and the others starve: only it moves, so it stays the winner (heading within 30
// degrees on 78 % instead of 98 %).
//
// Shared: with fit.share = "nothing" the losers keep their own state as it was at from_step and are
// compared with the winner, which goes on; one that is overtaken may still win. With
// "all_but_heading" the winner alone moves the common position, size, shape and paint; the losers'
// headings rest, but are judged at the new place. Reported: the hypothesis with the least loss.
//
// Guzman-Rivera et al., Multiple Choice Learning, NIPS 2012; Insafutdinov and Dosovitskiy,
// Unsupervised Learning of Shape and Pose with Differentiable Point Clouds, NeurIPS 2018.
#include "plugin/descriptor.h"
#include "plugin/rule.h"
#include "present.h"

namespace monodr {
namespace {

class HindsightRule final : public Rule {
 public:
  explicit HindsightRule(const Parameters& parameters)
      : from_step_(parameters.integer("from_step")) {}

  at::Tensor combine(const RuleInput& input) const override {
    if (input.step < from_step_) return mean_over(input.losses, present(input.losses));
    return std::get<0>(absent_as_infinite(input.losses).min(1));
  }
  at::Tensor reported(const at::Tensor& losses) const override { return best(losses); }

 private:
  std::int64_t from_step_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::rule;
  info.name = "hindsight";
  info.version = "1.0.0";
  info.description = "Only the best hypothesis learns, from a chosen step on.";
  info.paper =
      "Guzman-Rivera et al., Multiple Choice Learning, NIPS 2012; Insafutdinov and "
      "Dosovitskiy, NeurIPS 2018";
  info.differentiable_in.inputs = {"losses"};
  info.is_default = true;
  info.parameters = {
      {.name = "from_step",
       .default_value = std::int64_t{30},
       .unit = "steps",
       .meaning = "First step at which only the best hypothesis learns; before it all do.",
       .minimum = 0},
  };
  return {info, RuleFactory([](const Parameters& parameters) {
            return std::make_unique<HindsightRule>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
