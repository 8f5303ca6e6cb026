// SPDX-License-Identifier: Apache-2.0
//
// MEAN: every hypothesis bears its own loss.
//
//     L_b = 1/K sum_k L_bk,  over the hypotheses that are present        d L_b / d L_bk = 1/K
//
// Shared: with fit.share = "nothing" each hypothesis has its own full state and its own step sizes
// of Adam, so this is K independent descents: the factor 1/K cancels. With "all_but_heading" the
// position, size, shape and paint are one, and all K headings, wrong ones too, pull at them alike.
// Reported: the hypothesis with the least loss at the end; mean without a choice would report an
// arbitrary one.
#include "plugin/descriptor.h"
#include "present.h"

namespace monodr {
namespace {

class MeanRule final : public Rule {
 public:
  at::Tensor combine(const RuleInput& input) const override {
    return mean_over(input.losses, present(input.losses));
  }
  at::Tensor reported(const at::Tensor& losses) const override { return best(losses); }
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::rule;
  info.name = "mean";
  info.version = "1.0.0";
  info.description = "Every hypothesis learns; the best at the end is reported.";
  info.differentiable_in.inputs = {"losses"};
  return {info, RuleFactory([](const Parameters&) { return std::make_unique<MeanRule>(); })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
