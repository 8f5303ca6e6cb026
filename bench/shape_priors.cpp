// SPDX-License-Identifier: Apache-2.0
//
// Cost of decoding codes, and of that with the gradient by the codes, two threads: what a shape prior costs one step of a fit. 512
// codes are 64 objects with 8 hypotheses each; priors whose meshes are extracted anew from a volume get 64. "per_hypothesis"
// compares them. Priors are trained for a moment only; of those that extract meshes the cost hangs on how large the surface is,
// so that they see enough for a body of one piece.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "corpus/parametric_car.h"
#include "plugin/shape_prior.h"
#include "plugin_benchmark.h"

namespace monodr {
namespace {

using Given = std::map<std::string, GivenValue>;

const ShapePrior& prior_of(const std::string& name, const Given& given) {
  static std::map<std::string, std::unique_ptr<ShapePrior>> priors;
  std::string key = name;
  for (const auto& [parameter, value] : given)
    key += fmt::format(" {}={}", parameter, std::get<std::int64_t>(value.value));
  auto& prior = priors[key];
  if (prior != nullptr) return *prior;
  static Registry registry = built_plugins();
  const PluginInfo& info = registry.find(PluginKind::shape_prior, name).info;
  prior = registry.make<ShapePrior>(name, Parameters(info.parameters, given, "shape_prior"));
  prior->train(training_corpus(80, 0), {});
  return *prior;
}

void decode(benchmark::State& state,
            const std::string& name,
            const Given& given,
            int codes,
            bool with_gradient) {
  at::set_num_threads(2);
  const ShapePrior& prior = prior_of(name, given);
  at::manual_seed(1);
  const at::AutoGradMode mode(with_gradient);
  at::Tensor shape =
      (0.5 * at::randn({codes, prior.shape_dimensions()})).requires_grad_(with_gradient);
  at::Tensor texture =
      (0.5 * at::randn({codes, prior.texture_dimensions()})).requires_grad_(with_gradient);
  const DecodedShape once = prior.decode(shape.detach(), texture.detach());
  const at::Tensor slope = at::randn_like(once.vertices);
  const auto ask = [&] {
    const DecodedShape decoded = prior.decode(shape, texture);
    if (!with_gradient) return benchmark::DoNotOptimize(decoded.vertices.data_ptr());
    ((decoded.vertices * slope).sum() + (decoded.colours * slope).sum()).backward();
    shape.mutable_grad().reset();
    texture.mutable_grad().reset();
  };
  ask();  // the first one takes memory that later ones find there
  for (auto _ : state) ask();
  state.counters["vertices"] = static_cast<double>(once.vertices.size(1));
  state.counters["per_hypothesis"] = cost_of_one(codes);
}

Given whole(std::initializer_list<std::pair<const char*, int>> values) {
  Given given;
  for (const auto& [name, value] : values) given[name] = {std::int64_t{value}, {}, {}};
  return given;
}

const Given fine = whole({{"template_grid", 16}, {"relaxations", 0}, {"steps", 1}});
const Given coarse = whole({{"template_grid", 12}, {"relaxations", 0}, {"steps", 1}});

#define MONODR_DECODE(label, ...) \
  BENCHMARK_CAPTURE(decode, label, __VA_ARGS__)->Unit(benchmark::kMillisecond)->UseRealTime()

MONODR_DECODE(mesh_autoencoder_1352_vertices_forward, "mesh_autoencoder", fine, 512, false);
MONODR_DECODE(mesh_autoencoder_1352_vertices_forward_backward, "mesh_autoencoder", fine, 512, true);
MONODR_DECODE(
    mesh_autoencoder_728_vertices_forward_backward, "mesh_autoencoder", coarse, 512, true);
MONODR_DECODE(box_residual_forward_backward, "box_residual", Given{}, 512, true);
MONODR_DECODE(tsdf_pca_forward_backward, "tsdf_pca", Given{}, 64, true);
MONODR_DECODE(
    tsdf_autoencoder_forward_backward, "tsdf_autoencoder", whole({{"epochs", 10}}), 64, true);
MONODR_DECODE(deep_sdf_forward_backward, "deep_sdf", whole({{"steps", 500}}), 64, true);

}  // namespace
}  // namespace monodr

int main(int argc, char** argv) {
  return monodr::run_benchmarks(argc, argv);
}
