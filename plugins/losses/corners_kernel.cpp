// SPDX-License-Identifier: Apache-2.0
#include "corners_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace monodr {
namespace {

constexpr std::size_t kFewestPoints = 8;
constexpr int kHeadings = 24;  // over half a circle
constexpr int kHalvings = 3;   // of the step around the best one
constexpr double kSaturation =
    0.5;  // metres between point and near side at which a point counts as missed
constexpr double kQuantile =
    0.4;  // of the points' distances stands on the near side: windows lie behind it
constexpr double kNearest = 1.0;  // metres: the centre's depth at least

/// A measured point seen from above: how far, and in which direction.
struct Ray {
  double range, x, z;
};

template <typename T>
bool is_inside(const LiftSource<T>& source, int column, int row) {
  const auto mask = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < source.side && y < source.side &&
           source.mask[y * source.side + x] > T(0.5);
  };
  const int pixel = row * source.side + column;
  return source.depth[pixel] > 0 && source.known[pixel] > T(0.5) && mask(column, row) &&
         mask(column - 1, row) && mask(column + 1, row) && mask(column, row - 1) &&
         mask(column, row + 1);
}

/// Of the pixels inside of the mask every so-many-th, without what is more than a car's length before or behind
/// their median: that is another object's depth.
template <typename T>
std::vector<Ray> rays_of(const LiftSource<T>& source) {
  std::vector<int> pixels;
  for (int y = 0; y < source.side; ++y)
    for (int x = 0; x < source.side; ++x)
      if (is_inside(source, x, y)) pixels.push_back(y * source.side + x);
  const std::size_t taken = std::min(pixels.size(), static_cast<std::size_t>(source.maximum));
  std::vector<double> depths;
  std::vector<Ray> rays;
  for (std::size_t i = 0; i < taken; ++i) {
    const int pixel = pixels[(2 * i + 1) * pixels.size() / (2 * taken)];
    const double z = source.depth[pixel];
    const double x = (pixel % source.side + 0.5 - source.intrinsics[2]) / source.intrinsics[0] * z;
    const double range = std::hypot(x, z);
    rays.push_back({range, x / range, z / range});
    depths.push_back(z);
  }
  if (rays.empty()) return rays;
  const auto middle = depths.begin() + static_cast<std::ptrdiff_t>(depths.size() / 2);
  std::nth_element(depths.begin(), middle, depths.end());
  const double median = *middle, length = source.size_mean[2];
  rays.erase(
      std::remove_if(rays.begin(),
                     rays.end(),
                     [&](const Ray& ray) { return std::abs(ray.range * ray.z - median) > length; }),
      rays.end());
  return rays;
}

/// One heading's box, moved until it fits.
template <typename T>
class Candidate {
 public:
  Candidate(const LiftSource<T>& source, const std::vector<Ray>& rays, double rotation_y)
      : source_(source), rays_(rays), c_(std::cos(rotation_y)), s_(std::sin(rotation_y)) {
    const double range = median_range() + source.size_mean[1] / 2;
    const double across =
        ((source.box[0] + source.box[2]) / 2 - source.intrinsics[2]) / source.intrinsics[0];
    z_ = std::max(range / std::hypot(across, 1.0), kNearest);
    x_ = across * z_;
    for (int i = 0; i < 3; ++i) {
      stand_in_picture();
      touch_points();
    }
    stand_in_picture();
  }

  /// Mean distance of the points from the near sides along their rays, saturated, plus what the picture is too wide or
  /// narrow for the 2-D box.
  double cost() const {
    double sum = 0;
    for (const Ray& ray : rays_) {
      const double entry = entry_of(ray);
      sum += entry > 0 ? std::min(1.0, std::abs(ray.range - entry) / kSaturation) : 1.0;
    }
    const Sides picture = sides();
    const double width = std::max(1.0, static_cast<double>(source_.box[2] - source_.box[0]));
    double beside = 0;
    for (const int i : {0, 2})
      beside += static_cast<double>(source_.free_sides[i]) *
                std::abs(picture.at[static_cast<std::size_t>(i)] - source_.box[i]);
    return sum / static_cast<double>(rays_.size()) + beside / width;
  }

  std::array<double, 3> location() const { return {x_, y_ + source_.size_mean[0] / 2, z_}; }

 private:
  struct Sides {
    std::array<double, 4> at;  ///< left, top, right, bottom of the projected corners
  };

