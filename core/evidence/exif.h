// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace monodr {

/// A focal length in pixels as a camera wrote it into its picture, and how it was worked out.
struct ExifFocal {
  double pixels = 0;
  std::string source;  ///< "26 mm of 35 mm film"
};

/// From the EXIF data of a JPEG of this size (EXIF 2.32, tags FocalLengthIn35mmFilm, or FocalLength with
/// FocalPlaneXResolution):
///     f = f35 diagonal / 43.27 mm        f35 is defined by the diagonal of 36 x 24 mm
///     f = f_mm resolution width / PixelXDimension
/// Good to a few percent: lenses breathe, and video is cut out of the sensor. Nothing where the file is no JPEG, has
/// no such tags, or where they are damaged.
std::optional<ExifFocal> exif_focal(const std::string& path, int width, int height);

}  // namespace monodr
