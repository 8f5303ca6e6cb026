// SPDX-License-Identifier: Apache-2.0
// Renderers over the scenarios. Rows are named
//   renderer / mode / mesh / batch / size / sigma / threads / fwd or fwdbwd
// (without sigma where the renderer has none)
// and go through the public Renderer interface; fwdbwd has the loss and autograd in it. `softref`
// is the anchor, an independent program without tensors, run beside the rows it is compared with;
// `fit` is what a fit asks for: 512 hypotheses at once, front faces only, soft silhouette, hard
// depth and colour; `culled` is `sil` with front faces only. `naive` is soft_rasterizer's own
// double-precision reference, one pixel and one face at a time.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "anchor.h"
#include "base/memory.h"
#include "renderers/scenes.h"
#include "scenarios.h"

namespace monodr::bench {
namespace {

struct Row {
  std::string renderer, mode, mesh;
  int batch, size;
  std::string sigma;  ///< "" for a renderer without blur
  int threads;
  bool backward;

  std::string name() const {
    return fmt::format("{}/{}/{}/b{}/s{}{}/t{}/{}",
                       renderer,
                       mode,
                       mesh,
                       batch,
                       size,
                       sigma.empty() ? "" : "/sigma" + sigma,
                       threads,
                       backward ? "fwdbwd" : "fwd");
  }
  double sigma_ndc() const { return std::stod(sigma); }
};

std::unique_ptr<Renderer> renderer_for(const Row& row) {
  if (row.renderer == "neural_mesh_renderer")
    return test::make_renderer(row.renderer, {{"near", 1.0}, {"far", 100.0}});
  const double sigma = row.mode == "hard" ? 1e-9 : row.sigma_ndc();
  return test::make_renderer("soft_rasterizer",
                             {{"sigma", sigma},
                              {"sigma_start", sigma},
                              {"sigma_unit", std::string("ndc^2")},
                              {"gamma", 1e-4},
                              {"near", 1.0},
                              {"far", 100.0},
                              {"blend", std::string(row.mode == "full" ? "softmax" : "hard")},
                              {"cull_backfaces", row.mode == "culled" || row.mode == "fit"}});
}

Channels channels_for(const Row& row) {
  const bool all = row.mode == "full" || row.mode == "hard" || row.mode == "fit";
  return {.silhouette = row.mode != "hard", .depth = all, .colour = all};
}

/// The scenarios' losses.
at::Tensor loss_of(const Rendering& rendering, const Scene& scene) {
  at::Tensor loss = at::zeros({}, scene.input.vertices.options().requires_grad(false));
  if (rendering.silhouette.defined())
    loss = loss + at::mse_loss(rendering.silhouette, scene.target_silhouette);
  if (rendering.colour.defined()) loss = loss + at::mse_loss(rendering.colour, scene.target_colour);
  if (rendering.depth.defined()) {
    // Where one of the two shows nothing, the target stands in for the rendering.
    const at::Tensor both = at::logical_and(rendering.depth > 0, scene.target_depth > 0);
    const at::Tensor depth = at::where(both, rendering.depth, scene.target_depth);
    loss = loss + 0.01 / at::count_nonzero(both).item<std::int64_t>() *
                      at::mse_loss(depth, scene.target_depth, at::Reduction::Sum);
  }
  return loss;
}

/// A line of /proc/self/status in MB, 0 where there is none: "VmRSS:", "VmHWM:" (its peak).
double memory_mb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == key && status >> word) return std::stod(word) / 1024;
  return 0;
}

/// Memory now; from here on, VmHWM tells the peak.
double start_of_memory() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;
  return memory_mb("VmRSS:");
}

