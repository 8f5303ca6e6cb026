// SPDX-License-Identifier: Apache-2.0
//
// A loss, mean (A - M)^2 over the crop, with one fault a build (MONODR_FAULT): the contract must
// find each of them, and nothing in the one without a fault.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/descriptor.h"

namespace monodr {
namespace {

const std::string kFault = MONODR_TEXT(MONODR_FAULT);

class FaultyLoss final : public Loss {
 public:
  Channels needs() const override { return {.silhouette = true}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& silhouette = input.rendering.silhouette;
    const at::Tensor mask = input.observation.mask.index_select(0, input.hypothesis.object);
    const at::Tensor error = (silhouette - mask).square();
    at::Tensor loss = error.mean({1, 2});
    if (kFault == "wrong_gradient") return loss + 0.1 * (loss - loss.detach());
    if (kFault == "no_gradient") return loss.detach() + 0 * loss;
    if (kFault == "couples_items") return loss - 0.01 * loss.mean();
    if (kFault == "nan_when_empty") return error.sum({1, 2}) / mask.sum({1, 2});
    if (kFault == "nan_gradient_when_equal") return error.sqrt().mean({1, 2});
    if (kFault == "changes_dtype") return loss.to(at::kDouble);
    if (kFault == "one_number") return loss.mean();
    if (kFault == "never_the_same") return loss * (1 + 1e-6 * ++calls_);
    if (kFault == "throws") throw std::runtime_error("out of luck");
    if (kFault == "unasked_channel") return loss + input.rendering.depth.mean({1, 2});
    return loss;
  }

 private:
  mutable int calls_ = 0;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = kFault;
  info.version = "1.0.0";
  info.description = "Squared error with a fault.";
  info.differentiable_in.inputs = {"silhouette"};
  if (kFault == "default_out_of_range")
    info.parameters = {{.name = "scale",
                        .default_value = 2.0,
                        .unit = "1",
                        .meaning = "Nothing.",
                        .minimum = 0,
                        .maximum = 1}};
  if (kFault == "factory_throws")
    return {info, LossFactory([](const Parameters&) -> std::unique_ptr<Loss> {
              throw std::runtime_error("no such device");
            })};
  if (kFault == "other_name") info.name = "somebody_else";
  return {info, LossFactory([](const Parameters&) { return std::make_unique<FaultyLoss>(); })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
