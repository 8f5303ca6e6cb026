// SPDX-License-Identifier: Apache-2.0
#include "evidence/image.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegSignature = "\xff\xd8\xff";

// Behind IEND or EOI anything may stand (writers pad, cameras append a second picture); before it
// nothing may be missing: the decoders fill what a cut file lacks with grey or black and say so on
// stderr at most.

std::uint32_t big_endian(std::string_view bytes, size_t at) {
  std::uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// A chunk of a PNG file: length, type, data, checksum.
struct PngChunk {
  std::string_view type, whole;
};

/// The chunks up to IEND; without an IEND at their end the file is cut short.
std::vector<PngChunk> png_chunks(std::string_view bytes) {
  constexpr size_t kFrame = 12;  // all but the data
  std::vector<PngChunk> chunks;
  for (size_t at = kPngSignature.size(); at + kFrame <= bytes.size();) {
    const size_t size = kFrame + big_endian(bytes, at);
    if (size > bytes.size() - at) break;
    chunks.push_back({bytes.substr(at + 4, 4), bytes.substr(at, size)});
    if (chunks.back().type == "IEND") break;
    at += size;
  }
  return chunks;
}

bool is_complete_png(std::string_view bytes) {
  const std::vector<PngChunk> chunks = png_chunks(bytes);
  return !chunks.empty() && chunks.back().type == "IEND";
}

/// A thumbnail in the head has an end marker of its own, so the head is passed over first.
bool is_complete_jpeg(std::string_view bytes) {
  constexpr char kStartOfScan = '\xda', kMark = '\xff';
  size_t at = 2;
  while (at + 4 <= bytes.size() && bytes[at] == kMark && bytes[at + 1] != kStartOfScan)
    at += bytes[at + 1] == kMark ? 1 : 2 + (big_endian(bytes, at) & 0xffff);
  return at < bytes.size() && bytes.find("\xff\xd9", at) != std::string_view::npos;
}

/// What the first chunk says of a PNG's pixels.
struct PngPixels {
  int bits = 8;  ///< of a number, a palette's index too
  enum Kind { grey = 0, palette = 3 };
  int kind = grey;
};

PngPixels png_pixels(std::string_view bytes) {
  constexpr size_t kBits = 24, kKind = 25;
  if (!bytes.starts_with(kPngSignature) || bytes.size() <= kKind) return {};
  return {static_cast<std::uint8_t>(bytes[kBits]), static_cast<std::uint8_t>(bytes[kKind])};
}

/// The same picture as grey values: the indices into its palette, which decoders turn into colours.
std::string without_palette(std::string_view bytes) {
  constexpr size_t kHeadKind = 4 + 4 + 9, kHeadData = 4 + 13;
  std::string result(kPngSignature);
  for (const PngChunk& chunk : png_chunks(bytes)) {
    std::string whole(chunk.whole);
    if (chunk.type == "IHDR" && whole.size() == kHeadKind + 8) {
      whole[kHeadKind] = PngPixels::grey;
      const auto* checked = reinterpret_cast<const Bytef*>(whole.data() + 4);
      const auto sum = static_cast<std::uint32_t>(crc32(crc32(0, nullptr, 0), checked, kHeadData));
      for (size_t i = 0; i < 4; ++i)
        whole[whole.size() - 1 - i] = static_cast<char>(sum >> (8 * i) & 0xff);
    } else if (chunk.type != "IDAT" && chunk.type != "IEND") {
      continue;
    }
    result += whole;
  }
  return result;
}

void check_complete(const std::string& path, std::string_view bytes) {
  const bool is_png = bytes.starts_with(kPngSignature);
  if (!is_png && !bytes.starts_with(kJpegSignature))
    throw UserError(
        fmt::format("'{}' is neither a PNG nor a JPEG file ({} bytes); replace it with "
                    "the dataset's own file",
                    path,
                    bytes.size()));
  if (is_png ? !is_complete_png(bytes) : !is_complete_jpeg(bytes))
    throw UserError(
        fmt::format("'{}' is cut short: its {} bytes end without the {} end marker; copy the file "
                    "again, or set dataset.on_error = \"skip\" to leave such frames out",
                    path,
                    bytes.size(),
                    is_png ? "PNG" : "JPEG"));
}

cv::Mat decode_bytes(const std::string& path, const std::string& bytes, int flags) {
  const cv::Mat encoded(1, int(bytes.size()), CV_8U, const_cast<char*>(bytes.data()));
  cv::Mat decoded;
  try {
    decoded = cv::imdecode(encoded, flags);
  } catch (const cv::Exception&) {
    // The message of the exception speaks of OpenCV's insides; the one below of the file.
  }
  if (decoded.empty())
    throw UserError(
        fmt::format("'{}' is damaged: its pixels cannot be decoded; copy the file again, or set "
                    "dataset.on_error = \"skip\" to leave such frames out",
                    path));
  return decoded;
}

cv::Mat decode(const std::string& path, int flags) {
  const std::string bytes = read_file(path);
  check_complete(path, bytes);
  return decode_bytes(path, bytes, flags);
}

// The first channel, where all say the same.
cv::Mat only_channel(const cv::Mat& picture, const std::string& path) {
  if (picture.channels() == 1) return picture;
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  for (size_t i = 1; i < std::min<size_t>(channels.size(), 3); ++i)
    if (cv::countNonZero(channels[i] != channels[0]) > 0)
      throw UserError(
          fmt::format("'{}' has {} channels that differ; a picture of one is expected here",
                      path,
                      channels.size()));
  return channels[0];
}

void encode(const std::string& path, const cv::Mat& picture) {
  std::vector<std::uint8_t> bytes;
  MONODR_CHECK(cv::imencode(".png", picture, bytes), "PNG encoder refused '{}'", path);
  write_file_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

ColourImage load_colour_image(const std::string& path) {
  const cv::Mat bgr = decode(path, cv::IMREAD_COLOR);
  ColourImage image(bgr.cols, bgr.rows);
  cv::Mat rgb(image.height, image.width, CV_8UC3, image.rgb.data());
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return image;
}

Plane<std::uint16_t> load_plane16(const std::string& path, int fewest_bits) {
  std::string bytes = read_file(path);
  check_complete(path, bytes);
  const PngPixels pixels = png_pixels(bytes);
  if (pixels.bits < fewest_bits)
    throw UserError(
        fmt::format("'{}' has {} bits a pixel, {} are expected here: whatever saved it so has cut "
                    "off or scaled "
                    "its values; write it anew with {} bits",
                    path,
                    pixels.bits,
                    fewest_bits,
                    fewest_bits));
  if (pixels.kind == PngPixels::palette) bytes = without_palette(bytes);
  const cv::Mat picture = only_channel(decode_bytes(path, bytes, cv::IMREAD_UNCHANGED), path);
  // OpenCV spreads the values of 1, 2 and 4 bits over the range of 8.
  const double spread = pixels.bits < 8 ? 255.0 / ((1 << pixels.bits) - 1) : 1;
  Plane<std::uint16_t> plane(picture.cols, picture.rows);
  picture.convertTo(
      cv::Mat(plane.height, plane.width, CV_16U, plane.values.data()), CV_16U, 1 / spread);
  return plane;
}

NumberPicture load_numbers(const std::string& path) {
  const std::string bytes = read_file(path);
  constexpr std::string_view kExrSignature = "\x76\x2f\x31\x01";
  if (bytes.starts_with(kPngSignature) || bytes.starts_with(kJpegSignature))
    check_complete(path, bytes);
  // OpenCV leaves EXR off unless this is set before it reads its first one.
  if (bytes.starts_with(kExrSignature)) {
    static const int allowed = ::setenv("OPENCV_IO_ENABLE_OPENEXR", "1", 0);
    MONODR_CHECK(allowed == 0, "the environment takes no variable");
  }
  const cv::Mat picture =
      only_channel(decode_bytes(path, bytes, cv::IMREAD_ANYDEPTH | cv::IMREAD_UNCHANGED), path);
  NumberPicture numbers;
  numbers.bits = int(8 * picture.elemSize1());
  numbers.is_whole = picture.depth() < CV_32F;
  numbers.values = Plane<float>(picture.cols, picture.rows);
  picture.convertTo(cv::Mat(picture.rows, picture.cols, CV_32F, numbers.values.values.data()),
                    CV_32F);
  return numbers;
}

void save_png(const std::string& path, const ColourImage& image) {
  const cv::Mat rgb(
      image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data()));
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  encode(path, bgr);
}

void save_png(const std::string& path, const Plane<std::uint16_t>& plane) {
  encode(
      path,
      cv::Mat(plane.height, plane.width, CV_16U, const_cast<std::uint16_t*>(plane.values.data())));
}

}  // namespace monodr
