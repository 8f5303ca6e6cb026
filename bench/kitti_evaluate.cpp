// SPDX-License-Identifier: Apache-2.0
// The evaluator's parts on made-up frames of KITTI's size: 3769 frames, 8 labels and 12 detections
// each. The goal is 0.3 s for all of it, files included, on two cores.
#include <benchmark/benchmark.h>

#include "../tests/categories.h"
#include "base/random.h"
#include "data/kitti_label.h"
#include "evaluation/kitti_ap.h"
#include "geometry/overlap.h"

namespace monodr {
namespace {

Annotation make_object(Random& random) {
  static const char* const categories[] = {"Car", "Car", "Car", "Pedestrian", "Cyclist"};
  Annotation object;
  object.category = categories[random.below(5)];
  const double x = random.uniform(-20, 20), z = random.uniform(5, 60);
  object.box3d.location = {x, 1.6, z};
  object.box3d.height = 1.5;
  object.box3d.width = 1.6;
  object.box3d.length = 3.9;
  object.box3d.rotation_y = random.uniform(-3, 3);
  const double u = 620 + 720 * x / z;
  object.box2d = {u - 1000 / z, 180, u + 1000 / z, 180 + 1100 / z};
  object.score = random.uniform(0, 1);
  return object;
}

struct Scenes {
  std::vector<FrameAnnotations> labels, detections;
};

const Scenes& scenes() {
  static const Scenes made = [] {
    Random random(1);
    Scenes result;
    for (int i = 0; i < 3769; ++i) {
      FrameAnnotations labels{std::to_string(i), {}}, detections = labels;
      for (int n = 0; n < 12; ++n) {
        detections.objects.push_back(make_object(random));
        if (n >= 8) continue;
        labels.objects.push_back(detections.objects.back());
        detections.objects.back().box3d.location.z() += random.uniform(-1, 1);
      }
      result.labels.push_back(std::move(labels));
      result.detections.push_back(std::move(detections));
    }
    return result;
  }();
  return made;
}

void evaluate_all_classes(benchmark::State& state) {
  KittiApOptions options = kitti_options();
  options.threads = static_cast<int>(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        kitti_average_precision(scenes().labels, scenes().detections, options));
}
BENCHMARK(evaluate_all_classes)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

void parse_results(benchmark::State& state) {
  const std::string text = format_kitti_results(scenes().detections[0].objects);
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_kitti_objects(text, KittiFileKind::results, "bench"));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_results);

void overlap_of_near_boxes(benchmark::State& state) {
  Random random(2);
  std::vector<Box3d> boxes;
  for (int i = 0; i < 256; ++i) {
    boxes.push_back(make_object(random).box3d);
    boxes.back().location = {random.uniform(-1, 1), 1.6, random.uniform(9, 11)};
  }
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(volume_overlap(boxes[i % 256], boxes[(i + 1) % 256]));
    ++i;
  }
}
BENCHMARK(overlap_of_near_boxes);

}  // namespace
}  // namespace monodr

BENCHMARK_MAIN();
