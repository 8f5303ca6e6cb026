// SPDX-License-Identifier: Apache-2.0
#include "fitting/track.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "fitting/gradient_estimator.h"
#include "geometry/depth_limits.h"

namespace monodr {
namespace {

constexpr double kTightestCircle = 5;  // m: radius that a car can turn on
constexpr double kRateDistance = 0.1;  // m a step
constexpr double kRateTurn = 0.02;     // rad a step
constexpr double kStepDistance = 0.1;  // m: about half a pixel at the ends of the drive
constexpr double kStepTurn = 0.04;     // rad: at the ends as much as the heading's own step

/// From the pinhole frame of one camera to that of another, at another moment.
Eigen::Isometry3d between(const Eigen::Isometry3d& from,
                          const Eigen::Vector3d& from_offset,
                          const Eigen::Isometry3d& to,
                          const Eigen::Vector3d& to_offset) {
  return Eigen::Translation3d(to_offset) * to.inverse() * from * Eigen::Translation3d(-from_offset);
}

/// The angle about the vertical (y down, as rotation_y) of a rotation that has little else.
double yaw_of(const Eigen::Matrix3d& rotation) {
  return std::atan2(rotation(0, 2) - rotation(2, 0), rotation(0, 0) + rotation(2, 2));
}

/// sin x / x for |x| up to about 1.5, smooth at 0.
at::Tensor sine_over(const at::Tensor& x) {
  const at::Tensor q = x * x;
  return 1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72)));
}

at::Tensor indices(const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong);
}

at::Tensor floats(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::tensor(values, at::kFloat).view(shape);
}

}  // namespace

size_t Track::reference(const std::vector<Observation>& observations) const {
  const auto area = [&](size_t i) { return observations[static_cast<size_t>(rows[i])].box.area(); };
  double largest = 0;
  for (size_t i = 0; i < rows.size(); ++i) largest = std::max(largest, area(i));
  const auto from_middle = [&](size_t i) {
    return std::abs(static_cast<int>(i) - static_cast<int>(rows.size() / 2));
  };
  size_t best = rows.size() / 2;
  bool is_large = area(best) >= largest / 2;
  for (size_t i = 0; i < rows.size(); ++i)
    if (area(i) >= largest / 2 && (!is_large || from_middle(i) < from_middle(best))) {
      best = i;
      is_large = true;
    }
  return best;
}

TrackViews::TrackViews(const ObservationBatch& batch,
                       const Objective& objective,
                       const std::vector<Observation>& observations,
                       const std::vector<Track>& tracks)
    : FitProblem(batch, objective), track_of_(observations.size(), -1) {
  std::vector<int64_t> first, count, reference, observation, track_of_view;
  std::vector<float> rotation, shift, yaw, moment, share;
  for (size_t t = 0; t < tracks.size(); ++t) {
    const Track& track = tracks[t];
    const size_t middle = track.reference(observations);
    double area = 0;
    for (const int64_t row : track.rows) area += observations[static_cast<size_t>(row)].box.area();
    const auto offset = [&](size_t i) -> const Eigen::Vector3d& {
      return observations[static_cast<size_t>(track.rows[i])].camera.offset;
    };
    first.push_back(static_cast<int64_t>(observation.size()));
    count.push_back(static_cast<int64_t>(track.rows.size()));
    reference.push_back(track.rows[middle]);
    for (size_t i = 0; i < track.rows.size(); ++i) {
      int64_t& owner = track_of_[static_cast<size_t>(track.rows[i])];
      MONODR_CHECK(owner < 0, "observation {} is in two tracks", track.rows[i]);
      owner = static_cast<int64_t>(t);
      observation.push_back(track.rows[i]);
      const double own = observations[static_cast<size_t>(track.rows[i])].box.area();
      share.push_back(static_cast<float>(area > 0 ? own / area : 1.0 / double(track.rows.size())));
      track_of_view.push_back(static_cast<int64_t>(t));
      const Eigen::Isometry3d motion = between(
          track.camera_to_world[middle], offset(middle), track.camera_to_world[i], offset(i));
      const Eigen::Matrix3d turn = motion.linear();
      for (int r = 0; r < 3; ++r)
        for (int c = 0; c < 3; ++c) rotation.push_back(static_cast<float>(turn(r, c)));
      for (int r = 0; r < 3; ++r) shift.push_back(static_cast<float>(motion.translation()[r]));
      yaw.push_back(static_cast<float>(yaw_of(turn)));
      const double since = track.times[i] - track.times[middle];
      moment.push_back(static_cast<float>(track.span() > 0 ? since / track.span() : 0));
    }
  }
  for (const int64_t owner : track_of_) MONODR_CHECK(owner >= 0, "an observation is in no track");
  const int64_t views = static_cast<int64_t>(observation.size());
  first_ = indices(first);
  count_ = indices(count);
  reference_ = indices(reference);
  observation_ = indices(observation);
  track_ = indices(track_of_view);
  rotation_ = floats(rotation, {views, 3, 3});
  shift_ = floats(shift, {views, 3});
  yaw_ = floats(yaw, {views});
  moment_ = floats(moment, {views});
  share_ = floats(share, {views});
}