void measure_renderer(benchmark::State& state, const Row& row) {
  at::set_num_threads(row.threads);
  Scene scene = make_scene(row.mesh, row.batch, row.size);
  if (row.renderer == "naive") {  // in double, soft_rasterizer is its own plain reference
    scene.input = test::leaves(scene.input, at::kDouble);
    scene.target_silhouette = scene.target_silhouette.to(at::kDouble);
  }
  const auto renderer = renderer_for(row);
  const RenderRequest request{channels_for(row), row.size, row.size, 1.0};
  const double memory_before = start_of_memory();
  for (auto _ : state) {
    if (row.backward) {
      scene.input.vertices.mutable_grad() = at::Tensor();
      scene.input.colours.mutable_grad() = at::Tensor();
      loss_of(renderer->render(scene.input, request), scene).backward();
      benchmark::DoNotOptimize(scene.input.vertices.grad());
    } else {
      at::NoGradGuard no_grad;
      benchmark::DoNotOptimize(renderer->render(scene.input, request));
    }
  }
  state.counters["peak_mb"] = memory_mb("VmHWM:") - memory_before;
  if (row.mode == "sil" && !row.sigma.empty()) {
    const double half = row.size / 2.0;
    const double squared_radius = std::log(1 / 1e-4 - 1) * row.sigma_ndc() * half * half;
    const double pairs = double(count_pairs(scene, row.size, squared_radius));
    state.counters["pairs"] = pairs;
    state.counters["faces"] = double(scene.input.faces.size(0));
    state.counters["s_per_pair"] = benchmark::Counter(
        pairs, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  }
}

void measure_anchor(benchmark::State& state, const Row& row) {
  for (auto _ : state) {
    const AnchorTimes times =
        run_anchor(row.mesh == "ico3" ? 3 : 4, row.batch, row.size, row.sigma, row.threads);
    state.SetIterationTime(1e-3 * (row.backward ? times.forward_backward : times.forward));
  }
}

void add_row(const Row& row) {
  benchmark::RegisterBenchmark(row.name().c_str(), [row](benchmark::State& state) {
    measure_renderer(state, row);
  })->Unit(benchmark::kMillisecond);
}

/// soft_rasterizer's row with the anchor's beside it.
void add_row_and_anchor(const Row& row) {
  add_row(row);
  if (!anchor_available()) return;
  Row anchor = row;
  anchor.renderer = "softref";
  benchmark::RegisterBenchmark(anchor.name().c_str(),
                               [anchor](benchmark::State& state) { measure_anchor(state, anchor); })
      ->Unit(benchmark::kMillisecond)
      ->UseManualTime()
      ->Iterations(5);
}

void add_rows() {
  const std::string name = "soft_rasterizer";
  for (const bool backward : {true, false})
    for (const int threads : {1, 2})
      add_row_and_anchor({name, "sil", "ico3", 8, 128, "1e-4", threads, backward});
  for (const auto& [batch, size] : {std::pair{1, 64}, {1, 128}, {8, 64}, {8, 256}})
    add_row_and_anchor({name, "sil", "ico3", batch, size, "1e-4", 1, true});
  add_row_and_anchor({name, "sil", "ico3", 8, 128, "1e-5", 1, true});
  add_row_and_anchor({name, "sil", "ico4", 8, 128, "1e-4", 1, true});
  for (const char* mesh : {"geo20k", "geo100k"})
    add_row({name, "sil", mesh, 1, 128, "1e-4", 1, true});
  for (const char* mode : {"full", "hard"})
    for (const int threads : {1, 2}) add_row({name, mode, "ico3", 8, 128, "1e-4", threads, true});
  add_row({name, "full", "ico3", 8, 256, "1e-4", 1, true});
  add_row({name, "culled", "ico3", 8, 128, "1e-4", 1, true});
  add_row({name, "fit", "ico3", 512, 64, "2e-4", 1, true});
  const std::string neural = "neural_mesh_renderer";
  for (const bool backward : {true, false})
    for (const int threads : {1, 2})
      add_row({neural, "sil", "ico3", 8, 128, "", threads, backward});
  add_row({neural, "sil", "ico3", 8, 256, "", 1, true});
  add_row({neural, "sil", "ico4", 8, 128, "", 1, true});
  add_row({neural, "full", "ico3", 8, 128, "", 1, true});
  add_row({"naive", "sil", "ico3", 1, 64, "1e-4", 1, true});
}

}  // namespace
}  // namespace monodr::bench

/// Google Benchmark hangs "/manual_time" and "/iterations:5" on the names; programs look for ours.
class PlainNames : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override {
    inner_->SetOutputStream(&GetOutputStream());
    inner_->SetErrorStream(&GetErrorStream());
    return inner_->ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> renamed = runs;
    for (Run& run : renamed) {
      run.run_name.time_type.clear();
      run.run_name.iterations.clear();
    }
    inner_->ReportRuns(renamed);
  }
  void Finalize() override { inner_->Finalize(); }

 private:
  std::unique_ptr<benchmark::BenchmarkReporter> inner_{benchmark::CreateDefaultDisplayReporter()};
};

int main(int argc, char** argv) {
  monodr::keep_freed_memory();  // as monodr-worker does
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (!monodr::bench::anchor_available())
    std::fputs("softref's rows are left out: no ../shared/bench_scenarios beside the source tree\n",
               stderr);
  monodr::bench::add_rows();
  PlainNames reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
