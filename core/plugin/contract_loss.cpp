// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/channels.h"
#include "plugin/contract_tools.h"
#include "plugin/loss.h"

namespace monodr {
namespace {

constexpr int kSide = 32, kObjects = 3, kHypotheses = 6, kVertices = 40;

/// A loss's whole input, owned.
struct Scene {
  ObservationBatch observation;
  HypothesisBatch hypothesis;
  Rendering rendering;
};

at::Tensor disc(int64_t count, double radius, double softness) {
  const at::Tensor axis = at::arange(kSide, at::kDouble) + 0.5 - kSide / 2;
  const at::Tensor distance =
      (axis.unsqueeze(0).square() + axis.unsqueeze(1).square()).sqrt().unsqueeze(0);
  const at::Tensor radii = radius + at::arange(count, at::kDouble).reshape({count, 1, 1});
  return at::sigmoid((radii - distance) / softness);
}

/// Images of a few random waves, in (low, high): smooth, and different in each item.
at::Tensor waves(at::IntArrayRef shape, double low, double high, std::uint64_t seed) {
  std::vector<int64_t> planes(shape.begin(), shape.end() - 2);
  planes.insert(planes.end(), {1, 1});
  const at::Tensor x = at::arange(kSide, at::kDouble).reshape({1, kSide});
  const at::Tensor y = at::arange(kSide, at::kDouble).reshape({kSide, 1});
  at::Tensor sum = at::zeros(shape, at::kDouble);
  for (std::uint64_t wave = 0; wave < 3; ++wave) {
    const at::Tensor a = uniform_numbers(planes, -0.6, 0.6, seed + 3 * wave);
    const at::Tensor b = uniform_numbers(planes, -0.6, 0.6, seed + 3 * wave + 1);
    const at::Tensor phase = uniform_numbers(planes, 0, 6.28, seed + 3 * wave + 2);
    sum = sum + (a * x + b * y + phase).sin() / 3;
  }
  return low + (high - low) * (0.5 + 0.5 * sum);
}

ObservationBatch some_observation() {
  ObservationBatch batch;
  const at::Tensor mask = disc(kObjects, 9, 0.8);
  batch.image = waves({kObjects, 3, kSide, kSide}, 0.05, 0.95, 11);
  batch.mask = mask;
  batch.known = at::ones_like(mask);
  batch.known[1].narrow(1, 0, kSide / 3).zero_();
  batch.depth = waves({kObjects, kSide, kSide}, 9, 11, 23);
  batch.depth[2].mul_((uniform_numbers({kSide, kSide}, 0, 1, 5) > 0.7).to(at::kDouble));
  batch.box = uniform_numbers({kObjects, 4}, -1.5, 1.5, 31) +
              at::tensor({6.0, 8.0, 26.0, 24.0}, at::kDouble);
  batch.free_sides = at::ones({kObjects, 4}, at::kDouble);
  batch.free_sides[1][0] = 0;
  batch.intrinsics = at::tensor({40.0, 0.0, 16.0, 0.0, 40.0, 16.0, 0.0, 0.0, 1.0}, at::kDouble)
                         .reshape({1, 3, 3})
                         .repeat({kObjects, 1, 1});
  batch.depth_deviation = at::tensor({0.1, 0.05, 0.0}, at::kDouble);
  batch.size_mean = at::tensor({1.53, 1.63, 3.88}, at::kDouble).repeat({kObjects, 1});
  batch.size_deviation = at::tensor({0.085, 0.055, 0.1}, at::kDouble).repeat({kObjects, 1});
  batch.coordinates = waves({kObjects, 4, kSide, kSide}, 0.02, 0.98, 71);
  return batch;
}

Scene some_scene() {
  Scene scene;
  scene.observation = some_observation();
  HypothesisBatch& hypothesis = scene.hypothesis;
  hypothesis.object = at::arange(kHypotheses, at::kLong).remainder(kObjects);
  const auto jitter = [](int64_t columns, double scale, std::uint64_t seed) {
    return uniform_numbers({kHypotheses, columns}, -scale, scale, seed);
  };
  hypothesis.location = jitter(3, 0.5, 41) + at::tensor({0.0, 1.0, 10.0}, at::kDouble);
  hypothesis.dimensions = jitter(3, 0.15, 42) + at::tensor({1.5, 1.6, 3.9}, at::kDouble);
  hypothesis.rotation_y = jitter(1, 3, 43).squeeze(1);
  hypothesis.pitch = jitter(1, 0.1, 48).squeeze(1);
  hypothesis.roll = jitter(1, 0.1, 49).squeeze(1);
  hypothesis.shape_code = jitter(8, 1, 44);
  hypothesis.texture_code = jitter(4, 1, 45);
  hypothesis.initial_texture_code = jitter(4, 1, 46);
  hypothesis.vertices = uniform_numbers({kHypotheses, kVertices, 3}, -3, 3, 47) +
                        at::tensor({0.0, 0.0, 10.0}, at::kDouble);
  // A strip of triangles: each vertex with the two that follow.
  const at::Tensor first = at::arange(kVertices - 2, at::kLong);
  hypothesis.faces = at::stack({first, first + 1, first + 2}, 1);

  Rendering& rendering = scene.rendering;
  const at::Tensor shape = disc(kHypotheses, 7.3, 1.0);
  const at::Tensor hit = (shape > 0.5).to(at::kDouble);
  rendering.silhouette = 0.02 + 0.96 * shape * waves(shape.sizes(), 0.9, 1, 51);
  rendering.depth = hit * waves(shape.sizes(), 9, 11, 52);
  rendering.colour = hit.unsqueeze(1) * waves({kHypotheses, 3, kSide, kSide}, 0.05, 0.95, 53);
  std::uint64_t seed = 60;
  for (const std::string& name : channel_names()) {
    const ChannelDefinition& channel = channel_named(name);
    at::Tensor image =
        waves({kHypotheses, channel.components, kSide, kSide}, 0.05, 0.95, seed += 10);
    if (channel.unit_length) image = image / image.square().sum(1, true).sqrt();
    rendering.attributes[name] = hit.unsqueeze(1) * image;
  }
  return scene;
}

/// Every tensor of the scene that `visit` is shown is replaced by what it returns.
template <typename Visit>
void for_each_differentiable(Scene& scene, Visit visit) {
  visit("silhouette", scene.rendering.silhouette);
  visit("depth", scene.rendering.depth);
  visit("colour", scene.rendering.colour);
  for (auto& [name, image] : scene.rendering.attributes) visit(name, image);
  visit("location", scene.hypothesis.location);
  visit("dimensions", scene.hypothesis.dimensions);
  visit("rotation_y", scene.hypothesis.rotation_y);
  visit("pitch", scene.hypothesis.pitch);
  visit("roll", scene.hypothesis.roll);
  visit("shape_code", scene.hypothesis.shape_code);
  visit("texture_code", scene.hypothesis.texture_code);
  visit("vertices", scene.hypothesis.vertices);
}

template <typename Visit>
void for_each_observed(ObservationBatch& batch, Visit visit) {
  for (at::Tensor* tensor : {&batch.image,
                             &batch.mask,
                             &batch.known,
                             &batch.depth,
                             &batch.box,
                             &batch.free_sides,
                             &batch.intrinsics,
                             &batch.depth_deviation,
                             &batch.size_mean,
                             &batch.size_deviation,
                             &batch.coordinates})
    visit(*tensor);
}

Scene as_type(Scene scene, at::ScalarType type) {
  for_each_observed(scene.observation, [&](at::Tensor& tensor) { tensor = tensor.to(type); });
  for_each_differentiable(
      scene, [&](const std::string&, at::Tensor& tensor) { tensor = tensor.to(type); });
  scene.hypothesis.initial_texture_code = scene.hypothesis.initial_texture_code.to(type);
  return scene;
}

/// Hypothesis n with its own object alone.
Scene item(const Scene& all, int64_t n) {
  Scene scene = all;
  const int64_t object = all.hypothesis.object[n].item<int64_t>();
  for_each_observed(scene.observation,
                    [&](at::Tensor& tensor) { tensor = tensor.narrow(0, object, 1); });
  for_each_differentiable(
      scene, [&](const std::string&, at::Tensor& tensor) { tensor = tensor.narrow(0, n, 1); });
  scene.hypothesis.initial_texture_code = scene.hypothesis.initial_texture_code.narrow(0, n, 1);
  scene.hypothesis.object = at::zeros({1}, at::kLong);
  return scene;
}

at::Tensor evaluate(const Loss& loss, const Scene& scene, double progress = 0.5) {
  Rendering asked;  // a loss gets the channels it asked for and no others
  const Channels needs = loss.needs();
  if (needs.silhouette) asked.silhouette = scene.rendering.silhouette;
  if (needs.depth) asked.depth = scene.rendering.depth;
  if (needs.colour) asked.colour = scene.rendering.colour;
  for (const std::string& name : needs.attributes) {
    channel_named(name);  // throws for one that no renderer would draw
    asked.attributes[name] = scene.rendering.attributes.at(name);
  }
  return loss.evaluate({scene.observation, scene.hypothesis, asked, progress});
}

std::vector<NamedTensor> differentiable(Scene scene) {
  std::vector<NamedTensor> inputs;
  for_each_differentiable(scene, [&](const std::string& name, at::Tensor& tensor) {
    inputs.push_back({name, tensor});
  });
  return inputs;
}

OutputOf output_of(const Loss& loss, const Scene& scene) {
  return [&loss, scene](const std::vector<at::Tensor>& values) {
    Scene changed = scene;
    std::size_t i = 0;
    for_each_differentiable(changed,
                            [&](const std::string&, at::Tensor& tensor) { tensor = values[i++]; });
    return evaluate(loss, changed);
  };
}

std::string wrong_output(const Loss& loss, at::ScalarType type) {
  const at::Tensor value = evaluate(loss, as_type(some_scene(), type));
  if (value.sizes() != at::IntArrayRef{kHypotheses})
    return fmt::format("{} dimensions, expected [N]", value.dim());
  if (value.scalar_type() != type) return "the dtype is not that of the rendering";
  return not_finite("the loss", value);
}

std::string not_finite_anywhere(const Loss& loss, const Scene& scene) {
  if (const auto error = not_finite("the loss", evaluate(loss, scene)); !error.empty())
    return error;
  const auto inputs = differentiable(scene);
  const auto found = gradients(output_of(loss, scene), inputs);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (const auto error = not_finite("the gradient of " + inputs[i].name, found[i]);
        !error.empty())
      return error;
  return "";
}

struct Degenerate {
  const char* name;
  void (*spoil)(Scene&);
};
const Degenerate kDegenerate[] = {
    {"an empty mask", [](Scene& scene) { scene.observation.mask.zero_(); }},
    {"no known pixel", [](Scene& scene) { scene.observation.known.zero_(); }},
    {"no observed depth", [](Scene& scene) { scene.observation.depth.zero_(); }},
    {"no free side", [](Scene& scene) { scene.observation.free_sides.zero_(); }},
    {"a flat image", [](Scene& scene) { scene.observation.image.fill_(0.5); }},
    {"object coordinates of no pixel", [](Scene& scene) { scene.observation.coordinates.zero_(); }},
    {"nothing rendered",
     [](Scene& scene) {
       scene.rendering.silhouette.zero_();
       scene.rendering.depth.zero_();
       scene.rendering.colour.zero_();
       for (auto& [name, image] : scene.rendering.attributes) image.zero_();
     }},
    {"an empty mask and nothing rendered",
     [](Scene& scene) {
       scene.observation.mask.zero_();
       scene.rendering.silhouette.zero_();
       scene.rendering.depth.zero_();
     }},
    {"a rendering that equals the observation",
     [](Scene& scene) {
       const at::Tensor& object = scene.hypothesis.object;
       scene.rendering.silhouette = scene.observation.mask.index_select(0, object);
       scene.rendering.depth = scene.observation.depth.index_select(0, object);
       scene.rendering.colour = scene.observation.image.index_select(0, object);
       scene.hypothesis.dimensions = scene.observation.size_mean.index_select(0, object);
     }},
    {"a flat rendering", [](Scene& scene) { scene.rendering.colour.fill_(0.5); }},
    {"a mesh behind the camera",
     [](Scene& scene) { scene.hypothesis.vertices.select(2, 2).neg_(); }},
    {"a mesh in the camera's plane",
     [](Scene& scene) { scene.hypothesis.vertices.select(2, 2).zero_(); }},
};

std::string batch_differs(const Loss& loss) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const Scene scene = as_type(some_scene(), type);
    const at::Tensor together = evaluate(loss, scene);
    for (int64_t n = 0; n < kHypotheses; ++n) {
      const at::Tensor alone = evaluate(loss, item(scene, n));
      const auto error = difference_in_bits({alone}, {together.narrow(0, n, 1)});
      if (!error.empty()) return fmt::format("hypothesis {}: {}", n, error);
    }
  }
  return "";
}

}  // namespace

