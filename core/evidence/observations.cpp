// SPDX-License-Identifier: Apache-2.0
#include "evidence/observations.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "evidence/resample.h"

namespace monodr {
namespace {

constexpr float kHalf = 0.5f;              // coverage from which a crop pixel is on the object
constexpr double kDepthRange = 3.0;        // m around the central depth: within one car
constexpr double kDepthAboveGround = 0.2;  // m: leaves out the road under the car
constexpr double kStripWidth = 4.0 / 64;   // of the crop's side
constexpr double kKnownShare = 0.7;

std::vector<float> known_pixels(const BinaryMask& is_hidden,
                                const CropWindow& window,
                                const std::vector<float>& mask) {
  const std::vector<float> hidden = crop_coverage(is_hidden, window, 1);
  std::vector<float> known(hidden.size());
  for (size_t i = 0; i < known.size(); ++i)
    known[i] = mask[i] >= kHalf || hidden[i] < kHalf ? 1 : 0;
  return known;
}

float median_of_present(const std::vector<float>& depth) {
  std::vector<double> present;
  std::copy_if(
      depth.begin(), depth.end(), std::back_inserter(present), [](float z) { return z > 0; });
  return float(typical_depth(std::move(present), false));
}

double depth_range(double relative_deviation, double depth) {
  return kDepthRange + 2 * relative_deviation * depth;
}

// Each LiDAR point (or pixel of another sparse map) falls into one crop pixel; the nearest one
// stays.
std::vector<float> sparse_crop(const Camera& camera,
                               const DepthMap& depth,
                               const ObjectEvidence& object,
                               const CropWindow& window) {
  std::vector<float> crop(size_t(window.size) * window.size);
  const Intrinsics& k = camera.intrinsics;
  const Plane<float>& metres = depth.metres;
  const double range = depth_range(depth.deviation_at(object.locus.central), object.locus.central);
  const Box2d area =
      Box2d{window.left, window.top, window.left + window.side, window.top + window.side}
          .clipped_to(metres.width, metres.height);
  for (int y = int(area.top); y < int(std::ceil(area.bottom)); ++y)
    for (int x = int(area.left); x < int(std::ceil(area.right)); ++x) {
      const float z = metres.at(x, y);
      if (z <= 0 || std::abs(z - object.locus.central) > range) continue;
      if ((y + 0.5 - k.cy) / k.fy * z > object.locus.ground - kDepthAboveGround) continue;
      const int i = int(std::floor((x + 0.5 - window.left) * window.scale()));
      const int j = int(std::floor((y + 0.5 - window.top) * window.scale()));
      if (i < 0 || j < 0 || i >= window.size || j >= window.size) continue;
      float& nearest = crop[size_t(j) * window.size + i];
      if (nearest == 0 || z < nearest) nearest = z;
    }
  return crop;
}

std::vector<float> dense_crop(const DepthMap& depth, const CropWindow& window) {
  std::vector<float> crop(size_t(window.size) * window.size);
  for (int j = 0; j < window.size; ++j)
    for (int i = 0; i < window.size; ++i) {
      const int x = int(std::floor(window.left + (i + 0.5) / window.scale()));
      const int y = int(std::floor(window.top + (j + 0.5) / window.scale()));
      if (depth.metres.contains(x, y)) crop[size_t(j) * window.size + i] = depth.metres.at(x, y);
    }
  return crop;
}

void keep_inside(std::vector<float>& depth, const std::vector<float>& mask) {
  for (size_t i = 0; i < depth.size(); ++i)
    if (mask[i] < kHalf) depth[i] = 0;
}

// Pixels of the mask that show what is behind or in front of the object.
void drop_outliers(std::vector<float>& depth, double relative_deviation) {
  const float median = median_of_present(depth);
  const double range = depth_range(relative_deviation, median);
  for (float& z : depth)
    if (std::abs(z - median) > range) z = 0;
}

}  // namespace

Observation build_observation(const FrameEvidence& frame,
                              const DepthMap& depth,
                              const ObjectEvidence& object,
                              double crop_margin,
                              int image_size) {
  Observation observation;
  observation.frame = frame.frame;
  observation.object = object.number;
  observation.category = object.category;
  observation.score = object.score;
  observation.box = object.box;
  observation.camera = frame.camera;
  observation.crop = crop_around(object.box, crop_margin, image_size);

  const CropWindow& window = observation.crop;
  observation.image = crop_colours(frame.image, window);
  observation.mask = crop_coverage(object.mask, window, 0);
  observation.known = known_pixels(object.hidden, window, observation.mask);
  // Whoever drew an amodal box guessed its hidden sides; only the image's border can still cut it.
  const std::vector<float> in_view =
      object.box_is_amodal
          ? known_pixels(
                BinaryMask(frame.image.width, frame.image.height), window, observation.mask)
          : observation.known;
  observation.free_sides = free_sides(in_view, image_size, window.to_crop(object.box));

  if (depth.empty()) {
    observation.depth.assign(observation.mask.size(), 0);
  } else if (depth.is_sparse) {
    observation.depth = sparse_crop(frame.camera, depth, object, window);
    keep_inside(observation.depth, observation.mask);
    observation.depth_deviation = depth.deviation_at(object.locus.central);
  } else {
    observation.depth = dense_crop(depth, window);
    keep_inside(observation.depth, observation.mask);
    observation.depth_deviation = depth.deviation_at(median_of_present(observation.depth));
    drop_outliers(observation.depth, observation.depth_deviation);
  }
  return observation;
}

std::array<float, 4> free_sides(const std::vector<float>& known, int size, const Box2d& box) {
  const int width = std::max(1, int(std::lround(kStripWidth * size)));
  // Share of known pixels in columns x0..x1 and rows y0..y1, both ends included.
  const auto is_free = [&](int x0, int x1, int y0, int y1) {
    int total = 0, seen = 0;
    for (int y = std::max(y0, 0); y <= std::min(y1, size - 1); ++y)
      for (int x = std::max(x0, 0); x <= std::min(x1, size - 1); ++x) {
        ++total;
        seen += known[size_t(y) * size + x] > kHalf;
      }
    return total > 0 && seen >= kKnownShare * total ? 1.0f : 0.0f;
  };
  // The first pixels whose centres lie outside, and the last ones inside.
  const int left = int(std::floor(box.left - 0.5)), right = int(std::ceil(box.right - 0.5));
  const int top = int(std::floor(box.top - 0.5)), bottom = int(std::ceil(box.bottom - 0.5));
  return {is_free(left - width + 1, left, top + 1, bottom - 1),
          is_free(left + 1, right - 1, top - width + 1, top),
          is_free(right, right + width - 1, top + 1, bottom - 1),
          is_free(left + 1, right - 1, bottom, bottom + width - 1)};
}

}  // namespace monodr
