// SPDX-License-Identifier: Apache-2.0
#include "inspect/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "base/error.h"
#include "data/boxes2d.h"
#include "evidence/frame_source.h"
#include "evidence/object_evidence.h"

namespace monodr {
namespace {

constexpr int kPanelWidth = 620;
constexpr int kTile = 128;  // px, side of an object's crop
constexpr int kTilesARow = 5;
constexpr double kNearest = 4, kFarthest = 60;  // m, ends of the colour scale
const cv::Scalar kLabelColour(255, 140, 0), kDetectionColour(40, 160, 255);  // RGB

cv::Mat view(ColourImage& image) {
  return {image.height, image.width, CV_8UC3, image.rgb.data()};
}

cv::Vec3b depth_colour(double z) {
  const double share =
      std::clamp(std::log(z / kNearest) / std::log(kFarthest / kNearest), 0.0, 1.0);
  cv::Mat one(1, 1, CV_8U, cv::Scalar(255 * share)), coloured;
  cv::applyColorMap(one, coloured, cv::COLORMAP_TURBO);  // BGR, red at the far end
  return coloured.at<cv::Vec3b>(0, 0);                   // read as RGB: red is near
}

const std::vector<cv::Vec3b>& depth_colours() {  // by 10 cm
  static const std::vector<cv::Vec3b> colours = [] {
    std::vector<cv::Vec3b> table;
    for (int i = 0; i < 10 * int(kFarthest); ++i) table.push_back(depth_colour(0.1 * i + 0.05));
    return table;
  }();
  return colours;
}

cv::Vec3b colour_at(float z) {
  return depth_colours()[size_t(std::clamp(int(10 * z), 0, int(depth_colours().size()) - 1))];
}

cv::Vec3b object_colour(int number) {  // hues by the golden angle: neighbours differ
  const cv::Mat hsv(1, 1, CV_8UC3, cv::Scalar(std::fmod(number * 68.75 + 30, 180), 220, 255));
  cv::Mat rgb;
  cv::cvtColor(hsv, rgb, cv::COLOR_HSV2RGB);
  return rgb.at<cv::Vec3b>(0, 0);
}

void write_text(cv::Mat& picture, const std::string& text, const cv::Point& at, double size) {
  cv::putText(picture, text, at, cv::FONT_HERSHEY_SIMPLEX, size, {0, 0, 0}, 3, cv::LINE_AA);
  cv::putText(picture, text, at, cv::FONT_HERSHEY_SIMPLEX, size, {255, 255, 255}, 1, cv::LINE_AA);
}

void draw_box(cv::Mat& picture,
              const std::string& category,
              const Box2d& box,
              const cv::Scalar& colour) {
  const bool is_region = same_category(category, "DontCare");
  cv::rectangle(picture,
                cv::Point2d(box.left, box.top),
                cv::Point2d(box.right, box.bottom),
                is_region ? cv::Scalar(130, 130, 130) : colour,
                is_region ? 1 : 2);
}

cv::Mat boxes_panel(const FrameSource& source, Frame& frame) {
  cv::Mat picture = view(frame.evidence.image).clone();
  const std::string& id = frame.evidence.frame;
  if (source.has_labels(id))
    for (const Annotation& label : source.labels(id))
      draw_box(picture, label.category, label.box2d, kLabelColour);
  if (!frame.boxes_are_labels)
    for (const DetectedObject& detected : frame.objects)
      draw_box(picture, detected.object.category, detected.object.box, kDetectionColour);
  return picture;
}

cv::Mat masks_panel(Frame& frame, const DatasetRequest& options) {
  cv::Mat picture = view(frame.evidence.image) * 0.6;
  for (const DetectedObject& detected : frame.objects) {
    if (!options.category_model.includes(detected.object.category)) continue;
    if (detected.object.box.height() < options.lowest_box(frame.boxes_are_labels)) continue;
    try {
      const ObjectEvidence object = gather_evidence(frame, detected, options);
      const cv::Vec3b colour = object_colour(object.number);
      for (int y = 0; y < picture.rows; ++y)
        for (int x = 0; x < picture.cols; ++x)
          if (object.mask.at(x, y))
            picture.at<cv::Vec3b>(y, x) = picture.at<cv::Vec3b>(y, x) * 0.6 + colour * 0.4;
    } catch (const UnusableObject&) {  // no mask, nothing to draw
    }
  }
  return picture;
}

cv::Mat depth_panel(Frame& frame) {
  cv::Mat picture = view(frame.evidence.image) * 0.3;
  const Plane<float>& metres = frame.depth.metres;
  const int radius = frame.depth.is_sparse ? 1 : 0;  // single pixels vanish when the row is shrunk
  for (int y = 0; y < metres.height; ++y)
    for (int x = 0; x < metres.width; ++x)
      if (metres.at(x, y) > 0)
        cv::rectangle(picture,
                      cv::Point(x - radius, y - radius),
                      cv::Point(x + radius, y + radius),
                      cv::Scalar(colour_at(metres.at(x, y))),
                      cv::FILLED);
  return picture;
}

cv::Mat shrunk(const cv::Mat& panel) {
  cv::Mat small;
  const int height = int(std::lround(double(panel.rows) * kPanelWidth / panel.cols));
  cv::resize(panel, small, {kPanelWidth, height}, 0, 0, cv::INTER_AREA);
  return small;
}

cv::Mat frame_row(const FrameSource& source, const std::string& id, const DatasetRequest& options) {
  cv::Mat row;
  try {
    Frame frame = source.read(id);
    cv::hconcat(std::vector<cv::Mat>{shrunk(boxes_panel(source, frame)),
                                     shrunk(masks_panel(frame, options)),
                                     shrunk(depth_panel(frame))},
                row);
    write_text(row, id, {6, 16}, 0.45);
  } catch (const UserError& error) {
    row = cv::Mat(40, 3 * kPanelWidth, CV_8UC3, cv::Scalar(90, 0, 0));
    write_text(row, id + ": " + error.what(), {6, 24}, 0.45);
  }
  return row;
}

void save(const cv::Mat& picture, const std::string& path) {
  ColourImage image(picture.cols, picture.rows);
  picture.copyTo(view(image));
  save_png(path, image);
}

cv::Mat crop_picture(const Observation& seen) {
  const int size = seen.crop.size;
  cv::Mat picture(size, size, CV_8UC3);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x)
      for (int c = 0; c < 3; ++c)
        picture.at<cv::Vec3b>(y, x)[c] =
            cv::saturate_cast<std::uint8_t>(255 * seen.image[size_t((c * size + y) * size + x)]);
  cv::resize(picture, picture, {kTile, kTile}, 0, 0, cv::INTER_LINEAR);
  return picture;
}

cv::Mat plane_of(const std::vector<float>& values, int size) {
  const cv::Mat plane(size, size, CV_32F, const_cast<float*>(values.data()));
  cv::Mat large;
  cv::resize(plane, large, {kTile, kTile}, 0, 0, cv::INTER_NEAREST);
  return large;
}

cv::Mat object_tile(const Observation& seen) {
  const cv::Mat picture = crop_picture(seen);
  cv::Mat evidence = picture.clone(), depth = picture * 0.3;
  const cv::Mat known = plane_of(seen.known, seen.crop.size);
  const cv::Mat metres = plane_of(seen.depth, seen.crop.size);
  for (int y = 0; y < kTile; ++y)
    for (int x = 0; x < kTile; ++x) {
      if (known.at<float>(y, x) < 0.5f)
        evidence.at<cv::Vec3b>(y, x) = evidence.at<cv::Vec3b>(y, x) * 0.5 + cv::Vec3b(120, 0, 0);
      if (const float z = metres.at<float>(y, x); z > 0) depth.at<cv::Vec3b>(y, x) = colour_at(z);
    }
  std::vector<std::vector<cv::Point>> outlines;
  const cv::Mat inside = plane_of(seen.mask, seen.crop.size) >= 0.5f;
  cv::findContours(inside, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
  cv::drawContours(evidence, outlines, -1, {0, 255, 0}, 1);
  cv::Mat tile;
  cv::hconcat(std::vector<cv::Mat>{picture, evidence, depth}, tile);
  write_text(tile, fmt::format("{}/{}", seen.frame, seen.object), {3, 12}, 0.35);
  cv::copyMakeBorder(tile, tile, 0, 4, 0, 4, cv::BORDER_CONSTANT);
  return tile;
}

}  // namespace

void write_frame_sheet(const std::vector<std::string>& frames,
                       const DatasetRequest& options,
                       const std::string& path,
                       const std::function<void(double)>& progress) {
  const auto source = open_frame_source(options);
  std::vector<cv::Mat> rows;
  for (const std::string& id : frames) {
    rows.push_back(frame_row(*source, id, options));
    if (progress) progress(double(rows.size()) / double(frames.size()));
  }
  if (rows.empty()) throw UserError("a contact sheet needs at least one frame");
  cv::Mat sheet;
  cv::vconcat(rows, sheet);
  save(sheet, path);
}

void write_object_sheet(const ObservationSet& set, const std::string& path) {
  if (set.observations.empty()) throw UserError("a sheet of objects needs at least one object");
  std::vector<cv::Mat> rows;
  for (size_t first = 0; first < set.observations.size(); first += kTilesARow) {
    std::vector<cv::Mat> tiles;
    for (size_t i = first; i < std::min(first + kTilesARow, set.observations.size()); ++i)
      tiles.push_back(object_tile(set.observations[i]));
    while (tiles.size() < kTilesARow) tiles.emplace_back(tiles[0].size(), CV_8UC3, cv::Scalar());
    cv::hconcat(tiles, rows.emplace_back());
  }
  cv::Mat sheet;
  cv::vconcat(rows, sheet);
  save(sheet, path);
}

}  // namespace monodr
