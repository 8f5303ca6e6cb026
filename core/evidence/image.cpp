// SPDX-License-Identifier: Apache-2.0
#include "evidence/image.h"

#include <algorithm>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegSignature = "\xff\xd8\xff";

// The decoders fill what a cut file lacks with grey or black and say so on stderr at most, so the
// end markers are checked before they see the file.
void check_complete(const std::string& path, std::string_view bytes) {
  const bool is_png = bytes.starts_with(kPngSignature);
  if (!is_png && !bytes.starts_with(kJpegSignature))
    throw UserError(
        fmt::format("'{}' is neither a PNG nor a JPEG file ({} bytes); replace it with "
                    "the dataset's own file",
                    path,
                    bytes.size()));
  // Some writers pad behind the end marker, so a few more bytes are looked at.
  const std::string_view tail = bytes.substr(bytes.size() - std::min<size_t>(bytes.size(), 64));
  const std::string_view marker = is_png ? "IEND" : "\xff\xd9";
  if (tail.find(marker) == std::string_view::npos)
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

Plane<std::uint16_t> load_plane16(const std::string& path) {
  cv::Mat picture = decode(path, cv::IMREAD_UNCHANGED);
  if (picture.channels() != 1)
    throw UserError(
        fmt::format("'{}' has {} channels; a one-channel 8- or 16-bit PNG is expected here",
                    path,
                    picture.channels()));
  Plane<std::uint16_t> plane(picture.cols, picture.rows);
  picture.convertTo(cv::Mat(plane.height, plane.width, CV_16U, plane.values.data()), CV_16U);
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
