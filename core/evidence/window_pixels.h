// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <opencv2/core/types.hpp>

#include "geometry/camera.h"

namespace monodr {

/// Side of the crop, px, that the lengths of faults refer to, whatever the crop's own resolution.
inline constexpr double kReferenceCrop = 64;

/// The part of the window that lies in the image, in whole pixels.
inline cv::Rect window_pixels(const CropWindow& window, int width, int height) {
  const cv::Point first(int(std::floor(window.left)), int(std::floor(window.top)));
  const cv::Point last(int(std::ceil(window.left + window.side)),
                       int(std::ceil(window.top + window.side)));
  return cv::Rect(first, last) & cv::Rect(0, 0, width, height);
}

}  // namespace monodr
