// SPDX-License-Identifier: Apache-2.0
#include "losses/scene.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cstdlib>

namespace monodr::test {
namespace {

Parameters parameters_of(PluginKind kind, const std::string& name, const Given& given) {
  std::map<std::string, GivenValue> values;
  for (const auto& [key, value] : given) values[key] = {value, {}, {}};
  return Parameters(registry().find(kind, name).info.parameters, values, name);
}

}  // namespace

Registry& registry() {
  static Registry instance = [] {
    const char* folder = std::getenv("MONODR_BINARY_DIR");
    MONODR_CHECK(folder != nullptr, "run this test through ctest, or set MONODR_BINARY_DIR");
    return Registry({std::string(folder) + "/plugins"});
  }();
  return instance;
}

std::unique_ptr<Loss> loss(const std::string& name, const Given& given) {
  return registry().make<Loss>(name, parameters_of(PluginKind::loss, name, given));
}

std::unique_ptr<Rule> rule(const std::string& name, const Given& given) {
  return registry().make<Rule>(name, parameters_of(PluginKind::rule, name, given));
}

at::Tensor rectangle(int left, int top, int right, int bottom) {
  at::Tensor image = at::zeros({1, kSide, kSide}, at::kDouble);
  image.narrow(1, top, bottom - top).narrow(2, left, right - left).fill_(1);
  return image;
}

Scene matching_scene() {
  Scene scene;
  const at::Tensor square = rectangle(24, 24, 40, 40);
  const at::Tensor ramp = (at::arange(kSide, at::kDouble) / kSide).reshape({1, 1, 1, kSide});
  const at::Tensor texture = at::cat({0.2 + 0.5 * ramp, 0.6 - 0.4 * ramp, 0.3 + 0.1 * ramp}, 1)
                                 .expand({1, 3, kSide, kSide});
  ObservationBatch& observation = scene.observation;
  observation.image = texture.contiguous();
  observation.mask = square;
  observation.known = at::ones_like(square);
  observation.depth = 10 * square;
  observation.box = at::tensor({24.0, 24.0, 40.0, 40.0}, at::kDouble).reshape({1, 4});
  observation.free_sides = at::ones({1, 4}, at::kDouble);
  observation.intrinsics =
      at::tensor({80.0, 0.0, 32.0, 0.0, 80.0, 32.0, 0.0, 0.0, 1.0}, at::kDouble).reshape({1, 3, 3});
  observation.depth_deviation = at::full({1}, 0.1, at::kDouble);
  observation.size_mean = at::tensor({1.53, 1.63, 3.88}, at::kDouble).reshape({1, 3});
  observation.size_deviation = at::tensor({0.085, 0.055, 0.1}, at::kDouble).reshape({1, 3});

  HypothesisBatch& hypothesis = scene.hypothesis;
  hypothesis.object = at::zeros({1}, at::kLong);
  hypothesis.dimensions = observation.size_mean.clone();
  // 80 px of focal length at 10 m: 1 m is 8 px, so the square's corners are at +-1 m.
  hypothesis.vertices =
      at::tensor({-1.0, -1.0, 10.0, 1.0, -1.0, 10.0, 1.0, 1.0, 10.0, -1.0, 1.0, 10.0}, at::kDouble)
          .reshape({1, 4, 3});
  hypothesis.faces = at::tensor({0, 1, 2, 0, 2, 3}, at::kLong).reshape({2, 3});

  scene.rendering.silhouette = square.clone();
  scene.rendering.depth = observation.depth.clone();
  scene.rendering.colour = observation.image.clone();
  return scene;
}

double Scene::evaluate(const Loss& loss) const {
  return loss.evaluate(input()).item<double>();
}

}  // namespace monodr::test