TrackViews::Expansion TrackViews::all_views(const at::Tensor& object) const {
  const at::Tensor counts = count_.index_select(0, object);
  const at::Tensor row =
      at::repeat_interleave(at::arange(object.size(0), at::kLong), counts, c10::nullopt);
  const at::Tensor start = counts.cumsum(0) - counts;
  const at::Tensor within = at::arange(row.size(0), at::kLong) - start.index_select(0, row);
  return {row, first_.index_select(0, object).index_select(0, row) + within};
}

int64_t TrackViews::renders(const at::Tensor& object) const {
  return count_.index_select(0, object).sum().item<int64_t>();
}

HypothesisBatch TrackViews::hypotheses(const at::Tensor& state, const at::Tensor& object) const {
  return hypotheses_from_state(
      state, reference_.index_select(0, object), objective_.layout(), batch_);
}

at::Tensor TrackViews::view_states(const at::Tensor& state, const at::Tensor& view) const {
  const StateLayout layout = objective_.layout();
  const HypothesisBatch there = hypotheses(state, track_.index_select(0, view));
  const at::Tensor s = moment_.index_select(0, view);
  const at::Tensor distance = state.select(1, layout.columns()),
                   turned = state.select(1, layout.columns() + 1) * s;
  // The chord of the arc, and its direction.
  const at::Tensor chord = distance * s * sine_over(turned / 2),
                   direction = there.rotation_y + turned / 2;
  const at::Tensor half_height = there.dimensions.select(1, 0) / 2;
  const at::Tensor in_reference = at::stack({there.location.select(1, 0) + chord * direction.cos(),
                                             there.location.select(1, 1) - half_height,
                                             there.location.select(1, 2) - chord * direction.sin()},
                                            1);
  // Rows are few numbers each: sums of three products, not a matrix product whose order a library chooses.
  const at::Tensor centre = (rotation_.index_select(0, view) * in_reference.unsqueeze(1)).sum(2) +
                            shift_.index_select(0, view);
  const at::Tensor x = centre.select(1, 0), y = centre.select(1, 1),
                   z = centre.select(1, 2).clamp_min(kNearestFitted);
  const at::Tensor k = batch_.intrinsics.index_select(0, observation_.index_select(0, view));
  const double half = static_cast<double>(batch_.mask.size(-1)) / 2;
  const auto position = [&](int axis, const at::Tensor& side) {
    const at::Tensor pixel =
        k.select(1, axis).select(1, axis) * side / z + k.select(1, axis).select(1, 2);
    return pixel / half - 1;
  };
  const at::Tensor heading = there.rotation_y + turned + yaw_.index_select(0, view) - azimuth(x, z);
  return at::cat({at::stack({position(0, x), position(1, y), z.log()}, 1),
                  state.slice(1, StateLayout::kSize, StateLayout::kHeading),
                  heading.unsqueeze(1),
                  state.slice(1, StateLayout::kPitch, layout.columns())},
                 1);
}

ObjectiveValue TrackViews::evaluate(const at::Tensor& state,
                                    const at::Tensor& object,
                                    const at::Tensor& initial_texture,
                                    double progress) const {
  const auto [row, view] = all_views(object);
  const ObjectiveValue single = objective_.evaluate(view_states(state.index_select(0, row), view),
                                                    observation_.index_select(0, view),
                                                    initial_texture.index_select(0, row),
                                                    batch_,
                                                    progress);
  const at::Tensor share = share_.index_select(0, view);
  const at::Tensor none = at::zeros({object.size(0)}, at::kFloat);
  const auto mean = [&, row = row](const at::Tensor& values) {
    return none.index_add(0, row, share * values);
  };
  ObjectiveValue value;
  value.total = mean(single.total);
  for (const at::Tensor& term : single.terms) value.terms.push_back(mean(term));
  value.hypothesis = hypotheses(state, object);
  return value;
}

ObjectiveValue TrackViews::in_each_picture(const at::Tensor& state,
                                           const at::Tensor& initial_texture) const {
  const int64_t views = observation_.size(0);
  // Of each observation, its place among the views.
  const at::Tensor view =
      at::empty({views}, at::kLong).index_copy(0, observation_, at::arange(views, at::kLong));
  const at::Tensor row = track_.index_select(0, view);
  return objective_.evaluate(view_states(state.index_select(0, row), view),
                             observation_.index_select(0, view),
                             initial_texture.index_select(0, row),
                             batch_,
                             1,
                             {true, true, false});
}

at::Tensor TrackViews::learning_rates(const LearningRates& rates) const {
  return at::cat({objective_.layout().learning_rates(rates),
                  at::tensor({kRateDistance, kRateTurn}, at::kFloat)});
}

at::Tensor TrackViews::difference_steps() const {
  return at::cat({monodr::difference_steps(objective_.layout()),
                  at::tensor({kStepDistance, kStepTurn}, at::kFloat)});
}

void TrackViews::confine(at::Tensor& state) const {
  const int64_t column = objective_.layout().columns();
  at::Tensor distance = state.select(1, column), turn = state.select(1, column + 1);
  distance.clamp_min_(0);
  const at::Tensor most = distance / kTightestCircle;
  turn.copy_(at::minimum(at::maximum(turn, -most), most));
}

}  // namespace monodr
