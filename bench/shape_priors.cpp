// SPDX-License-Identifier: Apache-2.0
//
// Cost of decoding 512 codes, and of that with the gradient by the codes, two threads: what the
// shape prior costs one step of a fit with 64 objects and 8 hypotheses each. The priors are trained
// for a moment only; the cost does not hang on what they have learned.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "corpus/parametric_car.h"
#include "plugin/registry.h"

namespace monodr {
namespace {

constexpr int kCodes = 512;

const ShapePrior& mesh_autoencoder(int grid) {
  static std::map<int, std::unique_ptr<ShapePrior>> priors;
  auto& prior = priors[grid];
  if (prior != nullptr) return *prior;
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  static Registry registry({std::string(folder != nullptr ? folder : ".") + "/plugins"});
  const PluginInfo& info = registry.find(PluginKind::shape_prior, "mesh_autoencoder").info;
  prior = registry.make<ShapePrior>(info.name,
                                    Parameters(info.parameters,
                                               {{"template_grid", {std::int64_t{grid}, {}, {}}},
                                                {"relaxations", {std::int64_t{0}, {}, {}}},
                                                {"steps", {std::int64_t{1}, {}, {}}}},
                                               "shape_prior"));
  prior->train(training_corpus(80, 0), {});
  return *prior;
}

void decode(benchmark::State& state, int grid, bool with_gradient) {
  at::set_num_threads(2);
  const ShapePrior& prior = mesh_autoencoder(grid);
  at::manual_seed(1);
  const at::AutoGradMode mode(with_gradient);
  at::Tensor shape = at::randn({kCodes, prior.shape_dimensions()}).requires_grad_(with_gradient);
  at::Tensor texture =
      at::randn({kCodes, prior.texture_dimensions()}).requires_grad_(with_gradient);
  const DecodedShape once = prior.decode(shape.detach(), texture.detach());
  const at::Tensor slope = at::randn_like(once.vertices);
  for (auto _ : state) {
    const DecodedShape decoded = prior.decode(shape, texture);
    if (!with_gradient) {
      benchmark::DoNotOptimize(decoded.vertices.data_ptr());
      continue;
    }
    ((decoded.vertices * slope).sum() + (decoded.colours * slope).sum()).backward();
    shape.mutable_grad().reset();
    texture.mutable_grad().reset();
  }
  state.counters["vertices"] = static_cast<double>(once.vertices.size(1));
}

BENCHMARK_CAPTURE(decode, mesh_autoencoder_1352_vertices_forward, 16, false)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(decode, mesh_autoencoder_1352_vertices_forward_backward, 16, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(decode, mesh_autoencoder_728_vertices_forward_backward, 12, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace monodr

BENCHMARK_MAIN();
