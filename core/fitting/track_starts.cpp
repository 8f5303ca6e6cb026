// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "fitting/track.h"
#include "geometry/depth_limits.h"

namespace monodr {
namespace {

// Relative deviations along the ray: of a depth under a mask, and of how the height of a box says that it changes.
constexpr double kDepthDeviation = 0.07, kHeightDeviation = 0.03;
// To the side: of a box's middle, and of what a car's turning does to it.
constexpr double kSideDeviation = 0.01, kLeastDeviation = 0.15;
constexpr double kCutDeviation = 0.25;  // of the width of a box that something cuts
constexpr double kMoves = 6;            // chi^2 of the velocity's two numbers: 5 % of what stands

/// What one picture says of where the object is, in its pinhole frame.
struct Sighted {
  double u = 0, v = 0;        ///< crop pixels over the focal length: x / z, y / z
  double side_deviation = 0;  ///< of u
  double depth = 0;           ///< m
  /// m, for an object of the class's height; < 0 where its top or bottom is not the box's.
  double depth_of_height = -1;
};

Sighted sighted(const Starts& starts,
                const Observation& observation,
                int64_t row,
                int64_t per_object,
                double mean_height) {
  const Intrinsics k = observation.crop.intrinsics(observation.camera);
  const double half = static_cast<double>(observation.crop.size) / 2;
  const at::Tensor state = starts.state.select(0, row * per_object).contiguous();
  const float* value = state.data_ptr<float>();
  Sighted result;
  result.u = ((value[0] + 1) * half - k.cx) / k.fx;
  result.v = ((value[1] + 1) * half - k.cy) / k.fy;
  result.depth = std::exp(double(value[StateLayout::kDepth]));
  const Box2d box = observation.crop.to_crop(observation.box);
  const auto& is_free = observation.free_sides;
  // The middle of a box that something cuts is not the car's.
  const bool is_whole = is_free[0] > 0.5F && is_free[2] > 0.5F;
  result.side_deviation = is_whole ? kSideDeviation : kCutDeviation * box.width() / k.fx;
  if (is_free[1] > 0.5F && is_free[3] > 0.5F && box.height() > 1)
    result.depth_of_height = k.fy * mean_height / box.height();
  return result;
}

/// Depths along the track: as far as depth says in the mean, changing as depth and heights say together.
std::vector<double> smoothed_depths(const std::vector<Sighted>& views) {
  double sum = 0;
  int with_height = 0;
  for (const Sighted& view : views) {
    if (view.depth_of_height <= 0) continue;
    sum += std::log(view.depth / view.depth_of_height);
    ++with_height;
  }
  std::vector<double> depths;
  constexpr double kOfDepth = 1 / (kDepthDeviation * kDepthDeviation),
                   kOfHeight = 1 / (kHeightDeviation * kHeightDeviation);
  for (const Sighted& view : views) {
    double depth = std::log(view.depth);
    if (view.depth_of_height > 0)
      depth =
          (kOfDepth * depth + kOfHeight * (std::log(view.depth_of_height) + sum / with_height)) /
          (kOfDepth + kOfHeight);
    depths.push_back(std::exp(depth));
  }
  return depths;
}

/// Places (x, z) at moments s in one frame, as p + s q.
struct Line {
  Eigen::Vector2d place = Eigen::Vector2d::Zero(), change = Eigen::Vector2d::Zero();
  bool moves = false;
};

struct Place {
  double moment = 0;
  Eigen::Vector2d at;
  Eigen::Matrix2d information;
};

Line line_through(const std::vector<Place>& places) {
  Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
  Eigen::Vector4d right = Eigen::Vector4d::Zero();
  for (const Place& place : places) {
    Eigen::Matrix<double, 2, 4> design;
    design << Eigen::Matrix2d::Identity(), place.moment * Eigen::Matrix2d::Identity();
    normal += design.transpose() * place.information * design;
    right += design.transpose() * place.information * place.at;
  }
  Line line;
  const Eigen::Matrix2d all = normal.topLeftCorner<2, 2>();
  line.place = all.ldlt().solve(right.head<2>());
  if (places.size() < 2) return line;
  const Eigen::Vector4d solved = normal.ldlt().solve(right);
  const Eigen::Matrix2d information =
      normal.bottomRightCorner<2, 2>() -
      normal.bottomLeftCorner<2, 2>() * all.inverse() * normal.topRightCorner<2, 2>();
  const Eigen::Vector2d change = solved.tail<2>();
  line.moves = change.dot(information * change) > kMoves;
  if (!line.moves) return line;
  line.place = solved.head<2>();
  line.change = change;
  return line;
}

Line line_of(const Track& track,
             const std::vector<Observation>& observations,
             const std::vector<Sighted>& views) {
  const size_t middle = track.reference(observations);
  const std::vector<double> depths = smoothed_depths(views);
  const auto offset = [&](size_t i) {
    return observations[static_cast<size_t>(track.rows[i])].camera.offset;
  };
  double largest = 1e-9;
  for (const int64_t row : track.rows)
    largest = std::max(largest, observations[static_cast<size_t>(row)].box.area());
  std::vector<Place> places;
  for (size_t i = 0; i < views.size(); ++i) {
    const Eigen::Vector3d ray(views[i].u, views[i].v, 1);
    const Eigen::Isometry3d to_reference =
        track.camera_to_world[middle].inverse() * track.camera_to_world[i];
    const auto in_reference = [&](const Eigen::Vector3d& point) {
      const Eigen::Vector3d p = to_reference * (point - offset(i)) + offset(middle);
      return Eigen::Vector2d(p.x(), p.z());
    };
    Place place;
    place.moment = track.span() > 0 ? (track.times[i] - track.times[middle]) / track.span() : 0;
    place.at = in_reference(depths[i] * ray);
    const Eigen::Vector2d along = (place.at - in_reference(Eigen::Vector3d::Zero())).normalized();
    const Eigen::Vector2d across(-along.y(), along.x());
    const double relative = views[i].depth_of_height > 0 ? kHeightDeviation : kDepthDeviation;
    const double far = std::hypot(relative * depths[i], kLeastDeviation),
                 side = std::hypot(views[i].side_deviation * depths[i], kLeastDeviation);
    const double share = observations[static_cast<size_t>(track.rows[i])].box.area() / largest;
    place.information = share * (along * along.transpose() / (far * far) +
                                 across * across.transpose() / (side * side));
    places.push_back(place);
  }
  return line_through(places);
}

}  // namespace

Starts track_starts(const Starts& starts,
                    const std::vector<Observation>& observations,
                    const ObservationBatch& batch,
                    const std::vector<Track>& tracks,
                    const StateLayout& layout,
                    const FitSettings& settings) {
  const int64_t each = settings.hypotheses, columns = layout.columns();
  const int64_t count = static_cast<int64_t>(tracks.size());
  std::vector<int64_t> references;
  for (const Track& track : tracks) references.push_back(track.rows[track.reference(observations)]);
  const at::Tensor reference = at::tensor(references, at::kLong);
  Starts result;
  result.without_detection = starts.without_detection;
  result.log_probability = starts.log_probability.index_select(0, reference);
  if (starts.heading.defined()) result.heading = starts.heading.index_select(0, reference);
  at::Tensor state = at::zeros({count, each, columns + TrackViews::kMotion}, at::kFloat);
  state.slice(2, 0, columns)
      .copy_(starts.state.view({batch.count(), each, columns}).index_select(0, reference));
  auto values = state.accessor<float, 3>();
  for (int64_t t = 0; t < count; ++t) {
    const Track& track = tracks[static_cast<size_t>(t)];
    if (track.rows.size() < 2) continue;
    std::vector<Sighted> views;
    for (const int64_t row : track.rows)
      views.push_back(sighted(
          starts, observations[static_cast<size_t>(row)], row, each, settings.size_mean[0]));
    const Line line = line_of(track, observations, views);
    const double z = std::max(line.place.y(), 2 * kNearestFitted);
    // Where the box is in the picture of reference says the direction better than a line.
    const double azimuth = std::atan(views[track.reference(observations)].u);
    const double direction = std::atan2(-line.change.y(), line.change.x()) - azimuth;
    for (int64_t k = 0; k < each; ++k) {
      auto row = values[t][k];
      row[StateLayout::kDepth] = static_cast<float>(std::log(z));
      if (!line.moves) continue;
      const double turn = 2 * M_PI * static_cast<double>(k) / static_cast<double>(each);
      row[StateLayout::kHeading] = static_cast<float>(direction + turn);
      row[columns] = static_cast<float>(line.change.norm() * std::max(0.0, std::cos(turn)));
    }
  }
  result.state = state.view({count * each, columns + TrackViews::kMotion});
  return result;
}

}  // namespace monodr
