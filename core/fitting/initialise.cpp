// SPDX-License-Identifier: Apache-2.0
#include "fitting/initialise.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

namespace monodr {
namespace {

/// Median of the values, reordering them; `fallback` where there are none.
float median(std::vector<float>& values, float fallback) {
  if (values.empty()) return fallback;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Start {
  float depth;
  std::array<float, 3> paint;
};

/// Medians under one object's mask. Plain loops: this runs once a fit.
Start start_of(const float* image,
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
  Start start{};
  start.depth = median(depths, static_cast<float>(depth_from_size));
  for (int c = 0; c < 3; ++c) start.paint[c] = median(colours[c], 0.5F);
  return start;
}

}  // namespace

at::Tensor initial_state(const ObservationBatch& batch,
                         const ShapePrior& prior,
                         const StateLayout& layout,
                         const FitSettings& settings) {
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
    const Start start = start_of(batch.image.data_ptr<float>() + b * 3 * pixels,
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
      row[StateLayout::kHeading] = static_cast<float>(
          settings.first_heading + 2 * M_PI * static_cast<double>(k) / static_cast<double>(starts));
    }
  }
  const at::Tensor texture = prior.texture_from_paint(paint);
  state.slice(2, layout.texture(), layout.columns()).copy_(texture.unsqueeze(1));
  return state.view({objects * starts, layout.columns()});
}

}  // namespace monodr
