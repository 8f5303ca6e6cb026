// SPDX-License-Identifier: Apache-2.0
#include "results/cell_result.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/error.h"
#include "base/json_reader.h"
#include "results/stored_numbers.h"

namespace monodr {
namespace {

using nlohmann::json;

// JSON knows neither NaN nor infinity; both occur (errors of missed labels, a diverged loss).
json number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double to_number(JsonReader& json) {
  if (json.read_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!json.is_string()) return json.number();
  const std::string word = json.string();
  if (word != "inf" && word != "-inf")
    throw UserError(fmt::format("'{}' stands where a number is expected", word));
  const double infinity = std::numeric_limits<double>::infinity();
  return word == "inf" ? infinity : -infinity;
}

template <typename Value>
void read_list(JsonReader& json, std::vector<Value>& values, Value (*read)(JsonReader&)) {
  for (json.begin_array(); json.next_element();) values.push_back(read(json));
}

/// The elements of an array of a fixed length, each read into its place.
class Row {
 public:
  explicit Row(JsonReader& json) : json_(json) { json_.begin_array(); }

  Row& operator>>(std::string& text) { return next(), text = json_.string(), *this; }
  Row& operator>>(int& number) { return next(), number = static_cast<int>(json_.integer()), *this; }
  Row& operator>>(double& number) { return next(), number = to_number(json_), *this; }
  Row& operator>>(std::vector<double>& numbers) {
    next();
    for (json_.begin_array(); json_.next_element();) numbers.push_back(to_number(json_));
    return *this;
  }
  void end() {
    if (json_.next_element()) throw UserError("an array is longer than expected");
  }