ContractReport check_loss_contract(Registry& registry,
                                   const std::string& name,
                                   const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::loss, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  const auto loss = registry.make<Loss>(name, Parameters(info.parameters, given, name));
  checker.check("shape, dtype and finite, float32",
                [&] { return wrong_output(*loss, at::kFloat); });
  checker.check("shape, dtype and finite, float64",
                [&] { return wrong_output(*loss, at::kDouble); });
  checker.check("float32 and float64 agree", [&] {
    const Scene scene = some_scene();
    return difference_beyond(
        evaluate(*loss, as_type(scene, at::kFloat)).to(at::kDouble), evaluate(*loss, scene), 1e-3);
  });
  checker.check("gradient against differences", [&] {
    if (info.differentiable_in.has_approximate()) return std::string();
    const Scene scene = some_scene();
    return gradient_error(output_of(*loss, scene), differentiable(scene), {});
  });
  checker.check("the same bits twice and on any number of threads", [&] {
    const Scene scene = as_type(some_scene(), at::kFloat);
    return bits_that_change([&] {
      auto outputs = gradients(output_of(*loss, scene), differentiable(scene));
      outputs.push_back(evaluate(*loss, scene));
      return outputs;
    });
  });
  checker.check("a batch equals its items", [&] { return batch_differs(*loss); });
  for (const Degenerate& degenerate : kDegenerate)
    checker.check(fmt::format("finite with {}", degenerate.name), [&] {
      Scene scene = some_scene();
      degenerate.spoil(scene);
      return not_finite_anywhere(*loss, scene);
    });
  return checker.report();
}

}  // namespace monodr
