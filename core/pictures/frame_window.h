// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "geometry/camera.h"
#include "pictures/overlay.h"
#include "report/png.h"

namespace monodr {

/// A square part of a frame, enlarged, to draw single fits into. What lies outside the image is
/// grey.
class FrameWindow {
 public:
  FrameWindow(const ColourImage& picture, const Camera& camera, const CropWindow& window);
  ~FrameWindow();

  /// The fitted mesh blended over the image with its box (green, the front face crossed), and the
  /// label's box (orange); nullptr = without.
  RgbPicture draw(const OverlayObject* fitted, const Box3d* label) const;

 private:
  struct Picture;
  std::unique_ptr<Picture> picture_;  // of OpenCV, which this header keeps out
  Camera camera_;
};

}  // namespace monodr
