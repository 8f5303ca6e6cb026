// SPDX-License-Identifier: Apache-2.0
#include "results/cell_result.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace monodr {
namespace {

using nlohmann::json;

// JSON knows neither NaN nor infinity; both occur (errors of missed labels, a diverged loss).
json number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double to_number(const json& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return value.get<double>();
}

json to_array(const MetricValue& m) {
  return {
      m.name, m.category, m.difficulty, number(m.iou), m.recall_positions, number(m.value), m.unit};
}

MetricValue metric_from(const json& a) {
  return {a.at(0), a.at(1), a.at(2), to_number(a.at(3)), a.at(4), to_number(a.at(5)), a.at(6)};
}

json to_object(const ObjectResult& o) {
  json object = {{"frame", o.frame},
                 {"label", o.label},
                 {"difficulty", o.difficulty},
                 {"matched", o.matched},
                 {"failure", o.failure}};
  for (const ObjectColumn& column : object_columns())
    object[column.name] = number(o.*column.member);
  return object;
}

ObjectResult object_from(const json& j) {
  ObjectResult o;
  o.frame = j.at("frame");
  o.label = j.at("label");
  o.difficulty = j.at("difficulty");
  o.matched = j.at("matched");
  o.failure = j.at("failure");
  // A file that an earlier version left lacks the newer columns.
  for (const ObjectColumn& column : object_columns())
    o.*column.member = to_number(j.value(column.name, json()));
  return o;
}

// In the order of a KITTI result line.
json to_array(const Annotation& a) {
  const Box2d& image = a.box2d;
  const Box3d& box = a.box3d;
  json array = {a.category, number(a.truncation), a.occlusion, number(a.alpha)};
  for (const double value : {image.left,
                             image.top,
                             image.right,
                             image.bottom,
                             box.height,
                             box.width,
                             box.length,
                             box.location.x(),
                             box.location.y(),
                             box.location.z(),
                             box.rotation_y,
                             a.score})
    array.push_back(number(value));
  return array;
}

Annotation annotation_from(const json& array) {
  const auto at = [&](size_t index) { return to_number(array.at(index)); };
  Annotation a;
  a.category = array.at(0);
  a.truncation = at(1);
  a.occlusion = array.at(2);
  a.alpha = at(3);
  a.box2d = {at(4), at(5), at(6), at(7)};
  a.box3d.height = at(8);
  a.box3d.width = at(9);
  a.box3d.length = at(10);
  a.box3d.location = {at(11), at(12), at(13)};
  a.box3d.rotation_y = at(14);
  a.score = at(15);
  return a;
}

json to_array(const DetectedMode& m) {
  json array = {m.frame, m.detection};
  for (const double value : {m.alpha,
                             m.box.height,
                             m.box.width,
                             m.box.length,
                             m.box.location.x(),
                             m.box.location.y(),
                             m.box.location.z(),
                             m.box.rotation_y,
                             m.loss,
                             m.probability})
    array.push_back(number(value));
  return array;
}

DetectedMode mode_from(const json& array) {
  const auto at = [&](size_t index) { return to_number(array.at(index)); };
  DetectedMode m;
  m.frame = array.at(0);
  m.detection = array.at(1);
  m.alpha = at(2);
  m.box.height = at(3);
  m.box.width = at(4);
  m.box.length = at(5);
  m.box.location = {at(6), at(7), at(8)};
  m.box.rotation_y = at(9);
  m.loss = at(10);
  m.probability = at(11);
  return m;
}

json to_object(const FrameAnnotations& frame) {
  json objects = json::array();
  for (const Annotation& annotation : frame.objects) objects.push_back(to_array(annotation));
  return {{"frame", frame.frame}, {"objects", objects}};
}

FrameAnnotations frame_from(const json& object) {
  FrameAnnotations frame;
  frame.frame = object.at("frame");
  for (const json& annotation : object.at("objects"))
    frame.objects.push_back(annotation_from(annotation));
  return frame;
}

CellResult result_from(const json& document) {
  CellResult result;
  result.cell = document.at("cell");
  result.state = document.at("state");
  result.message = document.at("message");
  result.seconds = to_number(document.at("seconds"));
  result.peak_memory_mb = to_number(document.at("peak_memory_mb"));
  result.provenance = document.at("provenance").get<std::map<std::string, std::string>>();
  for (const json& metric : document.at("metrics")) result.metrics.push_back(metric_from(metric));
  for (const json& object : document.at("objects")) result.objects.push_back(object_from(object));
  for (const json& frame : document.at("detections"))
    result.detections.push_back(frame_from(frame));
  // A file that an earlier version left has none.
  for (const json& mode : document.value("heading_modes", json::array()))
    result.modes.push_back(mode_from(mode));
  for (const json& point : document.at("series"))
    result.series.push_back({point.at(0), point.at(1), to_number(point.at(2))});
  return result;
}

}  // namespace

MetricValue metric_value(const std::string& name, double value) {
  return {name, "", "", 0, 0, value, metric_named(name).unit};
}

std::string to_json(const CellResult& result) {
  json metrics = json::array(), objects = json::array(), detections = json::array(),
       modes = json::array(), series = json::array();
  for (const MetricValue& metric : result.metrics) metrics.push_back(to_array(metric));
  for (const ObjectResult& object : result.objects) objects.push_back(to_object(object));
  for (const FrameAnnotations& frame : result.detections) detections.push_back(to_object(frame));
  for (const DetectedMode& mode : result.modes) modes.push_back(to_array(mode));
  for (const SeriesPoint& point : result.series)
    series.push_back({point.name, point.step, number(point.value)});
  const json document = {{"cell", result.cell},
                         {"state", result.state},
                         {"message", result.message},
                         {"metrics", metrics},
                         {"objects", objects},
                         {"detections", detections},
                         {"heading_modes", modes},
                         {"series", series},
                         {"provenance", result.provenance},
                         {"seconds", number(result.seconds)},
                         {"peak_memory_mb", number(result.peak_memory_mb)}};
  // A message may quote a log with bytes that are no UTF-8; they must not cost the result.
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

CellResult cell_result_from_json(const std::string& text) {
  try {
    return result_from(json::parse(text));
  } catch (const json::exception& error) {
    throw UserError(
        fmt::format("this is not the result of a cell ({}); delete the file and run the cell again",
                    error.what()));
  }
}

}  // namespace monodr
