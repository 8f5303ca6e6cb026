// SPDX-License-Identifier: Apache-2.0
#include "report/png.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/error.h"

namespace monodr {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::uint32_t kLargestSide = 32768;

[[noreturn]] void throw_unreadable(const std::string& path) {
  throw UserError(fmt::format(
      "'{}' is damaged or no PNG of 8-bit RGB; run the cell again to draw it anew", path));
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string to_big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

/// The neighbour that left + above - corner comes nearest to (PNG specification, 9.4).
int paeth(int left, int above, int corner) {
  const int guess = left + above - corner;
  const int to_left = std::abs(guess - left), to_above = std::abs(guess - above),
            to_corner = std::abs(guess - corner);
  if (to_left <= to_above && to_left <= to_corner) return left;
  return to_above <= to_corner ? above : corner;
}

/// Undoes the filters of PNG: each line is a byte that names its filter, then the bytes.
std::vector<unsigned char> unfiltered(const std::vector<unsigned char>& lines,
                                      size_t stride,
                                      const std::string& path) {
  const size_t height = lines.size() / (stride + 1);
  std::vector<unsigned char> pixels(height * stride);
  for (size_t y = 0; y < height; ++y) {
    const unsigned char filter = lines[y * (stride + 1)];
    if (filter > 4) throw_unreadable(path);
    for (size_t i = 0; i < stride; ++i) {
      unsigned char* const pixel = &pixels[y * stride + i];
      const int left = i >= 3 ? pixel[-3] : 0;
      const int above = y > 0 ? *(pixel - stride) : 0;
      const int corner = i >= 3 && y > 0 ? *(pixel - stride - 3) : 0;
      const int guesses[] = {0, left, above, (left + above) / 2, paeth(left, above, corner)};
      *pixel = static_cast<unsigned char>(lines[y * (stride + 1) + 1 + i] + guesses[filter]);
    }
  }
  return pixels;
}

std::string chunk(const std::string& kind, const std::string& data) {
  const std::string body = kind + data;
  const auto checksum =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return to_big_endian(static_cast<std::uint32_t>(data.size())) + body +
         to_big_endian(static_cast<std::uint32_t>(checksum));
}

}  // namespace

RgbPicture decode_png(std::string_view bytes, const std::string& path) {
  if (bytes.substr(0, 8) != kSignature) throw_unreadable(path);
  RgbPicture picture;
  std::string packed;
  for (size_t at = 8; at + 12 <= bytes.size();) {
    const size_t size = big_endian(bytes.substr(at));
    const std::string_view kind = bytes.substr(at + 4, 4);
    if (size > bytes.size() - at - 12) throw_unreadable(path);
    const std::string_view data = bytes.substr(at + 8, size);
    if (kind == "IHDR") {
      if (size != 13 || data.substr(8) != std::string_view("\x08\x02\0\0\0", 5))
        throw_unreadable(path);
      const std::uint32_t width = big_endian(data), height = big_endian(data.substr(4));
      if (width > kLargestSide || height > kLargestSide) throw_unreadable(path);
      picture.width = static_cast<int>(width);
      picture.height = static_cast<int>(height);
    } else if (kind == "IDAT") {
      packed += data;
    }
    at += size + 12;
  }
  const size_t stride = 3 * static_cast<size_t>(picture.width);
  std::vector<unsigned char> lines((stride + 1) * static_cast<size_t>(picture.height));
  uLongf size = lines.size();
  const int status = uncompress(lines.data(),
                                &size,
                                reinterpret_cast<const Bytef*>(packed.data()),
                                static_cast<uLong>(packed.size()));
  if (lines.empty() || status != Z_OK || size != lines.size()) throw_unreadable(path);
  picture.pixels = unfiltered(lines, stride, path);
  return picture;
}

std::string encode_png(const RgbPicture& picture) {
  const size_t stride = 3 * static_cast<size_t>(picture.width);
  MONODR_CHECK(picture.pixels.size() == stride * static_cast<size_t>(picture.height),
               "a picture of {} x {} has {} bytes",
               picture.width,
               picture.height,
               picture.pixels.size());
  // Filter 1 throughout: differences to the pixel at the left.
  std::string lines;
  for (int y = 0; y < picture.height; ++y) {
    lines += '\x01';
    const unsigned char* const row = &picture.pixels[stride * static_cast<size_t>(y)];
    for (size_t i = 0; i < stride; ++i)
      lines += static_cast<char>(row[i] - (i >= 3 ? row[i - 3] : 0));
  }
  uLongf size = compressBound(lines.size());
  std::string packed(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(packed.data()),
                               &size,
                               reinterpret_cast<const Bytef*>(lines.data()),
                               lines.size(),
                               Z_BEST_COMPRESSION);
  MONODR_CHECK(status == Z_OK, "zlib says {}", status);
  packed.resize(size);
  const std::string header = to_big_endian(static_cast<std::uint32_t>(picture.width)) +
                             to_big_endian(static_cast<std::uint32_t>(picture.height)) +
                             std::string("\x08\x02\0\0\0", 5);
  return std::string(kSignature) + chunk("IHDR", header) + chunk("IDAT", packed) +
         chunk("IEND", "");
}

RgbPicture cropped(const RgbPicture& picture, int left, int top, int width, int height) {
  const int right = std::min(left + width, picture.width);
  const int bottom = std::min(top + height, picture.height);
  left = std::max(left, 0);
  top = std::max(top, 0);
  RgbPicture part;
  part.width = std::max(right - left, 0);
  part.height = std::max(bottom - top, 0);
  for (int y = top; y < bottom && part.width > 0; ++y) {
    const auto first = picture.pixels.begin() + 3 * (static_cast<long>(y) * picture.width + left);
    part.pixels.insert(part.pixels.end(), first, first + 3L * part.width);
  }
  return part;
}

namespace {

/// What a pixel of the new picture is made of along one axis.
struct Share {
  int from = 0;
  std::vector<double> weights;  ///< of `from` and those behind it; they sum to 1
};

/// Triangles of half width max(1, shrinking): linear interpolation where pixels grow, a mean where they shrink.
std::vector<Share> shares(int before, int after) {
  const double step = static_cast<double>(before) / after, reach = std::max(1.0, step);
  std::vector<Share> result;
  for (int i = 0; i < after; ++i) {
    const double centre = (i + 0.5) * step - 0.5;
    Share share;
    share.from = std::clamp(static_cast<int>(std::ceil(centre - reach)), 0, before - 1);
    const int to = std::clamp(static_cast<int>(std::floor(centre + reach)), 0, before - 1);
    double sum = 0;
    for (int k = share.from; k <= to; ++k) {
      share.weights.push_back(std::max(1e-9, 1 - std::abs(k - centre) / reach));
      sum += share.weights.back();
    }
    for (double& weight : share.weights) weight /= sum;
    result.push_back(std::move(share));
  }
  return result;
}

}  // namespace

RgbPicture resampled(const RgbPicture& picture, int width, int height) {
  RgbPicture result{width, height, {}};
  if (picture.width == 0 || picture.height == 0) return {};
  const std::vector<Share> columns = shares(picture.width, width);
  const std::vector<Share> rows = shares(picture.height, height);
  result.pixels.reserve(3 * static_cast<size_t>(width) * static_cast<size_t>(height));
  for (const Share& row : rows)
    for (const Share& column : columns)
      for (size_t channel = 0; channel < 3; ++channel) {
        double value = 0;
        for (size_t y = 0; y < row.weights.size(); ++y)
          for (size_t x = 0; x < column.weights.size(); ++x)
            value += row.weights[y] * column.weights[x] *
                     picture.pixels[3 * ((static_cast<size_t>(row.from) + y) *
                                             static_cast<size_t>(picture.width) +
                                         static_cast<size_t>(column.from) + x) +
                                    channel];
        result.pixels.push_back(static_cast<unsigned char>(std::lround(value)));
      }
  return result;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

}  // namespace monodr
