// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/error.h"
#include "evidence/faults.h"
#include "evidence/smooth_field.h"
#include "evidence/window_pixels.h"

namespace monodr {
namespace {

constexpr double kBackground = 1.6;      // depth of what is behind, over the object's
constexpr double kSmallestFactor = 0.1;  // of a depth: errors of many deviations stay depths
constexpr float kSmallestDepth = 0.1f;   // m

float median_under(const DepthMap& depth, const BinaryMask& mask, const cv::Rect& area) {
  std::vector<float> values;
  for (int y = area.y; y < area.br().y; ++y)
    for (int x = area.x; x < area.br().x; ++x)
      if (mask.at(x, y) && depth.metres.at(x, y) > 0) values.push_back(depth.metres.at(x, y));
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// Share of each pixel that is the object's after the blur; 1 everywhere without bleeding.
cv::Mat own_share(const BinaryMask& mask, const cv::Rect& area, double radius) {
  if (radius <= 0) return {area.size(), CV_32F, cv::Scalar(1)};
  const cv::Mat whole(
      mask.height, mask.width, CV_8U, const_cast<std::uint8_t*>(mask.values.data()));
  cv::Mat covered;
  whole(area).convertTo(covered, CV_32F);
  cv::GaussianBlur(covered, covered, {}, radius, radius, cv::BORDER_REPLICATE);
  return covered;
}

void keep_rows(DepthMap& depth, int step) {
  if (step <= 1) return;
  depth.is_sparse = true;
  Plane<float>& metres = depth.metres;
  for (int y = 0; y < metres.height; ++y)
    if (y % step != 0)
      std::fill_n(metres.values.begin() + std::ptrdiff_t(y) * metres.width, metres.width, 0.f);
}

}  // namespace

DepthMap faulty_depth(const DepthMap& depth,
                      const BinaryMask& mask,
                      const CropWindow& window,
                      const DepthFaults& faults,
                      Random& random,
                      std::optional<double> of_track) {
  if (depth.empty() || !faults.any()) return depth;
  MONODR_CHECK(mask.width == depth.metres.width && mask.height == depth.metres.height,
               "mask and depth differ in size");
  DepthMap faulty = depth;
  faulty.relative_deviation = std::hypot(depth.relative_deviation, faults.noise);
  keep_rows(faulty, faults.row_step);
  const cv::Rect area = window_pixels(window, mask.width, mask.height);
  const float median = area.empty() ? 0 : median_under(depth, mask, area);
  if (median <= 0) return faulty;

  const double shared = std::min(faults.bias, faults.noise);
  const double local = std::sqrt(faults.noise * faults.noise - shared * shared);
  double bias = shared * random.normal(0, 1);
  if (of_track)
    bias =
        shared * std::sqrt(faults.bias_kept) * *of_track + std::sqrt(1 - faults.bias_kept) * bias;
  const WindowField field(faults.nodes, window, random);
  const bool bleeds = faults.bleeding > 0;
  const cv::Mat covered = own_share(mask, area, faults.bleeding * window.side / kReferenceCrop);
  for (int y = 0; y < area.height; ++y)
    for (int x = 0; x < area.width; ++x) {
      const int u = area.x + x, v = area.y + y;
      float& z = faulty.metres.at(u, v);
      const double pixel = faults.noise_metres > 0 ? random.normal(0, faults.noise_metres) : 0;
      const bool fills = bleeds && !faulty.is_sparse && !mask.at(u, v);
      const float own = fills ? median : z;
      if (own <= 0) continue;
      const float share = covered.at<float>(y, x);
      const double bled = share * own + (1 - share) * kBackground * median;
      const double factor = 1 + bias + local * field.at(u, v);
      z = std::max(float(bled * faults.scale * std::max(factor, kSmallestFactor) + pixel),
                   kSmallestDepth);
    }
  return faulty;
}

}  // namespace monodr
