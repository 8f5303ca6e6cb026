// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/error.h"
#include "evidence/masks.h"

// The recipe and its constants come from a study on real frames; none was tuned to single frames.
namespace monodr {
namespace {

// Around the box, for the colours of the background: a quarter of the longer side.
constexpr double kSurround = 0.25;
// A car does not fill the corners of its box; within these margins it mostly does.
constexpr double kInnerMarginX = 0.10, kInnerMarginY = 0.12;
// A point this near to the central depth, inside the box and off the road, is on the car: half a
// car's length.
constexpr double kOwnRange = 2.2;         // m
constexpr double kOwnAboveGround = 0.15;  // m: above the road and what is uncertain of its height
// Points off by this much are not on the car, whatever its heading (a car is 4 m long, and its
// central depth lies on the near side).
constexpr double kFartherBy = 4.0, kNearerBy = 3.0;  // m
// Road points count as background in the lower part of the box only; higher up "road" is a
// misjudged ground.
constexpr double kLowerPart = 0.6;
constexpr double kDotRadiusPerHeight = 1.0 / 50;  // LiDAR points become dots of this radius
constexpr int kIterations = 6;
// Share of the box's width and height taken as the object where no depth tells: within it a car
// seen from any side shows its body.
constexpr double kCore = 0.7;
// The crop that is fitted has 64 px a side; cutting at more than this is lost time.
constexpr double kLongestSide = 192;
constexpr double kTidyRadius = 1.0 / 64;  // of the longer side: gaps and bridges to close and cut
constexpr std::uint64_t kColourModelSeed = 1;  // GrabCut starts its colour models at random

struct Working {
  cv::Rect area;     // of the image
  double scale = 1;  // working pixels over image pixels
  cv::Mat colours;   // 8UC3
  cv::Mat labels;    // 8U, GrabCut's four classes

  Box2d to_working(const Box2d& box) const {
    return {(box.left - area.x) * scale,
            (box.top - area.y) * scale,
            (box.right - area.x) * scale,
            (box.bottom - area.y) * scale};
  }
};

bool contains(const Box2d& box, double u, double v) {
  return u >= box.left && u < box.right && v >= box.top && v < box.bottom;
}

cv::Rect pixels(const Box2d& box, const cv::Size& bounds) {
  const cv::Rect rect(cv::Point(int(std::lround(box.left)), int(std::lround(box.top))),
                      cv::Point(int(std::lround(box.right)), int(std::lround(box.bottom))));
  return rect & cv::Rect(cv::Point(0, 0), bounds);
}

Working start(const ColourImage& image, const Box2d& box) {
  Working work;
  const double surround = kSurround * std::max(box.width(), box.height());
  const Box2d wide{
      box.left - surround, box.top - surround, box.right + surround, box.bottom + surround};
  work.area = pixels(wide, {image.width, image.height});
  work.scale = std::min(1.0, kLongestSide / std::max(box.width(), box.height()));
  const cv::Mat whole(
      image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data()));
  cv::resize(whole(work.area), work.colours, {}, work.scale, work.scale, cv::INTER_AREA);

