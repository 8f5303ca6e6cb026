// SPDX-License-Identifier: Apache-2.0
//
// Cost of asking a predictor about 64 crops of 64 x 64 pixels, and of a step of its training with them (forward and backward),
// one thread. "per_object" is what one object costs: the crop alone, without its mirror image, decoding and rendering.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/memory.h"
#include "plugin/predictor.h"
#include "plugin/registry.h"

namespace monodr {
namespace {

constexpr int kObjects = 64, kSide = 64;
const PredictorLayout kLayout{4, 8, 8};

/// Crops of noise: what a network costs does not hang on what it sees.
ObservationBatch crops() {
  at::manual_seed(1);
  ObservationBatch batch;
  batch.image = at::rand({kObjects, 3, kSide, kSide});
  batch.mask = at::ones({kObjects, kSide, kSide});
  batch.known = at::ones({kObjects, kSide, kSide});
  batch.depth = 10 + at::rand({kObjects, kSide, kSide});
  batch.box = at::tensor({7.F, 16.F, 57.F, 48.F}).repeat({kObjects, 1});
  batch.free_sides = at::ones({kObjects, 4});
  batch.intrinsics = at::tensor({80.F, 0.F, 32.F, 0.F, 80.F, 32.F, 0.F, 0.F, 1.F})
                         .reshape({1, 3, 3})
                         .repeat({kObjects, 1, 1});
  batch.depth_deviation = at::full({kObjects}, 0.1F);
  batch.size_mean = at::tensor({1.53F, 1.63F, 3.88F}).repeat({kObjects, 1});
  batch.size_deviation = at::tensor({0.085F, 0.055F, 0.1F}).repeat({kObjects, 1});
  return batch;
}

using Given = std::map<std::string, GivenValue>;

void asked(benchmark::State& state, const Given& given, bool learns) {
  at::set_num_threads(1);
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  Registry registry({std::string(folder != nullptr ? folder : ".") + "/plugins"});
  const PluginInfo& info = registry.find(PluginKind::predictor, "resnet_predictor").info;
  const auto predictor =
      registry.make<Predictor>(info.name, Parameters(info.parameters, given, "predictor"));
  predictor->begin(kLayout, 1);
  std::vector<at::Tensor> weights;
  std::int64_t numbers = 0;
  for (auto& [name, tensor] : predictor->weights()) {
    tensor.set_requires_grad(learns);
    weights.push_back(tensor);
    numbers += tensor.numel();
  }
  const at::AutoGradMode mode(learns);
  const ObservationBatch batch = crops();
  for (auto _ : state) {
    const Proposals said = predictor->predict(batch);
    if (!learns) {
      benchmark::DoNotOptimize(said.state.data_ptr());
      continue;
    }
    const at::Tensor sum = said.heading.sum() + said.state.sum() + said.log_probability.sum();
    benchmark::DoNotOptimize(torch::autograd::grad({sum}, weights, {}, {}, false, true));
  }
  state.counters["weights"] = static_cast<double>(numbers);
  state.counters["per_object"] = benchmark::Counter(
      kObjects, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const Given small = {};
const Given large = {{"size", {std::string("resnet18"), {}, {}}}};
const Given coordinates = {{"coordinates", {true, {}, {}}}};

BENCHMARK_CAPTURE(asked, resnet_predictor_small, small, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(asked, resnet_predictor_small_learns, small, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(asked, resnet_predictor_resnet18, large, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(asked, resnet_predictor_resnet18_learns, large, true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(asked, resnet_predictor_coordinates, coordinates, false)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace monodr

int main(int argc, char** argv) {
  monodr::keep_freed_memory();  // as monodr-worker does
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
