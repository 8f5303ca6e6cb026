// SPDX-License-Identifier: Apache-2.0
#include "worker/detect.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "data/kitti_label.h"
#include "fitting/heading_distribution.h"
#include "pictures/overlay.h"

namespace monodr {
namespace {

using Json = nlohmann::ordered_json;

/// So many digits as mean something.
double rounded(double value) {
  return std::round(value * 1e4) / 1e4;
}

template <typename Values>
Json list(const Values& values) {
  Json result = Json::array();
  for (const double value : values) result.push_back(rounded(value));
  return result;
}

Json box_json(const Box3d& box) {
  return {{"location", list(std::array{box.location.x(), box.location.y(), box.location.z()})},
          {"dimensions", list(std::array{box.height, box.width, box.length})},
          {"rotation_y", rounded(box.rotation_y)}};
}

Json object_json(const FittedObject& object, const PoseDeviation& deviation) {
  Json json = {
      {"object", object.object},
      {"category", object.category},
      {"score", rounded(object.score)},
      {"box",
       list(std::array{
           object.box2d.left, object.box2d.top, object.box2d.right, object.box2d.bottom})}};
  json.update(box_json(object.box));
  json["alpha"] = rounded(object.alpha);
  json["standard_deviation"] = {{"location", list(deviation.location)},
                                {"dimensions", list(deviation.dimensions)},
                                {"rotation_y", rounded(deviation.rotation_y)}};
  json["headings"] = Json::array();
  for (const HeadingMode& mode : object.modes) {
    Json entry = {{"probability", rounded(mode.probability)}};
    entry.update(box_json(mode.box));
    json["headings"].push_back(std::move(entry));
  }
  json["heading_distribution"] = list(object.heading_distribution);
  if (!object.heading_distribution.empty())
    json["heading_support"] = rounded(heading_support(object.heading_distribution, object.alpha));
  return json;
}

Annotation result_of(const FittedObject& object) {
  Annotation result;
  result.category = object.category;
  result.truncation = -1;
  result.occlusion = -1;
  result.alpha = object.alpha;
  result.box2d = object.box2d;
  result.box3d = object.box;
  result.score = object.score;
  return result;
}

void shift(FittedObject& object, const Eigen::Vector3d& offset) {
  object.box.location -= offset;
  for (HeadingMode& mode : object.modes) mode.box.location -= offset;
}

std::string line_of(const FittedObject& object, const PoseDeviation& deviation) {
  constexpr double kDegrees = 180 / M_PI;
  std::string text =
      fmt::format("  {} {}: {:.1f} +- {:.1f} m away, {:.0f} +- {:.0f} deg, score {:.2f}",
                  object.category,
                  object.object,
                  object.box.location.norm(),
                  deviation.location[2],
                  kDegrees * object.box.rotation_y,
                  kDegrees * deviation.rotation_y,
                  object.score);
  if (object.modes.size() > 1 && object.modes[0].probability < 0.8)
    text += fmt::format("; or {:.0f} deg (probability {:.2f})",
                        kDegrees * object.modes[1].box.rotation_y,
                        object.modes[1].probability);
  return text;
}

}  // namespace

std::vector<std::string> write_detections(const DetectOrder& order, const CellProgress& progress) {
  const std::filesystem::path folder(order.output);
  const Eigen::Vector3d offset(order.offset.at(0), order.offset.at(1), order.offset.at(2));
  Json frames = Json::array();
  std::vector<std::string> lines;
  const auto use = [&](const DetectedFrame& frame) {
    const std::string& id = frame.view.frame;
    const Intrinsics& k = frame.view.camera.intrinsics;
    std::vector<OverlayObject> drawn;
    std::vector<Annotation> results;
    Json objects = Json::array(), left_out = Json::array();
    lines.push_back(
        fmt::format("{}: {} found, {} left out", id, frame.objects.size(), frame.left_out.size()));
    for (size_t i = 0; i < frame.objects.size(); ++i) {
      FittedObject object = frame.objects[i];
      drawn.push_back({object.mesh, object.box, object.score});
      shift(object, offset);
      if (order.meshes)
        write_obj(object.mesh, (folder / fmt::format("{}-{}.obj", id, object.object)).string());
      results.push_back(result_of(object));
      objects.push_back(object_json(object, frame.deviations[i]));
      lines.push_back(line_of(object, frame.deviations[i]));
    }
    for (const Skipped& skipped : frame.left_out) {
      left_out.push_back({{"object", skipped.object}, {"reason", skipped.reason}});
      lines.push_back(fmt::format("  object {} left out: {}", skipped.object, skipped.reason));
    }
    write_overlay(
        frame.view.image, frame.view.camera, drawn, {}, (folder / (id + ".png")).string());
    write_file_atomically((folder / (id + ".txt")).string(), format_kitti_results(results));
    frames.push_back({{"frame", id},
                      {"width", frame.view.camera.width},
                      {"height", frame.view.camera.height},
                      {"intrinsics", list(std::array{k.fx, k.fy, k.cx, k.cy})},
                      {"objects", objects},
                      {"left_out", left_out}});
  };
  const std::vector<std::string> notes = detect(order, progress, use);
  for (const std::string& note : notes) lines.push_back("note: " + note);
  const Json document = {
      {"frame_of_boxes",
       "camera: x right, y down, z ahead; location = centre of the bottom face; metres, radians"},
      {"dimensions", "height, width, length"},
      {"heading_distribution",
       "what the network says of alpha, where one is asked: bin i of n is centred at (i + 1/2) 2 "
       "pi / n; "
       "heading_support: its share within 45 degrees of the reported alpha"},
      {"notes", notes},
      {"frames", frames}};
  write_file_atomically((folder / "detections.json").string(), document.dump(1) + "\n");
  return lines;
}

}  // namespace monodr
