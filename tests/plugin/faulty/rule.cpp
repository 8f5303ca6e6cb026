// SPDX-License-Identifier: Apache-2.0
//
// A rule with one fault a build (MONODR_FAULT).
#include "plugin/rule.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/descriptor.h"

namespace monodr {
namespace {

const std::string kFault = MONODR_TEXT(MONODR_FAULT);

class FaultyRule final : public Rule {
 public:
  at::Tensor combine(const RuleInput& input) const override {
    if (kFault == "nobody_learns") return input.losses.mean(1).detach();
    return input.losses.mean(1);  // "spoilt_by_absent": +inf is averaged too
  }
  at::Tensor reported(const at::Tensor& losses) const override {
    if (kFault == "reports_nobody") return at::full({losses.size(0)}, losses.size(1), at::kLong);
    return std::get<1>(losses.min(1));
  }
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::rule;
  info.name = kFault;
  info.version = "1.0.0";
  info.description = "A mean with a fault.";
  return {info, RuleFactory([](const Parameters&) { return std::make_unique<FaultyRule>(); })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