  work.labels = cv::Mat(work.colours.size(), CV_8U, cv::Scalar(cv::GC_BGD));
  const Box2d local = work.to_working(box);
  const Box2d inner{local.left + kInnerMarginX * local.width(),
                    local.top + kInnerMarginY * local.height(),
                    local.right - kInnerMarginX * local.width(),
                    local.bottom - kInnerMarginY * local.height()};
  work.labels(pixels(local, work.labels.size())).setTo(cv::GC_PR_BGD);
  work.labels(pixels(inner, work.labels.size())).setTo(cv::GC_PR_FGD);
  return work;
}

// What stands in front fills most of its own box. Both the seeds of the background and those of
// the foreground leave room for the corners it does not fill.
void mark_nearer(Working& work, const Box2d& box, const std::vector<Box2d>& nearer) {
  const cv::Rect own = pixels(work.to_working(box), work.labels.size());
  for (const Box2d& other : nearer)
    work.labels(pixels(work.to_working(other), work.labels.size()) & own).setTo(cv::GC_PR_BGD);
}

// Where no depth says what is surely the object, GrabCut may give all of it away.
void mark_core(Working& work, const Box2d& box) {
  if (cv::countNonZero(work.labels == cv::GC_FGD) > 0) return;
  const Box2d local = work.to_working(box);
  cv::Mat core(work.labels.size(), CV_8U, cv::Scalar(0));
  cv::ellipse(core,
              cv::Point(int((local.left + local.right) / 2), int((local.top + local.bottom) / 2)),
              cv::Size(int(kCore * local.width() / 2), int(kCore * local.height() / 2)),
              0,
              0,
              360,
              255,
              cv::FILLED);
  core &= work.labels == cv::GC_PR_FGD;  // not where something stands in front
  work.labels.setTo(cv::GC_FGD, core);
}

enum class Side { none, own, ground, before, behind };

/// What a depth value says of its pixel.
Side side_of(double u,
             double v,
             double z,
             const Box2d& box,
             const std::vector<Box2d>& nearer,
             const DepthMap& depth,
             const Camera& camera,
             const DepthLocus& locus) {
  const double slack = 2 * depth.deviation_at(locus.central) * locus.central;
  const double behind = z - locus.central;
  if (behind > kFartherBy + slack) return Side::behind;
  if (behind < -kNearerBy - slack) return Side::before;
  const double above_ground = locus.ground - (v - camera.intrinsics.cy) / camera.intrinsics.fy * z;
  if (above_ground < kOwnAboveGround)
    return v > box.top + kLowerPart * box.height() ? Side::ground : Side::none;
  const bool may_be_own = contains(box, u, v) && std::abs(behind) < kOwnRange && slack < kOwnRange;
  const bool is_own = may_be_own && std::none_of(nearer.begin(), nearer.end(), [&](const Box2d& b) {
                        return contains(b, u, v);
                      });
  return is_own ? Side::own : Side::none;
}

// A car is nearly convex, so what lies between points on it is most likely the car. LiDAR rows are
// far apart on a distant car, and its beams go through windows: what they find behind is no sign of
// background there.
cv::Mat hull_of(const std::vector<cv::Point>& points, const cv::Size& size) {
  cv::Mat hull(size, CV_8U, cv::Scalar(0));
  if (points.size() < 3) return hull;
  std::vector<cv::Point> outline;
  cv::convexHull(points, outline);
  cv::fillConvexPoly(hull, outline, 255);
  return hull;
}

void mark_depth(Working& work,
                const Box2d& box,
                const std::vector<Box2d>& nearer,
                const DepthMap& depth,
                const Camera& camera,
                const DepthLocus& locus) {
  // Estimated depth covers every pixel: no dots are needed, and what it says is less sure.
  const int radius =
      depth.is_sparse
          ? std::max(0, int(std::lround(box.height() * work.scale * kDotRadiusPerHeight)))
          : 0;
  std::map<Side, std::vector<cv::Point>> points;
  for (int y = work.area.y; y < work.area.br().y; ++y)
    for (int x = work.area.x; x < work.area.br().x; ++x) {
      const double z = depth.metres.at(x, y);
      if (z <= 0) continue;
      const double u = x + 0.5, v = y + 0.5;
      const Side side = side_of(u, v, z, box, nearer, depth, camera, locus);
      points[side].emplace_back(int((u - work.area.x) * work.scale),
                                int((v - work.area.y) * work.scale));
    }
  const cv::Mat hull = depth.is_sparse ? hull_of(points[Side::own], work.labels.size())
                                       : cv::Mat(work.labels.size(), CV_8U, cv::Scalar(0));
  cv::Mat between = hull & (work.labels != cv::GC_BGD);
  for (const Box2d& other : nearer)
    between(pixels(work.to_working(other), between.size())).setTo(0);
  work.labels.setTo(cv::GC_PR_FGD, between);
  const auto mark = [&](Side side, int label) {
    for (const cv::Point& point : points[side])
      if (cv::Rect({0, 0}, work.labels.size()).contains(point))
        cv::circle(work.labels, point, radius, label, cv::FILLED);
  };
  std::erase_if(points[Side::behind], [&](const cv::Point& point) {
    return cv::Rect({0, 0}, hull.size()).contains(point) && between.at<std::uint8_t>(point) != 0;
  });
  for (const Side side : {Side::behind, Side::before, Side::ground}) mark(side, cv::GC_BGD);
  mark(Side::own, cv::GC_FGD);
}

bool cut(Working& work) {
  const cv::Mat foreground = (work.labels & 1) != 0;  // GC_FGD = 1, GC_PR_FGD = 3
  const int count = cv::countNonZero(foreground);
  // Five Gaussians a side: fewer pixels than that and GrabCut cannot model its colours.
  if (count < 10 || int(work.labels.total()) - count < 10) return false;
  cv::Mat background_model, foreground_model;
  cv::theRNG().state = kColourModelSeed;
  cv::grabCut(work.colours,
              work.labels,
              {},
              background_model,
              foreground_model,
              kIterations,
              cv::GC_INIT_WITH_MASK);
  return true;
}

// Close small gaps, cut thin bridges, keep the largest piece, fill its holes.
cv::Mat tidied(const cv::Mat& raw, double box_side) {
  const int radius = std::max(1, int(std::lround(box_side * kTidyRadius)));
  const cv::Mat disc =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
  cv::Mat mask;
  cv::morphologyEx(raw, mask, cv::MORPH_CLOSE, disc);
  cv::morphologyEx(mask, mask, cv::MORPH_OPEN, disc);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(mask, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  cv::Mat result(mask.size(), CV_8U, cv::Scalar(0));
  if (outlines.empty()) return result;
  const auto largest =
      std::max_element(outlines.begin(), outlines.end(), [](const auto& a, const auto& b) {
        return cv::contourArea(a) < cv::contourArea(b);
      });
  cv::drawContours(result, outlines, int(largest - outlines.begin()), 255, cv::FILLED);
  return result;
}

}  // namespace

BinaryMask grabcut_mask(const ColourImage& image,
                        const Box2d& box,
                        const std::vector<Box2d>& nearer,
                        const DepthMap& depth,
                        const Camera& camera,
                        const DepthLocus& locus) {
  BinaryMask mask(image.width, image.height);
  Working work = start(image, box);
  if (work.labels.empty()) return mask;
  mark_nearer(work, box, nearer);
  if (locus.known()) mark_depth(work, box, nearer, depth, camera, locus);
  mark_core(work, box);
  if (!cut(work)) return mask;
  cv::Mat full;
  cv::resize(tidied((work.labels & 1) != 0, work.scale * std::max(box.width(), box.height())),
             full,
             work.area.size(),
             0,
             0,
             cv::INTER_LINEAR);
  const cv::Mat binary = full > 127;
  for (int y = 0; y < binary.rows; ++y)
    for (int x = 0; x < binary.cols; ++x)
      mask.at(work.area.x + x, work.area.y + y) = binary.at<std::uint8_t>(y, x) != 0;
  return mask;
}

}  // namespace monodr
