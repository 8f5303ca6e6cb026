// SPDX-License-Identifier: Apache-2.0
#include "data/faults.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/error.h"

namespace monodr {
namespace {

constexpr double kReferenceCrop = 64;  // px: the crop that lengths refer to

// Bumps of about six pixels: wheels, mirrors and lamps are of that size in a 64 px crop, and they
// are what mask networks round off.
constexpr int kBorderNodes = 11;

constexpr int kDepthNodes = 5;
constexpr double kBleedRadius = 1.2;  // px of a 64 px crop
constexpr double kBackground = 1.6;   // depth of what is behind, over the object's

// Catmull-Rom weights of the nodes -1, 0, 1, 2 at t in [0, 1] between nodes 0 and 1.
std::array<double, 4> cubic_weights(double t) {
  return {((-0.5 * t + 1) * t - 0.5) * t,
          (1.5 * t - 2.5) * t * t + 1,
          ((-1.5 * t + 2) * t + 0.5) * t,
          (0.5 * t - 0.5) * t * t};
}

// The part of the window that lies in the image, in whole pixels.
cv::Rect pixels_of(const CropWindow& window, int width, int height) {
  const cv::Point first(int(std::floor(window.left)), int(std::floor(window.top)));
  const cv::Point last(int(std::ceil(window.left + window.side)),
                       int(std::ceil(window.top + window.side)));
  return cv::Rect(first, last) & cv::Rect(0, 0, width, height);
}

// A field over the window, at image pixels.
class WindowField {
 public:
  WindowField(int nodes, const CropWindow& window, Random& random)
      : window_(window), values_(smooth_field(nodes, kSize, random)) {}

  float at(int x, int y) const {
    return values_[index(y, window_.top) * kSize + index(x, window_.left)];
  }

 private:
  static constexpr int kSize = 128;  // far finer than the nodes: steps are not seen

  size_t index(int pixel, double start) const {
    const double share = (pixel + 0.5 - start) / window_.side;
    return size_t(std::clamp(int(share * kSize), 0, kSize - 1));
  }

  CropWindow window_;
  std::vector<float> values_;
};

// For every pixel the nearest one that is 0, and how far it is.
class NearestZero {
 public:
  explicit NearestZero(const cv::Mat& picture) {
    cv::distanceTransform(
        picture, distance_, label_, cv::DIST_L2, cv::DIST_MASK_5, cv::DIST_LABEL_PIXEL);
    positions_.resize(picture.total() + 1);  // label 0 = the picture holds no 0
    for (int y = 0; y < picture.rows; ++y)
      for (int x = 0; x < picture.cols; ++x)
        if (picture.at<std::uint8_t>(y, x) == 0) positions_[label_.at<int>(y, x)] = {x, y};
  }

  cv::Point position(int x, int y) const { return positions_[label_.at<int>(y, x)]; }
  double distance(int x, int y) const { return distance_.at<float>(y, x); }