 private:
  void next() {
    if (!json_.next_element()) throw UserError("an array is shorter than expected");
  }
  JsonReader& json_;
};

void read_box(Row& row, Box3d& box) {
  row >> box.height >> box.width >> box.length;
  for (int i = 0; i < 3; ++i) row >> box.location[i];
  row >> box.rotation_y;
}

json to_array(const MetricValue& m) {
  return {
      m.name, m.category, m.difficulty, number(m.iou), m.recall_positions, number(m.value), m.unit};
}

MetricValue metric_from(JsonReader& json) {
  MetricValue m;
  Row row(json);
  row >> m.name >> m.category >> m.difficulty >> m.iou >> m.recall_positions >> m.value >> m.unit;
  row.end();
  return m;
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

/// The column of that name, nullptr where there is none.
const ObjectColumn* column_named(const std::string& name) {
  static const auto columns = [] {
    std::unordered_map<std::string, const ObjectColumn*> by_name;
    for (const ObjectColumn& column : object_columns()) by_name.emplace(column.name, &column);
    return by_name;
  }();
  const auto found = columns.find(name);
  return found == columns.end() ? nullptr : found->second;
}

ObjectResult object_from(JsonReader& json) {
  ObjectResult o;
  // A file that an earlier version left lacks the newer columns.
  for (const ObjectColumn& column : object_columns()) o.*column.member = ObjectMeasurements::none;
  JsonMembers members("an object", {"frame", "label", "difficulty", "matched", "failure"});
  for (json.begin_object(); json.next_member();) {
    members.note(json.key());
    if (json.key() == "frame")
      o.frame = json.string();
    else if (json.key() == "label")
      o.label = static_cast<int>(json.integer());
    else if (json.key() == "difficulty")
      o.difficulty = json.string();
    else if (json.key() == "matched")
      o.matched = json.boolean();
    else if (json.key() == "failure")
      o.failure = json.string();
    else if (const ObjectColumn* column = column_named(json.key()))
      o.*column->member = to_number(json);
    else
      json.skip();
  }
  members.require_all();
  return o;
}

// In the order of a KITTI result line.
json to_array(const Annotation& a) {
  json array = {a.category, number(a.truncation), a.occlusion, number(a.alpha)};
  for (const double value : stored_numbers(a)) array.push_back(number(value));
  return array;
}

Annotation annotation_from(JsonReader& json) {
  Annotation a;
  Row row(json);
  row >> a.category >> a.truncation >> a.occlusion >> a.alpha;
  row >> a.box2d.left >> a.box2d.top >> a.box2d.right >> a.box2d.bottom;
  read_box(row, a.box3d);
  row >> a.score;
  row.end();
  return a;
}

json to_array(const DetectedMode& m) {
  json array = {m.frame, m.detection};
  for (const double value : stored_numbers(m)) array.push_back(number(value));
  return array;
}

DetectedMode mode_from(JsonReader& json) {
  DetectedMode m;
  Row row(json);
  row >> m.frame >> m.detection >> m.alpha;
  read_box(row, m.box);
  row >> m.loss >> m.probability;
  row.end();
  return m;
}

json to_array(const DetectedDistribution& d) {
  json probabilities = json::array();
  for (const double probability : d.probabilities) probabilities.push_back(number(probability));
  return {d.frame, d.detection, probabilities};
}

DetectedDistribution distribution_from(JsonReader& json) {
  DetectedDistribution d;
  Row row(json);
  row >> d.frame >> d.detection >> d.probabilities;
  row.end();
  return d;
}

json to_object(const FrameAnnotations& frame) {
  json objects = json::array();
  for (const Annotation& annotation : frame.objects) objects.push_back(to_array(annotation));
  return {{"frame", frame.frame}, {"objects", objects}};
}

FrameAnnotations frame_from(JsonReader& json) {
  FrameAnnotations frame;
  JsonMembers members("a frame", {"frame", "objects"});
  for (json.begin_object(); json.next_member();) {
    members.note(json.key());
    if (json.key() == "frame")
      frame.frame = json.string();
    else if (json.key() == "objects")
      read_list(json, frame.objects, annotation_from);
    else
      json.skip();
  }
  members.require_all();
  return frame;
}

SeriesPoint point_from(JsonReader& json) {
  SeriesPoint point;
  Row row(json);
  row >> point.name >> point.step >> point.value;
  row.end();
  return point;
}

void read_member(JsonReader& json, CellResult& result) {
  const std::string& key = json.key();
  if (key == "cell")
    result.cell = json.string();
  else if (key == "state")
    result.state = json.string();
  else if (key == "message")
    result.message = json.string();
  else if (key == "seconds")
    result.seconds = to_number(json);
  else if (key == "peak_memory_mb")
    result.peak_memory_mb = to_number(json);
  else if (key == "provenance")
    for (json.begin_object(); json.next_member();) result.provenance[json.key()] = json.string();
  else if (key == "metrics")
    read_list(json, result.metrics, metric_from);
  else if (key == "objects")
    read_list(json, result.objects, object_from);
  else if (key == "detections")
    read_list(json, result.detections, frame_from);
  else if (key == "heading_modes")
    read_list(json, result.modes, mode_from);
  else if (key == "heading_distributions")
    read_list(json, result.distributions, distribution_from);
  else if (key == "series")
    read_list(json, result.series, point_from);
  else
    json.skip();
}

}  // namespace

MetricValue metric_value(const std::string& name, double value) {
  return {name, "", "", 0, 0, value, metric_named(name).unit};
}

std::string to_json(const CellResult& result) {
  json metrics = json::array(), objects = json::array(), detections = json::array(),
       modes = json::array(), distributions = json::array(), series = json::array();
  for (const MetricValue& metric : result.metrics) metrics.push_back(to_array(metric));
  for (const ObjectResult& object : result.objects) objects.push_back(to_object(object));
  for (const FrameAnnotations& frame : result.detections) detections.push_back(to_object(frame));
  for (const DetectedMode& mode : result.modes) modes.push_back(to_array(mode));
  for (const DetectedDistribution& distribution : result.distributions)
    distributions.push_back(to_array(distribution));
  for (const SeriesPoint& point : result.series)
    series.push_back({point.name, point.step, number(point.value)});
  const json document = {{"cell", result.cell},
                         {"state", result.state},
                         {"message", result.message},
                         {"metrics", metrics},
                         {"objects", objects},
                         {"detections", detections},
                         {"heading_modes", modes},
                         {"heading_distributions", distributions},
                         {"series", series},
                         {"provenance", result.provenance},
                         {"seconds", number(result.seconds)},
                         {"peak_memory_mb", number(result.peak_memory_mb)}};
  // A message may quote a log with bytes that are no UTF-8; they must not cost the result.
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

CellResult cell_result_from_json(const std::string& text) {
  try {
    JsonReader json(text);
    CellResult result;
    // A file that an earlier version left has no headings.
    JsonMembers members("a result",
                        {"cell",
                         "state",
                         "message",
                         "metrics",
                         "objects",
                         "detections",
                         "series",
                         "provenance",
                         "seconds",
                         "peak_memory_mb"});
    for (json.begin_object(); json.next_member();) {
      members.note(json.key());
      read_member(json, result);
    }
    members.require_all();
    json.end();
    return result;
  } catch (const UserError& error) {
    throw UserError(
        fmt::format("this is not the result of a cell ({}); delete the file and run the cell again",
                    error.what()));
  }
}

}  // namespace monodr
