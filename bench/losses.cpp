// SPDX-License-Identifier: Apache-2.0
//
// Cost of each loss, forward and backward, at the size of a fit: 64 objects, 8 hypotheses each,
// crops of 64 x 64 pixels. "per_hypothesis" is what one iteration costs one hypothesis.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include "plugin/loss.h"
#include "plugin_benchmark.h"

namespace monodr {
namespace {

constexpr int kObjects = 64, kHypotheses = 512, kSide = 64, kVertices = 642;

struct Workload {
  ObservationBatch observation;
  HypothesisBatch hypothesis;
  Rendering rendering;
};

/// A car-sized ellipse (30 % of the crop), moved a little in each item.
at::Tensor ellipses(int64_t count, double shift) {
  const at::Tensor axis = at::arange(kSide, at::kFloat) + 0.5 - kSide / 2;
  const at::Tensor move = at::rand({count, 1, 1}) * shift;
  const at::Tensor x = (axis.reshape({1, 1, kSide}) - move) / 25;
  const at::Tensor y = (axis.reshape({1, kSide, 1}) + move) / 16;
  return at::sigmoid((1 - (x.square() + y.square()).sqrt()) * 20);
}

Workload workload() {
  at::manual_seed(1);
  Workload load;
  ObservationBatch& observation = load.observation = crops_of_noise(kObjects, kSide);
  observation.mask = (ellipses(kObjects, 2) > 0.5).to(at::kFloat);

  HypothesisBatch& hypothesis = load.hypothesis;
  hypothesis.object =
      at::arange(kHypotheses, at::kLong).div(kHypotheses / kObjects, "floor").to(at::kLong);
  hypothesis.location = at::tensor({0.f, 0.8f, 10.f}).repeat({kHypotheses, 1});
  hypothesis.rotation_y = at::rand({kHypotheses});
  hypothesis.dimensions = observation.size_mean.index_select(0, hypothesis.object) * 1.1;
  hypothesis.vertices = at::randn({kHypotheses, kVertices, 3}) + at::tensor({0.f, 0.f, 10.f});
  hypothesis.location = at::tensor({0.f, 0.8f, 11.f}).repeat({kHypotheses, 1});
  hypothesis.rotation_y = at::rand({kHypotheses}) * 6;
  const at::Tensor first = at::arange(kVertices - 2, at::kLong);
  hypothesis.faces = at::stack({first, first + 1, first + 2}, 1);
  Rendering& rendering = load.rendering;
  rendering.silhouette = ellipses(kHypotheses, 4);
  const at::Tensor hit = (rendering.silhouette > 0.5).to(at::kFloat);
  rendering.depth = hit * (10.5 + at::rand({kHypotheses, kSide, kSide}));
  rendering.colour = hit.unsqueeze(1) * at::rand({kHypotheses, 3, kSide, kSide});
  hypothesis.shape_code = at::randn({kHypotheses, 8});
  hypothesis.texture_code = at::randn({kHypotheses, 8});
  hypothesis.initial_texture_code = at::randn({kHypotheses, 8});
  observation.coordinates = at::rand({kObjects, 4, kSide, kSide});
  observation.coordinates.select(1, 3).copy_(observation.mask);
  rendering.attributes["nocs"] = hit.unsqueeze(1) * at::rand({kHypotheses, 3, kSide, kSide});
  for (at::Tensor* tensor : {&hypothesis.location,
                             &hypothesis.rotation_y,
                             &hypothesis.dimensions,
                             &hypothesis.vertices,
                             &hypothesis.shape_code,
                             &hypothesis.texture_code,
                             &rendering.silhouette,
                             &rendering.depth,
                             &rendering.colour,
                             &rendering.attributes["nocs"]})
    tensor->requires_grad_(true);
  return load;
}

void cost_of(benchmark::State& state, const char* name) {
  at::set_num_threads(1);
  Registry registry = built_plugins();
  const auto loss =
      registry.make<Loss>(name, Parameters(registry.find(PluginKind::loss, name).info.parameters));
  const Workload load = workload();
  const LossInput input{load.observation, load.hypothesis, load.rendering, 0.5};
  const std::vector<at::Tensor> inputs = {load.hypothesis.location,
                                          load.hypothesis.rotation_y,
                                          load.hypothesis.dimensions,
                                          load.hypothesis.vertices,
                                          load.hypothesis.shape_code,
                                          load.hypothesis.texture_code,
                                          load.rendering.silhouette,
                                          load.rendering.depth,
                                          load.rendering.colour,
                                          load.rendering.attributes.at("nocs")};
  const auto ask = [&] {
    const at::Tensor total = loss->evaluate(input).sum();
    benchmark::DoNotOptimize(torch::autograd::grad({total}, inputs, {}, false, false, true));
  };
  ask();  // the first one takes memory that later ones find there
  for (auto _ : state) ask();
  state.counters["per_hypothesis"] = cost_of_one(kHypotheses);
}

BENCHMARK_CAPTURE(cost_of, mask, "mask")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, photometric, "photometric")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, depth, "depth")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, bbox, "bbox")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, size, "size")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, ray_consistency, "ray_consistency")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, volumetric_silhouette, "volumetric_silhouette")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, chamfer, "chamfer")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, nocs, "nocs")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, corners, "corners")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, ground_plane, "ground_plane")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(cost_of, code_prior, "code_prior")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace monodr

int main(int argc, char** argv) {
  return monodr::run_benchmarks(argc, argv);
}
