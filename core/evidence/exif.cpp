// SPDX-License-Identifier: Apache-2.0
#include "evidence/exif.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

/// The directories of a TIFF file, which EXIF data are: tag to value, numbers only. What lies beyond the file is left out.
class TiffTags {
 public:
  explicit TiffTags(std::string_view bytes) : bytes_(bytes) {
    constexpr std::uint16_t kExifDirectory = 0x8769;
    if (!bytes.starts_with("II*") && !bytes.starts_with(std::string_view("MM\0*", 4))) return;
    is_big_endian_ = bytes[0] == 'M';
    read_directory(number(4, 4));
    if (const auto below = values_.find(kExifDirectory); below != values_.end())
      read_directory(size_t(below->second));
  }

  /// 0 where it is not there.
  double value(std::uint16_t tag) const {
    const auto found = values_.find(tag);
    return found == values_.end() ? 0 : found->second;
  }

 private:
  static constexpr size_t kNowhere = ~size_t{0};

  size_t number(size_t at, size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return kNowhere;
    size_t value = 0;
    for (size_t i = 0; i < size; ++i)
      value = value << 8 | std::uint8_t(bytes_[at + (is_big_endian_ ? i : size - 1 - i)]);
    return value;
  }

  void read_directory(size_t start) {
    constexpr size_t kEntry = 12;
    constexpr size_t kShort = 3, kLong = 4, kRational = 5;
    const size_t count = number(start, 2);
    if (count == kNowhere) return;
    for (size_t i = 0; i < count; ++i) {
      const size_t at = start + 2 + i * kEntry;
      const size_t tag = number(at, 2), type = number(at + 2, 2);
      if (number(at + 8, 4) == kNowhere) return;
      double value = 0;
      if (type == kShort) value = double(number(at + 8, 2));
      if (type == kLong) value = double(number(at + 8, 4));
      if (type == kRational) {
        const size_t place = number(at + 8, 4);
        const size_t above = number(place, 4), below = number(place + 4, 4);
        if (above == kNowhere || below == kNowhere || below == 0) continue;
        value = double(above) / double(below);
      }
      values_[std::uint16_t(tag)] = value;
    }
  }

  std::string_view bytes_;
  bool is_big_endian_ = false;
  std::map<std::uint16_t, double> values_;
};

/// What stands behind "Exif\0\0" in the JPEG's segment APP1; empty where there is none.
std::string_view exif_of(std::string_view jpeg) {
  constexpr std::string_view kName("Exif\0\0", 6);
  constexpr std::uint8_t kMark = 0xff, kApp1 = 0xe1, kStartOfScan = 0xda;
  const auto byte = [&](size_t at) { return std::uint8_t(jpeg[at]); };
  if (!jpeg.starts_with("\xff\xd8")) return {};
  for (size_t at = 2; at + 4 <= jpeg.size() && byte(at) == kMark && byte(at + 1) != kStartOfScan;) {
    const size_t size = size_t(byte(at + 2)) << 8 | byte(at + 3);
    const std::string_view data = jpeg.substr(at + 4, size < 2 ? 0 : size - 2);
    if (byte(at + 1) == kApp1 && data.starts_with(kName)) return data.substr(kName.size());
    at += 2 + size;
  }
  return {};
}

double millimetres_of_unit(double exif_unit) {
  if (exif_unit == 3) return 10;
  if (exif_unit == 4) return 1;
  return 25.4;  // inches, also where it is not said
}

}  // namespace

std::optional<ExifFocal> exif_focal(const std::string& path, int width, int height) {
  constexpr std::uint16_t kFocalLength = 0x920a, kFocalLengthOfFilm = 0xa405, kResolution = 0xa20e,
                          kUnit = 0xa210, kWidth = 0xa002;
  const double film_diagonal = std::hypot(36, 24);
  const std::string bytes = read_file(path);
  const TiffTags tags(exif_of(bytes));
  if (const double film = tags.value(kFocalLengthOfFilm); film > 0)
    return ExifFocal{film * std::hypot(width, height) / film_diagonal,
                     fmt::format("{} mm of 35 mm film", film)};
  const double focal = tags.value(kFocalLength), resolution = tags.value(kResolution);
  if (!(focal > 0 && resolution > 0)) return std::nullopt;
  const double own_width = tags.value(kWidth) > 0 ? tags.value(kWidth) : width;
  // A picture that stands upright was turned: its longer side is the sensor's width.
  const double side = std::max(width, height);
  return ExifFocal{focal * resolution / millimetres_of_unit(tags.value(kUnit)) * side / own_width,
                   fmt::format("{} mm, sensor of {:.4g} pixels a millimetre",
                               focal,
                               resolution / millimetres_of_unit(tags.value(kUnit)))};
}

}  // namespace monodr
