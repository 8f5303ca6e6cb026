// SPDX-License-Identifier: Apache-2.0
#include "evidence/camera_check.h"

#include <cmath>

#include "base/error.h"

namespace monodr {

void require_intrinsics_fit(const Camera& camera, const std::string& source) {
  const Intrinsics& k = camera.intrinsics;
  const double of_width = 2 * k.cx / camera.width, of_height = 2 * k.cy / camera.height;
  const auto refuse = [&](const std::string& what) {
    throw UserError(
        fmt::format("{}: the intrinsics (fx {:.1f}, fy {:.1f}, cx {:.1f}, cy {:.1f}) do not fit "
                    "the picture of {}x{} pixels: {}",
                    source,
                    k.fx,
                    k.fy,
                    k.cx,
                    k.cy,
                    camera.width,
                    camera.height,
                    what));
  };
  constexpr double kSmallest = 0.7, kLargest = 1.4, kAlike = 1.2;
  const double scale = std::sqrt(std::max(1e-9, of_width * of_height));
  const bool are_alike = of_width > 0 && of_height > 0 && of_width / of_height < kAlike &&
                         of_height / of_width < kAlike;
  if (are_alike && (scale < kSmallest || scale > kLargest))
    refuse(fmt::format(
        "they are those of a picture of about {:.0f}x{:.0f}; multiply all four by {:.3g}, or take "
        "the picture that they were measured on",
        camera.width * scale,
        camera.height * scale,
        1 / scale));
  if (std::abs(of_width - 1) > 3 || std::abs(of_height - 1) > 3)
    refuse("the principal point lies far outside of it");
  constexpr double kDegrees = 180 / M_PI;
  const double field = 2 * kDegrees * std::atan(camera.width / (2 * k.fx));
  if (!(k.fx > 0 && k.fy > 0) || field < 2 || field > 175)
    refuse(fmt::format("it would show {:.1f} degrees from left to right", field));
}

}  // namespace monodr
