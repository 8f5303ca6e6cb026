// SPDX-License-Identifier: Apache-2.0
//
// SIZE: how unusual are the dimensions d = (height, width, length) for the class?
//
//     L = sum_i (log(d_i / mean_i) / deviation_i)^2
//     d L / d d_i = 2 log(d_i / mean_i) / (deviation_i^2 d_i)
//
// The mean (metres) and the deviation of the log size come with the observation, per class. This is
// what resolves the ambiguity of size and distance, which an image alone leaves open (monoDR, Beker
// et al., ECCV 2020). No unit; 3 = each dimension off by one deviation. A weight of 0.02 to 0.04
// works; 0 doubles the size error.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/descriptor.h"
#include "plugin/loss.h"

namespace monodr {
namespace {

class SizeLoss final : public Loss {
 public:
  Channels needs() const override { return {}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& dimensions = input.hypothesis.dimensions;
    const at::Tensor& object = input.hypothesis.object;
    const at::Tensor mean = input.observation.size_mean.to(dimensions).index_select(0, object);
    const at::Tensor deviation =
        input.observation.size_deviation.to(dimensions).index_select(0, object);
    return ((dimensions / mean).log() / deviation).square().sum(1);
  }
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "size";
  info.version = "1.0.0";
  info.description = "Deviation of the dimensions from the class mean, in its deviations.";
  info.paper =
      "Beker et al., Monocular Differentiable Rendering for Self-Supervised 3D Object "
      "Detection, ECCV 2020";
  info.differentiable_in.inputs = {"dimensions"};
  return {info, LossFactory([](const Parameters&) { return std::make_unique<SizeLoss>(); })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
