// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "evidence/faults.h"
#include "evidence/smooth_field.h"
#include "evidence/window_pixels.h"

namespace monodr {
namespace {

// Bumps of about six pixels: wheels, mirrors and lamps are of that size in a 64 px crop, and they
// are what mask networks round off.
constexpr int kBorderNodes = 11;

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

cv::Mat view(const BinaryMask& mask) {
  return {mask.height, mask.width, CV_8U, const_cast<std::uint8_t*>(mask.values.data())};
}

// Pixels of the mask in each column (of_columns) or row.
std::vector<int> profile(const BinaryMask& mask, bool of_columns) {
  std::vector<int> counts(size_t(of_columns ? mask.width : mask.height));
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x) counts[size_t(of_columns ? x : y)] += mask.at(x, y);
  return counts;
}

// The first line from the front that keeps at least `kept` pixels before it.
int line_that_keeps(const std::vector<int>& counts, double kept) {
  int line = 0;
  for (double before = 0; line < int(counts.size()) && before < kept; ++line)
    before += counts[size_t(line)];
  return line;
}

}  // namespace

CutMask cut_mask(const BinaryMask& mask, const CropWindow& window, double share, Random& random) {
  CutMask cut{mask, BinaryMask(mask.width, mask.height)};
  const int side = random.below(3);  // 0 left, 1 right, 2 below; drawn even where nothing is cut
  const std::vector<int> counts = profile(mask, side != 2);
  const int total = std::accumulate(counts.begin(), counts.end(), 0);
  cv::Rect covered = window_pixels(window, mask.width, mask.height);
  if (share <= 0 || total == 0 || covered.empty()) return cut;
  if (side == 0) {
    const std::vector<int> reversed(counts.rbegin(), counts.rend());
    covered.width = mask.width - line_that_keeps(reversed, (1 - share) * total) - covered.x;
  } else if (side == 1) {
    const int line = std::max(covered.x, line_that_keeps(counts, (1 - share) * total));
    covered = {line, covered.y, covered.br().x - line, covered.height};
  } else {
    const int line = std::max(covered.y, line_that_keeps(counts, (1 - share) * total));
    covered = {covered.x, line, covered.width, covered.br().y - line};
  }
  for (int y = covered.y; y < covered.br().y; ++y)
    for (int x = covered.x; x < covered.br().x; ++x) {
      cut.mask.at(x, y) = 0;
      cut.occluder.at(x, y) = 1;
    }
  return cut;
}

BinaryMask moved_border(const BinaryMask& mask,
                        const CropWindow& window,
                        const MaskFaults& faults,
                        Random& random) {
  const cv::Rect area = window_pixels(window, mask.width, mask.height);
  const double common = faults.dilation - faults.erosion;
  if ((common == 0 && faults.raggedness <= 0) || area.empty()) return mask;
  const cv::Mat inside = view(mask)(area) != 0;
  if (cv::countNonZero(inside) == 0) return mask;
  const NearestZero to_outside(inside), to_inside(~inside);
  const WindowField field(kBorderNodes, window, random);
  const double scale = window.side / kReferenceCrop;
  BinaryMask moved = mask;
  for (int y = 0; y < area.height; ++y)
    for (int x = 0; x < area.width; ++x) {
      const bool is_inside = inside.at<std::uint8_t>(y, x) != 0;
      const NearestZero& other = is_inside ? to_outside : to_inside;
      const cv::Point border = other.position(x, y);
      // Half a pixel: the border runs between the pixel centres on its two sides.
      const double distance = other.distance(x, y) - 0.5;
      const double ragged = faults.raggedness * field.at(area.x + border.x, area.y + border.y);
      moved.at(area.x + x, area.y + y) =
          (is_inside ? distance : -distance) + scale * (common + ragged) > 0;
    }
  return moved;
}

Box2d jittered_box(const Box2d& box, double deviation, Random& random) {
  const auto shift = [&](double extent) { return deviation * extent * random.normal(0, 1); };
  const double left = box.left + shift(box.width()), top = box.top + shift(box.height());
  const double right = box.right + shift(box.width()), bottom = box.bottom + shift(box.height());
  return {
      std::min(left, right), std::min(top, bottom), std::max(left, right), std::max(top, bottom)};
}

}  // namespace monodr