 private:
  cv::Mat distance_, label_;
  std::vector<cv::Point> positions_;
};

float median_under(const DepthMap& depth, const BinaryMask& mask, const cv::Rect& area) {
  std::vector<float> values;
  for (int y = area.y; y < area.br().y; ++y)
    for (int x = area.x; x < area.br().x; ++x)
      if (mask.at(x, y) && depth.metres.at(x, y) > 0) values.push_back(depth.metres.at(x, y));
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

cv::Mat view(const BinaryMask& mask) {
  return {mask.height, mask.width, CV_8U, const_cast<std::uint8_t*>(mask.values.data())};
}

}  // namespace

std::vector<float> smooth_field(int nodes, int size, Random& random) {
  MONODR_CHECK(nodes >= 2 && size >= 1, "{} nodes over {} pixels", nodes, size);
  std::vector<double> values(size_t(nodes) * nodes);
  for (double& value : values) value = random.normal(0, 1);

  // Along one axis: the four nodes around a pixel and their weights. Nodes beyond the border repeat
  // the border's. The field's variance is the product of both axes' sums of squared weights.
  struct Taps {
    std::array<int, 4> node{};
    std::array<double, 4> weight{};
    double variance = 0;
  };
  std::vector<Taps> taps(size);
  for (int i = 0; i < size; ++i) {
    const double position = (i + 0.5) / size * (nodes - 1);
    const int first = std::min(int(position), nodes - 2);
    std::array<double, 4> weight = cubic_weights(position - first);
    if (first == 0) weight = {0, weight[0] + weight[1], weight[2], weight[3]};
    if (first == nodes - 2) weight = {weight[0], weight[1], weight[2] + weight[3], 0};
    taps[i].weight = weight;
    for (int k = 0; k < 4; ++k) {
      taps[i].node[k] = std::clamp(first - 1 + k, 0, nodes - 1);
      taps[i].variance += weight[k] * weight[k];
    }
  }

  std::vector<float> field(size_t(size) * size);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      double sum = 0;
      for (int j = 0; j < 4; ++j)
        for (int i = 0; i < 4; ++i)
          sum += taps[y].weight[j] * taps[x].weight[i] *
                 values[size_t(taps[y].node[j]) * nodes + taps[x].node[i]];
      field[size_t(y) * size + x] = float(sum / std::sqrt(taps[y].variance * taps[x].variance));
    }
  return field;
}

BinaryMask ragged_mask(const BinaryMask& mask,
                       const CropWindow& window,
                       double deviation,
                       Random& random) {
  const cv::Rect area = pixels_of(window, mask.width, mask.height);
  if (deviation <= 0 || area.empty()) return mask;
  const cv::Mat inside = view(mask)(area) != 0;
  if (cv::countNonZero(inside) == 0) return mask;
  const NearestZero to_outside(inside), to_inside(~inside);
  const WindowField field(kBorderNodes, window, random);
  const double amplitude = deviation * window.side / kReferenceCrop;
  BinaryMask ragged = mask;
  for (int y = 0; y < area.height; ++y)
    for (int x = 0; x < area.width; ++x) {
      const bool is_inside = inside.at<std::uint8_t>(y, x) != 0;
      const NearestZero& other = is_inside ? to_outside : to_inside;
      const cv::Point border = other.position(x, y);
      // Half a pixel: the border runs between the pixel centres on its two sides.
      const double distance = other.distance(x, y) - 0.5;
      const double shift = amplitude * field.at(area.x + border.x, area.y + border.y);
      ragged.at(area.x + x, area.y + y) = (is_inside ? distance : -distance) + shift > 0;
    }
  return ragged;
}

DepthMap noisy_depth(const DepthMap& depth,
                     const BinaryMask& mask,
                     const CropWindow& window,
                     const DepthNoise& noise,
                     Random& random) {
  if (depth.empty() || noise.deviation <= 0) return depth;
  MONODR_CHECK(mask.width == depth.metres.width && mask.height == depth.metres.height,
               "mask and depth differ in size");
  DepthMap noisy = depth;
  noisy.relative_deviation = noise.deviation;
  const cv::Rect area = pixels_of(window, mask.width, mask.height);
  const float median = area.empty() ? 0 : median_under(depth, mask, area);
  if (median <= 0) return noisy;

  const double shared = std::min(noise.bias, noise.deviation);
  const double local = std::sqrt(noise.deviation * noise.deviation - shared * shared);
  const double bias = shared * random.normal(0, 1);
  const WindowField field(kDepthNodes, window, random);

  cv::Mat covered;
  view(mask)(area).convertTo(covered, CV_32F);
  const double radius = kBleedRadius * window.side / kReferenceCrop;
  cv::GaussianBlur(covered, covered, {}, radius, radius, cv::BORDER_REPLICATE);
  for (int y = 0; y < area.height; ++y)
    for (int x = 0; x < area.width; ++x) {
      const int u = area.x + x, v = area.y + y;
      const float own = mask.at(u, v) ? depth.metres.at(u, v) : median;
      if (own <= 0) continue;
      const float share = covered.at<float>(y, x);
      const double bled = share * own + (1 - share) * kBackground * median;
      const double factor = 1 + bias + local * field.at(u, v);
      noisy.metres.at(u, v) = float(bled * std::max(factor, 0.1));
    }
  return noisy;
}

Box2d jittered_box(const Box2d& box, double deviation, Random& random) {
  const auto shift = [&](double extent) { return deviation * extent * random.normal(0, 1); };
  const double left = box.left + shift(box.width()), top = box.top + shift(box.height());
  const double right = box.right + shift(box.width()), bottom = box.bottom + shift(box.height());
  return {
      std::min(left, right), std::min(top, bottom), std::max(left, right), std::max(top, bottom)};
}

}  // namespace monodr