  double median_range() const {
    std::vector<double> ranges;
    for (const Ray& ray : rays_) ranges.push_back(ray.range);
    const auto middle = ranges.begin() + static_cast<std::ptrdiff_t>(ranges.size() / 2);
    std::nth_element(ranges.begin(), middle, ranges.end());
    return *middle;
  }

  Sides sides() const {
    Sides sides{{1e9, 1e9, -1e9, -1e9}};
    const double h = source_.size_mean[0] / 2.0, w = source_.size_mean[1] / 2.0;
    const double l = source_.size_mean[2] / 2.0;
    for (const double ahead : {-l, l})
      for (const double across : {-w, w}) {
        const double z = std::max(z_ - s_ * ahead + c_ * across, 0.1);
        const double u =
            source_.intrinsics[0] * (x_ + c_ * ahead + s_ * across) / z + source_.intrinsics[2];
        sides.at[0] = std::min(sides.at[0], u);
        sides.at[2] = std::max(sides.at[2], u);
        for (const double down : {-h, h}) {
          const double v = source_.intrinsics[4] * (y_ + down) / z + source_.intrinsics[5];
          sides.at[1] = std::min(sides.at[1], v);
          sides.at[3] = std::max(sides.at[3], v);
        }
      }
    return sides;
  }

  /// Moves the box until its free sides in the picture are, in the mean, those of the 2-D box.
  void stand_in_picture() {
    for (int i = 0; i < 2; ++i) {
      const Sides picture = sides();
      const auto off = [&](std::size_t first) {
        double sum = 0, weight = 0;
        for (const std::size_t side : {first, first + 2}) {
          const double free = source_.free_sides[side] > T(0.5) ? 1 : 1e-3;
          sum += free * (source_.box[side] - picture.at[side]);
          weight += free;
        }
        return sum / weight;
      };
      x_ += off(0) * z_ / source_.intrinsics[0];
      y_ += off(1) * z_ / source_.intrinsics[4];
    }
  }

  /// Where a ray enters the box seen from above; 0 = nowhere.
  double entry_of(const Ray& ray) const {
    double entry = 0, exit = 1e9;
    const auto cut = [&](double direction, double place, double half) {
      const double step = std::abs(direction) < 1e-9 ? 1e-9 : direction;
      const double one = (place - half) / step, other = (place + half) / step;
      entry = std::max(entry, std::min(one, other));
      exit = std::min(exit, std::max(one, other));
    };
    cut(c_ * ray.x - s_ * ray.z, c_ * x_ - s_ * z_, source_.size_mean[2] / 2.0);
    cut(s_ * ray.x + c_ * ray.z, s_ * x_ + c_ * z_, source_.size_mean[1] / 2.0);
    return entry < exit ? entry : 0;
  }

  /// Moves the box along the line of sight until the points stand on its near sides.
  void touch_points() {
    std::vector<double> behind;
    for (const Ray& ray : rays_)
      if (const double entry = entry_of(ray); entry > 0) behind.push_back(ray.range - entry);
    if (behind.empty()) return;
    const auto place = behind.begin() +
                       static_cast<std::ptrdiff_t>(kQuantile * static_cast<double>(behind.size()));
    std::nth_element(behind.begin(), place, behind.end());
    const double range = std::hypot(x_, z_), factor = (range + *place) / range;
    const double nearest = kNearest / z_;
    x_ *= std::max(factor, nearest);
    y_ *= std::max(factor, nearest);
    z_ *= std::max(factor, nearest);
  }

  const LiftSource<T>& source_;
  const std::vector<Ray>& rays_;
  double c_, s_;
  double x_ = 0, y_ = 0, z_ = 0;  ///< of the centre
};

}  // namespace

template <typename T>
LiftedBox lift_box(const LiftSource<T>& source) {
  LiftedBox best;
  const std::vector<Ray> rays = rays_of(source);
  if (rays.size() < kFewestPoints) return best;
  best.is_found = true;
  double least = 1e9;
  const auto attempt = [&](double heading) {
    const Candidate<T> candidate(source, rays, heading);
    const double cost = candidate.cost();
    if (!(cost < least)) return;
    least = cost;
    best.rotation_y = heading;
    best.location = candidate.location();
  };
  double step = M_PI / kHeadings;
  for (int i = 0; i < kHeadings; ++i) attempt(i * step);
  for (int i = 0; i < kHalvings; ++i) {
    step /= 2;
    const double middle = best.rotation_y;
    attempt(middle - step);
    attempt(middle + step);
  }
  return best;
}

template LiftedBox lift_box(const LiftSource<float>&);
template LiftedBox lift_box(const LiftSource<double>&);

}  // namespace monodr
