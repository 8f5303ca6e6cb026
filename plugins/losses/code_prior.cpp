// SPDX-License-Identifier: Apache-2.0
//
// CODE PRIOR: how unusual are the shape and the paint?
//
//     L = |c|^2 + texture |t - t0|^2        d L / d c = 2 c        d L / d t = 2 texture (t - t0)
//
// c = shape code; codes are about standard normal over the corpus, so this is twice the negative
// log density up to a constant. t = texture code, t0 = the code of the paint that the pixels under
// the mask show, where the fit began: the mean paint of the corpus says nothing of this car, its
// own pixels do, and without the pull towards them gain and paint explain the same brightness and
// real cars turn purple. No unit. A weight of 0.005 works; the pose hardly feels it between 0 and
// 0.05.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/descriptor.h"

namespace monodr {
namespace {

class CodePriorLoss final : public Loss {
 public:
  explicit CodePriorLoss(const Parameters& parameters) : texture_(parameters.real("texture")) {}

  Channels needs() const override { return {}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& texture = input.hypothesis.texture_code;
    const at::Tensor start = input.hypothesis.initial_texture_code.to(texture);
    return input.hypothesis.shape_code.square().sum(1) +
           texture_ * (texture - start).square().sum(1);
  }

 private:
  double texture_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "code_prior";
  info.version = "1.0.0";
  info.description = "Squared length of the shape code and of the paint's way from its start.";
  info.differentiable_in.inputs = {"shape_code", "texture_code"};
  info.parameters = {
      {.name = "texture",
       .default_value = 2.0,
       .unit = "1",
       .meaning = "Factor of the texture code's part.",
       .minimum = 0,
       .maximum = 1e4},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<CodePriorLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
