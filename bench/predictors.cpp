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

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plugin/predictor.h"
#include "plugin_benchmark.h"

namespace monodr {
namespace {

constexpr int kObjects = 64, kSide = 64;
const PredictorLayout kLayout{4, 8, 8};

using Given = std::map<std::string, GivenValue>;

void asked(benchmark::State& state, const Given& given, bool learns) {
  at::set_num_threads(1);
  Registry registry = built_plugins();
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
  at::manual_seed(1);
  ObservationBatch batch = crops_of_noise(kObjects, kSide);
  batch.mask = at::ones({kObjects, kSide, kSide});
  const auto ask = [&] {
    const Proposals said = predictor->predict(batch);
    if (!learns) return benchmark::DoNotOptimize(said.state.data_ptr());
    const at::Tensor sum = said.heading.sum() + said.state.sum() + said.log_probability.sum();
    benchmark::DoNotOptimize(torch::autograd::grad({sum}, weights, {}, {}, false, true));
  };
  ask();  // the first one takes memory that later ones find there
  for (auto _ : state) ask();
  state.counters["weights"] = static_cast<double>(numbers);
  state.counters["per_object"] = cost_of_one(kObjects);
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
  return monodr::run_benchmarks(argc, argv);
}
