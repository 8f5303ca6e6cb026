// SPDX-License-Identifier: Apache-2.0
#include "results/metric_column.h"

#include <functional>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

using Property = std::function<std::string(const MetricColumn&)>;

std::string overlap_text(const MetricColumn& column) {
  return column.iou > 0 ? fmt::format("{}", column.iou) : "";
}

std::string recall_text(const MetricColumn& column) {
  return column.recall_positions > 0 ? fmt::format("AP{}", column.recall_positions) : "";
}

/// What a part of a path is compared with, name first.
const std::vector<Property>& properties() {
  static const std::vector<Property> all = {
      [](const MetricColumn& c) { return c.metric; },
      [](const MetricColumn& c) {
        return c.metric.rfind("ap_", 0) == 0 ? c.metric.substr(3) : std::string();
      },
      [](const MetricColumn& c) { return c.category; },
      [](const MetricColumn& c) { return c.difficulty; },
      overlap_text,
      recall_text};
  return all;
}

bool matches(const MetricColumn& column, const std::string& part) {
  for (const Property& property : properties())
    if (property(column) == part) return true;
  return false;
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '/');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

[[noreturn]] void throw_unknown(const std::string& path,
                                const std::string& part,
                                const std::vector<MetricColumn>& known) {
  std::set<std::string> values, names;
  for (const MetricColumn& column : known) {
    names.insert(column.metric);
    for (const Property& property : properties()) values.insert(property(column));
  }
  values.erase("");
  throw UserError(fmt::format("--metric '{}': '{}' fits no metric of this experiment{}; there: {}",
                              path,
                              part,
                              did_you_mean(part, {values.begin(), values.end()}),
                              names.empty() ? "none" : join({names.begin(), names.end()}, ", ")));
}

}  // namespace

std::string MetricColumn::path() const {
  std::vector<std::string> parts;
  for (const std::string& part :
       {category, metric, difficulty, overlap_text(*this), recall_text(*this)})
    if (!part.empty()) parts.push_back(part);
  return join(parts, "/");
}

Better better_direction(const std::string& metric) {
  if (metric == "objects" || metric == "radial_bias_median") return Better::neither;
  for (const char* word :
       {"error", "loss", "seconds", "failed", "flipped", "turned", "memory", "renders", "skipped"})
    if (metric.find(word) != std::string::npos) return Better::lower;
  return Better::higher;
}

std::vector<MetricColumn> default_columns(const std::string& category) {
  const auto pose = [&](const char* metric, const char* unit, const char* title, const char* text) {
    return MetricColumn{metric, category, "", 0, 0, unit, {}, title, text};
  };
  const auto precision = [&](const char* metric, int positions, const char* title) {
    const std::string meaning = fmt::format(
        "KITTI's average precision {} at {} recall positions, minimum overlap 0.5, moderate",
        std::string_view(metric) == "ap_bev" ? "seen from above" : "in 3-D",
        positions);
    return MetricColumn{metric, category, "moderate", 0.5, positions, "%", {}, title, meaning};
  };
  return {
      pose("heading_error_median", "deg", "heading [deg]", "median error of the heading"),
      pose("heading_within_10", "1", "< 10 deg [%]", "labels with a heading error below 10 deg"),
      pose("heading_within_30", "1", "< 30 deg [%]", "labels with a heading error below 30 deg"),
      pose("heading_flipped", "1", "flipped [%]", "detections turned front to back"),
      pose("location_error_median", "m", "location [m]", "median error of the location"),
      pose("bev_overlap_50", "1", "BEV >= 0.5 [%]", "labels with that overlap from above"),
      pose("volume_overlap_50", "1", "3-D >= 0.5 [%]", "labels with that overlap in 3-D"),
      precision("ap_bev", 40, "BEV AP40 [%]"),
      precision("ap_3d", 40, "3-D AP40 [%]"),
      precision("ap_bev", 11, "BEV AP11 [%]"),
      pose("seconds_per_object", "s", "time [s]", "seconds an object")};
}

std::vector<MetricColumn> select_columns(const std::string& path,
                                         const std::vector<MetricColumn>& known) {
  const std::vector<std::string> parts = parts_of(path);
  if (parts.empty())
    throw UserError("--metric is empty; for example --metric ap_bev/moderate/0.5/AP40");
  std::vector<MetricColumn> selected = known;
  for (const std::string& part : parts) {
    std::vector<MetricColumn> fitting;
    for (const MetricColumn& column : selected)
      if (matches(column, part)) fitting.push_back(column);
    if (fitting.empty()) throw_unknown(path, part, known);
    selected = fitting;
  }
  return selected;
}

}  // namespace monodr
