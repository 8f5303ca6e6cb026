// SPDX-License-Identifier: Apache-2.0
#include "evidence/lidar_points.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "evidence/npz.h"

namespace monodr {
namespace {

constexpr size_t kNumbers = 4;        // of a point
constexpr size_t kFewestJudged = 64;  // points; fewer say nothing of their layout
constexpr float kFarthest = 1e5f;  // m; no LiDAR, no intensity and no clock of a scan goes beyond
constexpr size_t kStrays = 100;    // one number in so many may be anything

std::vector<float> numbers_of(const std::string& bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(float));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

bool is_absurd(float number) {
  return !(std::abs(number) <= kFarthest);  // NaN too
}

/// Median of what numbers `step` apart differ by.
float difference_at(const std::vector<float>& numbers, size_t step) {
  std::vector<float> differences;
  for (size_t i = 0; i + step < numbers.size(); ++i)
    if (!is_absurd(numbers[i]) && !is_absurd(numbers[i + step]))
      differences.push_back(std::abs(numbers[i] - numbers[i + step]));
  if (differences.empty()) return 0;
  const auto middle = differences.begin() + std::ptrdiff_t(differences.size() / 2);
  std::nth_element(differences.begin(), middle, differences.end());
  return *middle;
}

/// Floats a point, as far as the numbers tell.
size_t likely_layout(const std::vector<float>& numbers) {
  constexpr size_t kFewest = 3, kMost = 8;
  const float of_four = difference_at(numbers, kNumbers);
  size_t best = kNumbers;
  float least = of_four / 2;
  for (size_t step = kFewest; step <= kMost; ++step)
    if (const float difference = difference_at(numbers, step); difference < least) {
      least = difference;
      best = step;
    }
  return best;
}

void check_layout(const std::string& path, const std::vector<float>& numbers) {
  if (numbers.size() < kNumbers * kFewestJudged) return;
  const auto absurd = std::count_if(numbers.begin(), numbers.end(), is_absurd);
  if (size_t(absurd) > numbers.size() / kStrays)
    throw UserError(fmt::format(
        "'{}' does not hold float32 x, y, z, reflectance: {} of its {} numbers are beyond "
        "{} m or none at all, as when doubles or another format are taken for them; write "
        "it anew, or choose another dataset.depth",
        path,
        absurd,
        numbers.size(),
        kFarthest));
  if (const size_t layout = likely_layout(numbers); layout != kNumbers)
    throw UserError(
        fmt::format("'{}' seems to hold {} floats a point, KITTI's have 4 (x, y, z, reflectance); "
                    "write it anew with these, or choose another dataset.depth",
                    path,
                    layout));
}

}  // namespace

namespace {

/// NumPy's array of points, a row each.
std::vector<LidarPoint> read_npy_points(const std::string& path) {
  const Plane<float> rows = read_npy_plane(path).values;
  if (rows.width < 3)
    throw UserError(fmt::format(
        "'{}' has {} numbers a row; x, y, z are expected, and whatever follows", path, rows.width));
  std::vector<LidarPoint> points;
  for (int i = 0; i < rows.height; ++i)
    points.push_back({rows.at(0, i), rows.at(1, i), rows.at(2, i)});
  return points;
}

}  // namespace

std::vector<LidarPoint> read_lidar_points(const std::string& path) {
  if (path.ends_with(".npy")) return read_npy_points(path);
  const std::string bytes = read_file(path);
  const std::vector<float> numbers = numbers_of(bytes);
  check_layout(path, numbers);
  constexpr size_t kPointSize = kNumbers * sizeof(float);
  if (bytes.size() % kPointSize != 0)
    throw UserError(
        fmt::format("'{}' is cut short: {} bytes are not a whole number of points of "
                    "{} bytes (x, y, z, reflectance); copy the file again",
                    path,
                    bytes.size(),
                    kPointSize));
  std::vector<LidarPoint> points(bytes.size() / kPointSize);
  for (size_t i = 0; i < points.size(); ++i)
    points[i] = {numbers[kNumbers * i], numbers[kNumbers * i + 1], numbers[kNumbers * i + 2]};
  return points;
}

}  // namespace monodr
