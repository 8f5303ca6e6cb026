// SPDX-License-Identifier: Apache-2.0
#include "fitting/initialiser.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "fitting/heading_distribution.h"
#include "geometry/depth_limits.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

/// Median of the values, reordering them; `fallback` where there are none.
float median(std::vector<float>& values, float fallback) {
  if (values.empty()) return fallback;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Evidence {
  float depth;
  std::array<float, 3> paint;
};

/// Medians under one object's mask. Plain loops: this runs once a fit.
Evidence evidence_of(const float* image,
                     const float* mask,
                     const float* depth,
                     int64_t pixels,
                     bool use_depth,
                     double depth_from_size,
                     double depth_offset) {
  std::vector<float> depths;
  std::array<std::vector<float>, 3> colours;
  for (int64_t p = 0; p < pixels; ++p) {
    if (mask[p] < 0.5F) continue;
    if (use_depth && depth[p] > 0) depths.push_back(depth[p] + static_cast<float>(depth_offset));
    for (int c = 0; c < 3; ++c) colours[c].push_back(image[c * pixels + p]);
  }
  Evidence start{};
  start.depth = median(depths, static_cast<float>(depth_from_size));
  for (int c = 0; c < 3; ++c) start.paint[c] = median(colours[c], 0.5F);
  return start;
}

}  // namespace

Starts HeadingInitialiser::start(const std::vector<Observation>&,
                                 const ObservationBatch& batch,
                                 const ShapePrior& prior,
                                 const StateLayout& layout,
                                 const FitSettings& settings) const {
  const int64_t objects = batch.count(), starts = settings.hypotheses;
  const int64_t size = batch.mask.size(-1), pixels = size * size;
  const auto box = batch.box.accessor<float, 2>();
  const auto intrinsics = batch.intrinsics.accessor<float, 3>();
  const auto size_mean = batch.size_mean.accessor<float, 2>();

  at::Tensor state = at::zeros({objects, starts, layout.columns()}, at::kFloat);
  at::Tensor paint = at::empty({objects, 3}, at::kFloat);
  auto values = state.accessor<float, 3>();
  for (int64_t b = 0; b < objects; ++b) {
    const double box_height = std::max(1.0F, box[b][3] - box[b][1]);
    const double depth_from_size = intrinsics[b][1][1] * size_mean[b][0] / box_height;
    const Evidence start = evidence_of(batch.image.data_ptr<float>() + b * 3 * pixels,
                                       batch.mask.data_ptr<float>() + b * pixels,
                                       batch.depth.data_ptr<float>() + b * pixels,
                                       pixels,
                                       settings.start_depth == StartDepth::median_depth,
                                       depth_from_size,
                                       settings.start_depth_offset);
    for (int c = 0; c < 3; ++c) paint.accessor<float, 2>()[b][c] = start.paint[c];
    for (int64_t k = 0; k < starts; ++k) {
      auto row = values[b][k];
      row[0] = (box[b][0] + box[b][2]) / static_cast<float>(size) - 1;
      row[1] = (box[b][1] + box[b][3]) / static_cast<float>(size) - 1;
      row[StateLayout::kDepth] = std::log(std::max(0.5F, start.depth));
      row[StateLayout::kHeading] =
          static_cast<float>(settings.first_heading * M_PI / 180 +
                             2 * M_PI * static_cast<double>(k) / static_cast<double>(starts));
    }
  }
  const at::Tensor texture = prior.texture_from_paint(paint);
  state.slice(2, layout.texture(), layout.columns()).copy_(texture.unsqueeze(1));
  return {state.view({objects * starts, layout.columns()}),
          at::full({objects, starts}, -std::log(static_cast<double>(starts)), at::kFloat)};
}

namespace {

constexpr double kSameObject = 0.5;  // overlap of the 2-D boxes

bool can_start(const Annotation& detection, const Camera& camera) {
  const Box3d& box = detection.box3d;
  return detection.has_box3d() && box.height > 0 && box.width > 0 &&
         (box.location + camera.offset).z() > kNearPlane;
}

}  // namespace

const Annotation* DetectionInitialiser::of(const Observation& observation) const {
  const auto frame = detections_.find(observation.frame);
  if (frame == detections_.end()) return nullptr;
  const Annotation* best = nullptr;
  double largest = kSameObject;
  for (const Annotation& detection : frame->second) {
    const double overlap = intersection_over_union(detection.box2d, observation.box);
    if (overlap < largest || !can_start(detection, observation.camera)) continue;
    largest = overlap;
    best = &detection;
  }
  return best;
}

Starts DetectionInitialiser::start(const std::vector<Observation>& observations,
                                   const ObservationBatch& batch,
                                   const ShapePrior& prior,
                                   const StateLayout& layout,
                                   const FitSettings& settings) const {
  Starts starts = HeadingInitialiser().start(observations, batch, prior, layout, settings);
  const int64_t count = settings.hypotheses;
  const at::Tensor by_object = starts.state.view({batch.count(), count, layout.columns()});
  auto state = by_object.accessor<float, 3>();
  const std::vector<double> turned = likely_turns(count);
  for (int64_t b = 0; b < batch.count(); ++b) {
    const Observation& observation = observations[static_cast<size_t>(b)];
    const Annotation* detection = of(observation);
    if (detection == nullptr) {
      ++starts.without_detection;
      continue;
    }
    const Box3d& box = detection->box3d;
    Eigen::Vector3d centre = box.location + observation.camera.offset;
    centre.y() -= box.height / 2;
    const Intrinsics k = observation.crop.intrinsics(observation.camera);
    const double half = static_cast<double>(batch.mask.size(-1)) / 2;
    const double alpha = alpha_from_rotation_y(box.rotation_y, centre.x(), centre.z());
    const double sizes[3] = {box.height, box.width, box.length};
    for (int64_t h = 0; h < count; ++h) {
      auto row = state[b][h];
      row[0] = static_cast<float>((k.fx * centre.x() / centre.z() + k.cx) / half - 1);
      row[1] = static_cast<float>((k.fy * centre.y() / centre.z() + k.cy) / half - 1);
      row[StateLayout::kDepth] = static_cast<float>(std::log(centre.z()));
      for (int i = 0; i < 3; ++i)
        row[StateLayout::kSize + i] =
            static_cast<float>(std::log(sizes[i] / settings.size_mean[static_cast<size_t>(i)]));
      row[StateLayout::kHeading] = static_cast<float>(alpha + turned[static_cast<size_t>(h)]);
    }
  }
  return starts;
}

}  // namespace monodr
