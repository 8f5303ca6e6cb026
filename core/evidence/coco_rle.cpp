// SPDX-License-Identifier: Apache-2.0
#include "evidence/coco_rle.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

constexpr int kFirstCode = 48;  // '0'
constexpr int kGroupBits = 5;
constexpr int kMostGroups = 12;  // 60 bits

// x of the crossings of the polygon's edges with a horizontal line, in ascending order.
std::vector<double> crossings(const std::vector<double>& polygon, double y) {
  std::vector<double> result;
  const size_t count = polygon.size() / 2;
  for (size_t i = 0, j = count - 1; i < count; j = i++) {
    const double x0 = polygon[2 * j], y0 = polygon[2 * j + 1];
    const double x1 = polygon[2 * i], y1 = polygon[2 * i + 1];
    if ((y0 <= y) == (y1 <= y)) continue;  // half open: a vertex counts once
    result.push_back(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
  }
  std::sort(result.begin(), result.end());
  return result;
}

int first_centre_from(double x, int width) {
  return int(std::ceil(std::clamp(x, 0.0, double(width)) - 0.5));
}

void check_polygon(const std::vector<double>& polygon) {
  if (polygon.size() >= 6 && polygon.size() % 2 == 0) return;
  throw UserError(fmt::format(
      "a polygon has {} coordinates; it needs x and y of at least three points", polygon.size()));
}

}  // namespace

BinaryMask mask_of_runs(const std::vector<std::int64_t>& runs, int width, int height) {
  BinaryMask mask(width, height);
  const std::int64_t pixels = std::int64_t(width) * height;
  std::int64_t position = 0;
  std::uint8_t value = 0;
  for (const std::int64_t run : runs) {
    if (run < 0 || run > pixels - position)
      throw UserError(
          fmt::format("the run lengths do not fit {}x{} pixels: a run of {} follows {} "
                      "pixels",
                      width,
                      height,
                      run,
                      position));
    for (const std::int64_t end = position + run; value != 0 && position < end; ++position)
      mask.at(int(position / height), int(position % height)) = 1;
    if (value == 0) position += run;
    value ^= 1;
  }
  if (position != pixels)
    throw UserError(fmt::format(
        "the run lengths add up to {} pixels, not {} ({}x{})", position, pixels, width, height));
  return mask;
}

std::vector<std::int64_t> runs_of_text(std::string_view text) {
  std::vector<std::int64_t> runs;
  size_t at = 0;
  while (at < text.size()) {
    std::int64_t value = 0;
    int groups = 0;
    for (bool more = true; more;) {
      if (at == text.size() || groups == kMostGroups)
        throw UserError("the compressed run lengths end within a number");
      const int code = static_cast<unsigned char>(text[at]) - kFirstCode;
      if (code < 0 || code >= 64)
        throw UserError(
            fmt::format("character {} of the compressed run lengths, '{}', is none of COCO's 64",
                        at + 1,
                        text[at]));
      ++at;
      const int shift = kGroupBits * groups++;
      value |= std::int64_t(code & 0x1f) << shift;
      more = (code & 0x20) != 0;
      if (!more && (code & 0x10) != 0) value -= std::int64_t(1) << (shift + kGroupBits);
    }
    if (runs.size() > 2) value += runs[runs.size() - 2];
    runs.push_back(value);
  }
  return runs;
}

std::vector<std::int64_t> runs_of_mask(const BinaryMask& mask) {
  std::vector<std::int64_t> runs{0};
  std::uint8_t value = 0;
  for (int x = 0; x < mask.width; ++x)
    for (int y = 0; y < mask.height; ++y) {
      if (mask.at(x, y) != value) {
        value = mask.at(x, y);
        runs.push_back(0);
      }
      ++runs.back();
    }
  return runs;
}

std::string text_of_runs(const std::vector<std::int64_t>& runs) {
  std::string text;
  for (size_t i = 0; i < runs.size(); ++i) {
    std::int64_t value = runs[i] - (i > 2 ? runs[i - 2] : 0);
    for (bool more = true; more;) {
      const int group = int(value & 0x1f);
      value >>= kGroupBits;
      more = (group & 0x10) != 0 ? value != -1 : value != 0;
      text += char(kFirstCode + group + (more ? 0x20 : 0));
    }
  }
  return text;
}

BinaryMask mask_of_polygons(const std::vector<std::vector<double>>& polygons,
                            int width,
                            int height) {
  BinaryMask mask(width, height);
  for (const std::vector<double>& polygon : polygons) {
    check_polygon(polygon);
    for (int y = 0; y < height; ++y) {
      const std::vector<double> borders = crossings(polygon, y + 0.5);
      for (size_t i = 0; i + 1 < borders.size(); i += 2)
        for (int x = first_centre_from(borders[i], width);
             x < first_centre_from(borders[i + 1], width);
             ++x)
          mask.at(x, y) = 1;
    }
  }
  return mask;
}

}  // namespace monodr
