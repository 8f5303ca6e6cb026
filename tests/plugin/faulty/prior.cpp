// SPDX-License-Identifier: Apache-2.0
//
// A shape prior of surfels alone, with one fault a build (MONODR_FAULT); "points" has none. Ellipsoids:
//     position = s d / 2,  normal ~ d / s,  s = (1, 1 - g(c_0) / 5, 1 - g(c_1) / 5),  g the logistic function,
// d going round the sphere on a spiral; one paint, of which it learns the mean.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "plugin/shape_prior.h"

namespace monodr {
namespace {

const std::string kFault = MONODR_TEXT(MONODR_FAULT);

at::Tensor spiral(int64_t count) {
  const at::Tensor along = (at::arange(count, at::kDouble) + 0.5) / count * 2 - 1;
  const at::Tensor angle = at::arange(count, at::kDouble) * (M_PI * (3 - std::sqrt(5.0)));
  const at::Tensor across = (1 - along.square()).sqrt();
  return at::stack({across * angle.cos(), along, across * angle.sin()}, 1);
}

class Points final : public ShapePrior {
 public:
  int shape_dimensions() const override { return 2; }
  int texture_dimensions() const override { return 3; }
  GeometryKinds decodes_to() const override { return {kFault == "says_meshes", true}; }

  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    const at::Tensor directions = spiral(100).to(shape_code.scalar_type()).unsqueeze(0);
    const at::Tensor size =
        at::cat({at::ones_like(shape_code.narrow(1, 0, 1)), 1 - shape_code.sigmoid() / 5}, 1)
            .unsqueeze(1);
    const at::Tensor across = directions / size;
    Surfels surfels;
    surfels.positions = directions * size / (kFault == "too_large" ? 1.8 : 2.0);
    surfels.normals = across / across.square().sum(2, true).sqrt();
    surfels.radii = at::full(
        {shape_code.size(0), 100}, kFault == "negative_radius" ? -0.1 : 0.1, shape_code.options());
    surfels.colours = (texture_code + mean_.to(texture_code.scalar_type()))
                          .sigmoid()
                          .unsqueeze(1)
                          .expand({-1, 100, -1});
    if (kFault == "long_normals") surfels.normals = 2 * surfels.normals;
    DecodedShape shape;
    shape.surfels = surfels;
    return shape;
  }
  at::Tensor log_prior(const at::Tensor& shape_code,
                       const at::Tensor& texture_code) const override {
    return -0.5 * (shape_code.square().sum(1) + texture_code.square().sum(1));
  }
  at::Tensor texture_from_paint(const at::Tensor& paint) const override {
    return at::logit(paint, 0.05) - mean_.to(paint.scalar_type());
  }
  void train(const std::vector<CorpusItem>& corpus, const TrainingRun& run) override {
    at::Tensor sum = at::zeros({3}, at::kDouble);
    for (std::size_t i = 0; i < corpus.size(); ++i) {
      for (int axis = 0; axis < 3; ++axis) sum[axis] += corpus[i].mesh.colours.at(0)[axis];
      if (run.progress && !run.progress(double(i + 1) / double(corpus.size()), 0)) return;
    }
    mean_ = at::logit(sum / int64_t(corpus.size()), 0.05).to(at::kFloat);
  }
  TensorTable state() const override { return {{"mean", mean_}}; }
  void restore(const TensorTable& state) override { mean_ = take_array(state, "mean", {3}); }

 private:
  at::Tensor mean_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::shape_prior;
  info.name = kFault;
  info.version = "1.0.0";
  info.description = "Surfels of ellipsoids.";
  info.differentiable_in.inputs = {"shape code", "texture code"};
  return {info, ShapePriorFactory([](const Parameters&) { return std::make_unique<Points>(); })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
