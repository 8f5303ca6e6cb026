// SPDX-License-Identifier: Apache-2.0
#include "results/stored_result.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "metrics/metric_definitions.h"
#include "results/columns.h"
#include "results/stored_cells.h"
#include "results/stored_numbers.h"

namespace monodr {
namespace {

using SQLite::Statement;

void read_record(const Database& database, StoredResult& cell) {
  CellRecord& record = cell.record;
  Statement row(database.connection(),
                "SELECT cell.hash, v.experiment, v.arm, v.arm_order, cell.seed, v.axes, v.point, "
                "coalesce(config.json, ''), cell.state, cell.message, cell.seconds, "
                "cell.peak_memory_mb, coalesce(note.text, '') FROM cell JOIN v_variants AS v ON "
                "v.id = cell.variant "
                "LEFT JOIN config ON config.cell = cell.id LEFT JOIN note ON note.cell = cell.id "
                "WHERE cell.id = ?");
  row.bind(1, cell.row);
  row.executeStep();
  record.id = row.getColumn(0).getString();
  record.experiment = row.getColumn(1).getString();
  record.arm = row.getColumn(2).getString();
  record.arm_order = row.getColumn(3);
  record.seed = row.getColumn(4);
  record.axes =
      nlohmann::json::parse(row.getColumn(5).getString()).get<std::map<std::string, std::string>>();
  cell.point = row.getColumn(6).getString();
  record.config = row.getColumn(7).getString();
  cell.result.cell = record.id;
  cell.result.state = row.getColumn(8).getString();
  cell.result.message = row.getColumn(9).getString();
  cell.result.seconds = number(row.getColumn(10));
  cell.result.peak_memory_mb = number(row.getColumn(11));
  cell.note = row.getColumn(12).getString();
  cell.has_run = cell.result.state != "missing";
}

void read_provenance(const Database& database, StoredResult& cell) {
  Statement facts(database.connection(),
                  "SELECT key, value FROM provenance JOIN text ON text.id = provenance.text "
                  "WHERE cell = ?");
  facts.bind(1, cell.row);
  while (facts.executeStep())
    cell.result.provenance[facts.getColumn(0).getString()] = facts.getColumn(1).getString();
}

void read_objects(const Database& database, StoredResult& cell) {
  std::string columns;
  for (const ObjectColumn& column : object_columns()) columns += ", " + column.name;
  Statement rows(database.connection(),
                 fmt::format("SELECT frame, label, difficulty, matched, failure{} FROM object "
                             "WHERE cell = ? ORDER BY frame, label",
                             columns));
  rows.bind(1, cell.row);
  while (rows.executeStep()) {
    ObjectResult object;
    object.frame = rows.getColumn(0).getString();
    object.label = rows.getColumn(1);
    object.difficulty = rows.getColumn(2).getString();
    object.matched = rows.getColumn(3).getInt() != 0;
    object.failure = rows.getColumn(4).getString();
    int index = 5;
    for (const ObjectColumn& column : object_columns())
      object.*column.member = number(rows.getColumn(index++));
    cell.result.objects.push_back(object);
  }
}

std::int64_t find_row(const Database& database, const std::string& prefix) {
  Statement rows(database.connection(),
                 "SELECT id, hash FROM cell WHERE hash >= ?1 AND hash < ?1 || 'g' "
                 "ORDER BY is_current DESC, state = 'missing', id DESC");
  rows.bind(1, prefix);
  std::int64_t row = 0;
  std::string hash;
  while (!prefix.empty() && rows.executeStep()) {
    if (row != 0 && rows.getColumn(1).getString() != hash)
      throw UserError(fmt::format("more than one cell begins with '{}'; write more of it", prefix));
    if (row == 0) row = rows.getColumn(0);
    hash = rows.getColumn(1).getString();
  }
  if (row == 0)
    throw UserError(fmt::format(
        "no cell in '{}' begins with '{}'; 'runexp status' lists them", database.file(), prefix));
  return row;
}

// ---- comparison ----

/// Every number and word of a result under a name of its own.
using Facts = std::map<std::string, std::string>;

std::string exact(double value) {
  if (std::isnan(value)) return "nan";
  // The shortest text that reads back as the same bits; SQLite keeps no sign of zero.
  return fmt::format("{}", value == 0 ? 0.0 : value);
}

void add_objects(const std::vector<ObjectResult>& objects, Facts& facts) {
  for (const ObjectResult& o : objects) {
    const std::string name = fmt::format("object {} label {}: ", o.frame, o.label);
    facts[name + "difficulty"] = o.difficulty;
    facts[name + "matched"] = o.matched ? "yes" : "no";
    facts[name + "failure"] = o.failure;
    for (const ObjectColumn& column : object_columns())
      facts[name + column.name] = exact(o.*column.member);
  }
}

void add_detections(const std::vector<FrameAnnotations>& frames, Facts& facts) {
  for (const FrameAnnotations& frame : frames) {
    facts[fmt::format("frame {}: detections", frame.frame)] =
        fmt::format("{}", frame.objects.size());
    for (size_t i = 0; i < frame.objects.size(); ++i) {
      const Annotation& a = frame.objects[i];
      std::vector<std::string> values{a.category};
      for (const double value : {a.truncation, static_cast<double>(a.occlusion), a.alpha})
        values.push_back(exact(value));
      for (const double value : stored_numbers(a)) values.push_back(exact(value));
      facts[fmt::format("frame {}: detection {}", frame.frame, i)] = join(values, " ");
    }
  }
}

void add_modes(const std::vector<DetectedMode>& modes, Facts& facts) {
  std::map<std::string, int> count;
  for (const DetectedMode& m : modes) {
    const std::string detection = fmt::format("frame {}: detection {}", m.frame, m.detection);
    std::vector<std::string> values;
    for (const double value : stored_numbers(m)) values.push_back(exact(value));
    facts[fmt::format("{} heading {}", detection, count[detection]++)] = join(values, " ");
  }
}

void add_distributions(const std::vector<DetectedDistribution>& distributions, Facts& facts) {
  for (const DetectedDistribution& d : distributions) {
    std::vector<std::string> values;
    for (const double value : d.probabilities) values.push_back(exact(value));
    facts[fmt::format("frame {}: detection {} heading distribution", d.frame, d.detection)] =
        join(values, " ");
  }
}

Facts facts_of(const CellResult& result) {
  Facts facts{{"state", result.state}};
  for (const MetricValue& metric : result.metrics)
    if (!is_cost_of_a_run(metric.unit))
      facts["metric " + metric_title(metric)] = exact(metric.value);
  add_objects(result.objects, facts);
  add_detections(result.detections, facts);
  add_modes(result.modes, facts);
  add_distributions(result.distributions, facts);
  for (const SeriesPoint& point : result.series)
    facts[fmt::format("series {} step {}", point.name, point.step)] = exact(point.value);
  return facts;
}

/// What no object of `before` has a number for, an earlier schema did not keep.
void forget_unknown(const std::vector<ObjectResult>& before, std::vector<ObjectResult>& after) {
  for (const ObjectColumn& column : object_columns()) {
    const bool is_known = std::any_of(before.begin(), before.end(), [&](const ObjectResult& o) {
      return !std::isnan(o.*column.member);
    });
    if (is_known) continue;
    for (ObjectResult& object : after) object.*column.member = ObjectMeasurements::none;
  }
}

}  // namespace

std::string StoredResult::description() const {
  return fmt::format("{}{}, seed {}", record.arm, point.empty() ? "" : ", " + point, record.seed);
}

StoredResult find_stored_result(const Database& database, const std::string& prefix) {
  StoredResult cell;
  database.guarded([&] {
    cell.row = find_row(database, prefix);
    read_record(database, cell);
    const CellRecord code = code_of(database, cell.row);
    cell.record.plugins = code.plugins;
    cell.record.code_hash = code.code_hash;
    read_provenance(database, cell);
    read_objects(database, cell);
    cell.result.metrics = metrics_of(database, cell.row);
    cell.result.detections = detections_of(database, cell.row);
    cell.result.modes = modes_of(database, cell.row);
    cell.result.distributions = distributions_of(database, cell.row);
    cell.result.series = series_of(database, cell.row);
  });
  return cell;
}

std::string metric_title(const MetricValue& metric) {
  std::string title = metric.name;
  for (const std::string& part : {metric.category, metric.difficulty})
    if (!part.empty()) title += " " + part;
  if (metric.iou != 0) title += fmt::format(" {}", metric.iou);
  if (metric.recall_positions != 0) title += fmt::format(" AP{}", metric.recall_positions);
  return title;
}

std::vector<std::string> differences(const CellResult& before, CellResult after) {
  forget_unknown(before.objects, after.objects);
  if (before.modes.empty()) after.modes.clear();
  if (before.distributions.empty()) after.distributions.clear();
  const Facts old_facts = facts_of(before), new_facts = facts_of(after);
  std::vector<std::string> lines;
  for (const auto& [name, value] : old_facts) {
    const auto found = new_facts.find(name);
    if (found == new_facts.end())
      lines.push_back(fmt::format("{}: {} -> nothing", name, value));
    else if (found->second != value)
      lines.push_back(fmt::format("{}: {} -> {}", name, value, found->second));
  }
  for (const auto& [name, value] : new_facts)
    if (old_facts.count(name) == 0) lines.push_back(fmt::format("{}: nothing -> {}", name, value));
  return lines;
}

}  // namespace monodr
