// SPDX-License-Identifier: Apache-2.0
#include "fitting/axis_initialiser.h"

#include <algorithm>
#include <cmath>

#include "fitting/heading_distribution.h"
#include "fitting/observed_points.h"
#include "fitting/start_rows.h"
#include "geometry/depth_limits.h"

namespace monodr {
namespace {

constexpr size_t kFewestPoints = 8;
constexpr double kTrimmed = 0.05;  // of the points at either end count as outliers

/// The heading of the axis along which the points spread most, seen from above.
double principal_heading(const std::vector<Eigen::Vector3f>& points) {
  Eigen::Vector2d mean = Eigen::Vector2d::Zero();
  for (const Eigen::Vector3f& p : points) mean += Eigen::Vector2d(p.x(), p.z());
  mean /= static_cast<double>(points.size());
  double xx = 0, xz = 0, zz = 0;
  for (const Eigen::Vector3f& p : points) {
    const double x = p.x() - mean.x(), z = p.z() - mean.y();
    xx += x * x, xz += x * z, zz += z * z;
  }
  // The larger axis of an ellipse: tan 2a = 2 xz / (xx - zz), from x towards z; a heading turns towards -z.
  return -0.5 * std::atan2(2 * xz, xx - zz);
}

/// Where the box's centre lies along `axis`, if its near side stands where the points begin.
double behind_near_side(const std::vector<Eigen::Vector3f>& points,
                        const Eigen::Vector2d& axis,
                        double extent) {
  std::vector<double> along;
  for (const Eigen::Vector3f& p : points) along.push_back(axis.x() * p.x() + axis.y() * p.z());
  std::sort(along.begin(), along.end());
  const auto trimmed = static_cast<size_t>(kTrimmed * static_cast<double>(along.size()));
  const double first = along[trimmed], last = along[along.size() - 1 - trimmed];
  return first + last > 0 ? first + extent / 2 : last - extent / 2;
}

StartPose pose_of(const std::vector<Eigen::Vector3f>& points,
                  double rotation_y,
                  const std::array<double, 3>& size) {
  const double c = std::cos(rotation_y), s = std::sin(rotation_y);
  const Eigen::Vector2d ahead(c, -s), across(s, c);
  const Eigen::Vector2d centre = behind_near_side(points, ahead, size[2]) * ahead +
                                 behind_near_side(points, across, size[1]) * across;
  return {{centre.x(), 0, std::max(centre.y(), 2 * kNearestFitted)}, rotation_y};
}

}  // namespace

Starts AxisInitialiser::start(const std::vector<Observation>& observations,
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
    const std::vector<Eigen::Vector3f> points = observed_points(batch, b, settings.start_erosion);
    if (points.size() < kFewestPoints) {
      ++starts.without_detection;
      continue;
    }
    const double heading = principal_heading(points);
    for (int64_t h = 0; h < count; ++h) {
      auto row = state[b][h];
      const float height_in_picture = row[1];  // that of the 2-D box
      write_pose(pose_of(points, heading + turned[static_cast<size_t>(h)], settings.size_mean),
                 batch.intrinsics.data_ptr<float>() + b * 9,
                 static_cast<double>(batch.mask.size(-1)) / 2,
                 row);
      row[1] = height_in_picture;
    }
  }
  return starts;
}

}  // namespace monodr
