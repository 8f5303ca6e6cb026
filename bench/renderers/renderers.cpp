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

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>

#include "anchor.h"
#include "base/memory.h"
#include "plugin/surfels.h"
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
  if (row.renderer == "sdf_discs" || row.renderer == "point_cloud")
    return test::make_renderer(row.renderer);
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
  at::Tensor loss;
  const auto add = [&](const at::Tensor& term) { loss = loss.defined() ? loss + term : term; };
  if (rendering.silhouette.defined())
    add(at::mse_loss(rendering.silhouette, scene.target_silhouette));
  if (rendering.colour.defined()) add(at::mse_loss(rendering.colour, scene.target_colour));
  if (rendering.depth.defined()) {
    // Where one of the two shows nothing, the target stands in for the rendering.
    const at::Tensor both = at::logical_and(rendering.depth > 0, scene.target_hit);
    const at::Tensor depth = at::where(both, rendering.depth, scene.target_depth);
    add(0.01 / at::count_nonzero(both).item<std::int64_t>() *
        at::mse_loss(depth, scene.target_depth, at::Reduction::Sum));
  }
  return loss;
}

/// What one row repeats.
class Step {
 public:
  explicit Step(const Row& row)
      : row_(row),
        scene_(make_scene(row.mesh, row.batch, row.size)),
        renderer_(renderer_for(row)),
        request_{channels_for(row), row.size, row.size, 1.0} {
    if (renderer_->draws().surfels)
      sampling_ = sample_surface(scene_.input.vertices.detach().narrow(0, 0, 1),
                                 scene_.input.faces,
                                 renderer_->surfels_of_a_mesh());
    if (row.renderer != "naive") return;
    // In double, soft_rasterizer is its own plain reference.
    scene_.input = test::leaves(scene_.input, at::kDouble);
    scene_.target_silhouette = scene_.target_silhouette.to(at::kDouble);
  }
  const Scene& scene() const { return scene_; }
  void run() {
    if (sampling_.faces.defined())
      scene_.input.surfels =
          surfels_of(sampling_, scene_.input.vertices, scene_.input.faces, scene_.input.colours);
    if (row_.backward) {
      scene_.input.vertices.mutable_grad() = at::Tensor();
      scene_.input.colours.mutable_grad() = at::Tensor();
      loss_of(renderer_->render(scene_.input, request_), scene_).backward();
      benchmark::DoNotOptimize(scene_.input.vertices.grad());
    } else {
      const at::NoGradGuard no_grad;
      benchmark::DoNotOptimize(renderer_->render(scene_.input, request_));
    }
  }
  /// Before they sleep, fresh threads of BLAS and of LibTorch's pools spin for a tenth of a second,
  /// on the cores that the row needs.
  void warm_up() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
    while (std::chrono::steady_clock::now() < end) run();
  }

 private:
  Row row_;
  Scene scene_;
  std::unique_ptr<Renderer> renderer_;
  RenderRequest request_;
  SurfelSampling sampling_;  ///< of a renderer that draws surfels
};

/// A row with what is measured of it once. Google Benchmark calls a row several times.
struct PreparedRow {
  Step step;
  double peak_mb = 0, pairs = 0;

  explicit PreparedRow(const Row& row) : step(row) {
    at::set_num_threads(row.threads);
    if (row.mode == "sil" && !row.sigma.empty()) {
      const double half = row.size / 2.0;
      const double squared_radius = std::log(1 / 1e-4 - 1) * row.sigma_ndc() * half * half;
      pairs = double(count_pairs(step.scene(), row.size, squared_radius));
    }
    const PeakMemory memory;
    step.warm_up();
    peak_mb = memory.mb();
  }
};

void measure_renderer(benchmark::State& state,
                      const Row& row,
                      std::unique_ptr<PreparedRow>& prepared) {
  if (prepared == nullptr) prepared = std::make_unique<PreparedRow>(row);
  if (at::get_num_threads() != row.threads) {
    at::set_num_threads(row.threads);
    prepared->step.warm_up();
  }
  for (auto _ : state) prepared->step.run();
  state.counters["peak_mb"] = prepared->peak_mb;
  if (prepared->pairs == 0) return;
  state.counters["pairs"] = prepared->pairs;
  state.counters["faces"] = double(prepared->step.scene().input.faces.size(0));
  state.counters["s_per_pair"] = benchmark::Counter(
      prepared->pairs, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void measure_anchor(benchmark::State& state, const Row& row) {
  for (auto _ : state) {
    const AnchorTimes times =
        run_anchor(row.mesh == "ico3" ? 3 : 4, row.batch, row.size, row.sigma, row.threads);
    state.SetIterationTime(1e-3 * (row.backward ? times.forward_backward : times.forward));
  }
}

double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

void add_row(const Row& row) {
  const auto prepared = std::make_shared<std::unique_ptr<PreparedRow>>();
  benchmark::RegisterBenchmark(
      row.name().c_str(),
      [row, prepared](benchmark::State& state) { measure_renderer(state, row, *prepared); })
      ->Unit(benchmark::kMillisecond)
      ->ComputeStatistics("min", least);
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
      ->Iterations(5)
      ->ComputeStatistics("min", least);
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
  // A step of a mesh's refinement (docs/systems.md, refine_mesh): 5 120 faces, a large picture.
  for (const char* mode : {"sil", "culled"}) add_row({name, mode, "ico4", 1, 512, "1e-4", 1, true});
  const std::string neural = "neural_mesh_renderer";
  for (const bool backward : {true, false})
    for (const int threads : {1, 2})
      add_row({neural, "sil", "ico3", 8, 128, "", threads, backward});
  add_row({neural, "sil", "ico3", 8, 256, "", 1, true});
  add_row({neural, "sil", "ico4", 8, 128, "", 1, true});
  add_row({neural, "full", "ico3", 8, 128, "", 1, true});
  for (const char* surfels : {"sdf_discs", "point_cloud"})
    for (const char* mode : {"sil", "full"}) add_row({surfels, mode, "ico3", 8, 128, "", 1, true});
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
