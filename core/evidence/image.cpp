// SPDX-License-Identifier: Apache-2.0
#include "evidence/image.h"

#include <algorithm>
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

cv::Mat decode(const std::string& path, int flags) {
  const std::string bytes = read_file(path);
  check_complete(path, bytes);
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
