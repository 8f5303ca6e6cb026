// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace monodr {

/// A picture of 8 bits a channel, rows from the top, red, green, blue.
struct RgbPicture {
  int width = 0, height = 0;
  std::vector<unsigned char> pixels;  ///< 3 * width * height
};

/// Reads the PNGs that overlays are stored as: 8 bits, RGB, not interlaced. UserError naming
/// `path` for any other file and for a damaged one. (So that runexp needs no OpenCV, which takes
/// longer to load than a report to write.)
RgbPicture decode_png(std::string_view bytes, const std::string& path);

std::string encode_png(const RgbPicture& picture);

/// The part that lies inside the picture.
RgbPicture cropped(const RgbPicture& picture, int left, int top, int width, int height);

/// At another size: each pixel is the mean of the area that it covers, between pixels' centres
/// interpolated linearly where the picture grows.
RgbPicture resampled(const RgbPicture& picture, int width, int height);

std::string base64(std::string_view bytes);

}  // namespace monodr
