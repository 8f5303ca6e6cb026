// SPDX-License-Identifier: Apache-2.0
#include "fitting/proposals.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "fitting/heading_distribution.h"
#include "fitting/object_coordinates.h"
#include "geometry/rotation.h"
#include "plugin/close_up.h"

namespace monodr {
namespace {

/// [B] bool: depth under the mask.
at::Tensor has_depth(const ObservationBatch& batch) {
  return batch.depth.gt(0).logical_and(batch.mask.ge(0.5)).flatten(1).any(1);
}

/// [K] of one object: the head that is both likely and near to each heading.
at::Tensor heads_of(const at::Tensor& log_probability,
                    const at::Tensor& head_headings,
                    const at::Tensor& headings) {
  constexpr double kNearness =
      4;  // a head at the heading beats one across that is 3000 times likelier
  const at::Tensor apart = headings.unsqueeze(1) - head_headings.unsqueeze(0);
  return (log_probability.unsqueeze(0) + kNearness * apart.cos()).argmax(1);
}

/// Side of window k over that of the crop.
double window_side(int k, int windows) {
  constexpr double kWidest = 0.12;
  return windows == 1 ? 1 : 1 + kWidest * (2.0 * k / (windows - 1) - 1);
}

/// The `count` headings that an object starts at: that of its coordinates first, where there is one, then the peaks that are
/// not the same hill.
std::vector<HeadingPeak> headings_of(const at::Tensor& distribution,
                                     const std::optional<CoordinatePose>& told,
                                     int64_t count) {
  constexpr double kSameHill = M_PI / 8;
  const std::vector<HeadingPeak> peaks = heading_peaks(distribution, count);
  if (!told) return peaks;
  const Eigen::Vector3d& centre = told->pose.centre;
  const double heading = alpha_from_rotation_y(told->pose.rotation_y, centre.x(), centre.z());
  const at::Tensor own = heading_log_probability(
      distribution.unsqueeze(0), at::zeros({1}, at::kLong), at::full({1}, heading, at::kFloat));
  std::vector<HeadingPeak> all{{heading, std::exp(own.item<double>())}};
  for (const HeadingPeak& peak : peaks) {
    const bool is_same = std::abs(angle_difference(peak.heading, heading)) < kSameHill;
    if (is_same) all.front().probability = std::max(all.front().probability, peak.probability);
    if (!is_same && static_cast<int64_t>(all.size()) < count) all.push_back(peak);
  }
  // Two peaks may be of one hill with what the coordinates say.
  for (size_t k = all.size(); static_cast<int64_t>(k) < count; ++k)
    all.push_back({wrap_angle(heading + likely_turns(count)[k]), 1e-12});
  return all;
}

/// Position, depth and size are those that the coordinates say, whatever the heading.
void take_pose(const CoordinatePose& told,
               const ObservationBatch& batch,
               int64_t object,
               const at::Tensor& states) {
  constexpr double kMostGrowth = 0.3;
  const auto size = static_cast<float>(std::clamp(std::log(told.scale), -kMostGrowth, kMostGrowth));
  const double half = static_cast<double>(batch.mask.size(-1)) / 2;
  auto rows = states.accessor<float, 2>();
  for (int64_t k = 0; k < rows.size(0); ++k) {
    const float heading = rows[k][StateLayout::kHeading];
    write_pose(told.pose, batch.intrinsics.data_ptr<float>() + object * 9, half, rows[k]);
    rows[k][StateLayout::kHeading] = heading;
    for (int i = 0; i < 3; ++i) rows[k][StateLayout::kSize + i] = size;
  }
}

}  // namespace

ObservationBatch mirrored(const ObservationBatch& batch) {
  const double size = static_cast<double>(batch.mask.size(-1));
  ObservationBatch other = batch;
  for (at::Tensor* picture : {&other.image, &other.mask, &other.known, &other.depth})
    *picture = picture->flip(-1).contiguous();
  const auto column = [](const at::Tensor& table, int64_t i) { return table.select(1, i); };
  other.box = at::stack({size - column(batch.box, 2),
                         column(batch.box, 1),
                         size - column(batch.box, 0),
                         column(batch.box, 3)},
                        1);
  other.free_sides = at::stack({column(batch.free_sides, 2),
                                column(batch.free_sides, 1),
                                column(batch.free_sides, 0),
                                column(batch.free_sides, 3)},
                               1);
  other.intrinsics = batch.intrinsics.clone();
  const at::Tensor centre = other.intrinsics.select(1, 0).select(1, 2);
  centre.copy_(size - centre);
  return other;
}

Proposals ask(const Predictor& predictor, const ObservationBatch& batch, const Views& views) {
  const at::NoGradGuard no_gradient;
  Proposals proposals = predictor.predict(batch);
  if (!views.mirror && views.windows == 1) return proposals;
  // In double: float's exp and log round what is left over behind the last whole vector otherwise.
  const auto probabilities = [](const at::Tensor& heading) {
    return heading.to(at::kDouble).exp();
  };
  at::Tensor sum = at::zeros_like(proposals.heading, at::kDouble);
  // The mean of two log-probabilities, which is a sum alone and has the same bits wherever an object stands.
  const auto add_coordinates = [&](const Proposals& mirror_image) {
    proposals.coordinates =
        (proposals.coordinates + mirrored_coordinates(mirror_image.coordinates)) / 2;
    proposals.presence = (proposals.presence + mirror_image.presence.flip(-1)) / 2;
  };
  for (int k = 0; k < views.windows; ++k) {
    const bool is_crop = 2 * k + 1 == views.windows;
    const ObservationBatch window = close_up(batch, window_side(k, views.windows));
    sum += probabilities(is_crop ? proposals.heading : predictor.predict(window).heading);
    if (!views.mirror) continue;
    const Proposals mirror_image = predictor.predict(mirrored(window));
    sum += probabilities(mirrored_distribution(mirror_image.heading));
    if (is_crop && proposals.coordinates.defined()) add_coordinates(mirror_image);
  }
  proposals.heading = (sum / (views.windows * (views.mirror ? 2 : 1))).log().to(at::kFloat);
  return proposals;
}

at::Tensor proposed_states(const at::Tensor& proposed,
                           const at::Tensor& starts,
                           const StateLayout& layout) {
  using From = PredictorLayout;
  const int64_t texture = From::kShape + layout.shape_dimensions;
  return at::cat({starts.slice(1, 0, StateLayout::kSize) + proposed.slice(1, 0, From::kSize),
                  proposed.slice(1, From::kSize, From::kShape),
                  at::zeros({proposed.size(0), 2}, proposed.options()),
                  proposed.slice(1, From::kShape, texture),
                  starts.slice(1, layout.texture()) + proposed.slice(1, texture)},
                 1);
}

at::Tensor with_shape_of(const Proposals& other,
                         const at::Tensor& other_starts,
                         const Proposals& view,
                         const at::Tensor& starts,
                         const StateLayout& layout) {
  using From = PredictorLayout;
  const int64_t heads = view.state.size(1), texture = From::kShape + layout.shape_dimensions;
  const at::Tensor mean = (other.log_probability.exp().unsqueeze(2) * other.state).sum(1);
  const at::Tensor paint =
      other_starts.slice(1, layout.texture()) - starts.slice(1, layout.texture());
  const auto of_all_heads = [&](const at::Tensor& row) {
    return row.unsqueeze(1).expand({-1, heads, -1});
  };
  return at::cat({view.state.slice(2, 0, From::kSize),
                  of_all_heads(mean.slice(1, From::kSize, From::kHeading)),
                  view.state.slice(2, From::kHeading, From::kShape),
                  of_all_heads(mean.slice(1, From::kShape, texture)),
                  of_all_heads(mean.slice(1, texture) + paint)},
                 2);
}

void OfOneShape::begin(const PredictorLayout& layout, std::uint64_t seed) {
  layout_ = {layout.shape_dimensions, layout.texture_dimensions};
  heads_->begin(layout, seed);
}

Proposals OfOneShape::predict(const ObservationBatch& batch) const {
  Proposals said = heads_->predict(batch);
  // In double, for the same bits whatever stands beside an object: see ask().
  Proposals precise = said;
  precise.log_probability = said.log_probability.to(at::kDouble);
  const at::Tensor same_paint = at::zeros({batch.count(), layout_.columns()});
  said.state = with_shape_of(precise, same_paint, said, same_paint, layout_).to(at::kFloat);
  return said;
}

Starts PredictorInitialiser::start(const std::vector<Observation>& observations,
                                   const ObservationBatch& batch,
                                   const ShapePrior& prior,
                                   const StateLayout& layout,
                                   const FitSettings& settings) const {
  const int64_t objects = batch.count(), count = settings.hypotheses;
  Starts starts = HeadingInitialiser().start(observations, batch, prior, layout, settings);
  const Proposals said = ask(*predictor_, batch, views_);
  at::Tensor proposed = at::empty({objects, count, said.state.size(2)}, at::kFloat);
  starts.log_probability = at::empty({objects, count}, at::kFloat);
  if (said.coordinates.defined()) starts.coordinates = read_coordinates(said);
  std::vector<std::optional<CoordinatePose>> told(static_cast<size_t>(objects));
  for (int64_t b = 0; b < objects; ++b) {
    std::optional<CoordinatePose>& own_pose = told[static_cast<size_t>(b)];
    if (starts.coordinates.defined())
      own_pose = pose_from_coordinates(batch, starts.coordinates, b);
    const std::vector<HeadingPeak> peaks = headings_of(said.heading.select(0, b), own_pose, count);
    at::Tensor headings = at::empty({count}, at::kFloat);
    for (int64_t k = 0; k < count; ++k) {
      const HeadingPeak& peak = peaks[static_cast<size_t>(k)];
      headings.data_ptr<float>()[k] = static_cast<float>(peak.heading);
      starts.log_probability.data_ptr<float>()[b * count + k] =
          static_cast<float>(std::log(std::max(peak.probability, 1e-12)));
    }
    const at::Tensor own = said.state.select(0, b);
    const at::Tensor heads = heads_of(
        said.log_probability.select(0, b), own.select(1, PredictorLayout::kHeading), headings);
    proposed.select(0, b).copy_(own.index_select(0, heads));
    proposed.select(0, b).select(1, PredictorLayout::kHeading).copy_(headings);
  }
  if (settings.start_depth == StartDepth::median_depth)
    proposed.select(2, PredictorLayout::kDepth).masked_fill_(has_depth(batch).unsqueeze(1), 0);
  starts.state = proposed_states(proposed.flatten(0, 1), starts.state, layout);
  for (int64_t b = 0; b < objects; ++b) {
    const at::Tensor rows = starts.state.narrow(0, b * count, count);
    if (const auto& own_pose = told[static_cast<size_t>(b)]) take_pose(*own_pose, batch, b, rows);
  }
  starts.heading = said.heading;
  return starts;
}

Starts JudgedInitialiser::start(const std::vector<Observation>& observations,
                                const ObservationBatch& batch,
                                const ShapePrior& prior,
                                const StateLayout& layout,
                                const FitSettings& settings) const {
  const int64_t objects = batch.count(), count = settings.hypotheses;
  Starts starts = places_->start(observations, batch, prior, layout, settings);
  const Proposals said = ask(*predictor_, batch, views_);
  starts.heading = said.heading;
  starts.log_probability =
      heading_log_probability(said.heading,
                              at::arange(objects, at::kLong).repeat_interleave(count),
                              starts.state.select(1, StateLayout::kHeading))
          .view({objects, count});
  if (said.coordinates.defined()) starts.coordinates = read_coordinates(said);
  return starts;
}

}  // namespace monodr
