// SPDX-License-Identifier: Apache-2.0
#include "results/import_result.h"

#include "base/error.h"
#include "results/cell_rows.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// insert(statement, a, b, c) binds a, b, c to the question marks and runs the statement. NaN
/// becomes NULL: SQLite does that itself.
template <typename... Values>
void insert(Statement& statement, const Values&... values) {
  int index = 0;
  (statement.bind(++index, values), ...);
  statement.exec();
  statement.reset();
}

/// The id of a row of a table of names, made where it is missing.
template <typename... Values>
std::int64_t id_of_name(Statement& find, Statement& add, const Values&... values) {
  for (const bool second_try : {false, true}) {
    int index = 0;
    (find.bind(++index, values), ...);
    const bool found = find.executeStep();
    const std::int64_t id = found ? find.getColumn(0).getInt64() : 0;
    find.reset();
    if (found) return id;
    if (!second_try) insert(add, values...);
  }
  throw_check_failure("found", __FILE__, __LINE__, "a name that was just added is not there");
}

}  // namespace

Statement& ResultWriter::prepared(const std::string& sql) {
  std::unique_ptr<Statement>& statement = statements_[sql];
  if (!statement) statement = std::make_unique<Statement>(connection_, sql);
  return *statement;
}

std::int64_t ResultWriter::id_of_metric(const MetricValue& m) {
  const auto [entry, is_new] = metrics_.try_emplace(
      {m.name, m.category, m.difficulty, m.iou, m.recall_positions, m.unit}, 0);
  if (is_new)
    entry->second = id_of_name(
        prepared("SELECT id FROM metric_name WHERE name = ? AND category = ? AND difficulty = ? "
                 "AND iou = ? AND recall_positions = ? AND unit = ?"),
        prepared("INSERT INTO metric_name (name, category, difficulty, iou, recall_positions, "
                 "unit) VALUES (?, ?, ?, ?, ?, ?)"),
        m.name,
        m.category,
        m.difficulty,
        m.iou,
        m.recall_positions,
        m.unit);
  return entry->second;
}

std::int64_t ResultWriter::id_of_series(const std::string& name) {
  const auto [entry, is_new] = series_.try_emplace(name, 0);
  if (is_new)
    entry->second = id_of_name(prepared("SELECT id FROM series_name WHERE name = ?"),
                               prepared("INSERT INTO series_name (name) VALUES (?)"),
                               name);
  return entry->second;
}

std::int64_t ResultWriter::id_of_text(const std::string& text) {
  const auto [entry, is_new] = texts_.try_emplace(text, 0);
  if (is_new)
    entry->second = id_of_name(prepared("SELECT id FROM text WHERE value = ?"),
                               prepared("INSERT INTO text (value) VALUES (?)"),
                               text);
  return entry->second;
}

std::int64_t ResultWriter::variant_of(const CellRecord& record) {
  const auto [entry, is_new] =
      variants_.try_emplace({record.experiment, record.arm, axes_json(record)}, 0);
  if (is_new) entry->second = variant_row(connection_, record);
  return entry->second;
}

void ResultWriter::insert_metrics(std::int64_t cell, const CellResult& result) {
  Statement& add = prepared("INSERT INTO metric VALUES (?, ?, ?)");
  for (const MetricValue& m : result.metrics) insert(add, cell, id_of_metric(m), m.value);
}

void ResultWriter::insert_objects(std::int64_t cell, const CellResult& result) {
  std::string columns, marks;
  for (const ObjectColumn& column : object_columns()) {
    columns += ", " + column.name;
    marks += ", ?";
  }
  Statement& add = prepared(
      fmt::format("INSERT INTO object (cell, frame, label, difficulty, matched, failure{}) "
                  "VALUES (?, ?, ?, ?, ?, ?{})",
                  columns,
                  marks));
  for (const ObjectResult& o : result.objects) {
    int index = 6;
    for (const ObjectColumn& column : object_columns()) add.bind(++index, o.*column.member);
    insert(add, cell, o.frame, o.label, o.difficulty, static_cast<int>(o.matched), o.failure);
  }
}

void ResultWriter::insert_detections(std::int64_t cell, const CellResult& result) {
  Statement& add_frame = prepared("INSERT INTO frame VALUES (?, ?, ?)");
  Statement& add = prepared("INSERT INTO detection VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  int frame_number = 0;
  for (const FrameAnnotations& frame : result.detections) {
    insert(add_frame, cell, frame_number, frame.frame);
    int number = 0;
    for (const Annotation& a : frame.objects)
      insert(add,
             cell,
             frame_number,
             number++,
             a.category,
             a.truncation,
             a.occlusion,
             a.alpha,
             a.box2d.left,
             a.box2d.top,
             a.box2d.right,
             a.box2d.bottom,
             a.box3d.height,
             a.box3d.width,
             a.box3d.length,
             a.box3d.location.x(),
             a.box3d.location.y(),
             a.box3d.location.z(),
             a.box3d.rotation_y,
             a.score);
    ++frame_number;
  }
}

void ResultWriter::insert_modes(std::int64_t cell, const CellResult& result) {
  std::map<std::string, int> number_of;
  for (const FrameAnnotations& frame : result.detections)
    number_of.emplace(frame.frame, static_cast<int>(number_of.size()));
  Statement& add = prepared("INSERT INTO heading_mode VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  int number = 0;
  const DetectedMode* before = nullptr;
  for (const DetectedMode& m : result.modes) {
    const bool same = before && before->frame == m.frame && before->detection == m.detection;
    number = same ? number + 1 : 0;
    before = &m;
    insert(add,
           cell,
           number_of.at(m.frame),
           m.detection,
           number,
           m.alpha,
           m.box.height,
           m.box.width,
           m.box.length,
           m.box.location.x(),
           m.box.location.y(),
           m.box.location.z(),
           m.box.rotation_y,
           m.loss,
           m.probability);
  }
}

void ResultWriter::insert_series(std::int64_t cell, const CellResult& result) {
  Statement& add = prepared("INSERT INTO series VALUES (?, ?, ?, ?)");
  const std::string* name = nullptr;
  std::int64_t id = 0;
  for (const SeriesPoint& point : result.series) {
    if (name == nullptr || *name != point.name) id = id_of_series(point.name);
    name = &point.name;
    insert(add, cell, id, point.step, point.value);
  }
}

void ResultWriter::insert_origin(std::int64_t cell,
                                 const CellRecord& record,
                                 const CellResult& result) {
  Statement& add_config = prepared("INSERT INTO config VALUES (?, ?)");
  insert(add_config, cell, record.config.empty() ? std::string("{}") : record.config);
  Statement& add_plugin = prepared("INSERT INTO plugin VALUES (?, ?, ?, ?, ?)");
  for (const PluginRecord& plugin : record.plugins)
    insert(add_plugin, cell, plugin.kind, plugin.name, plugin.version, plugin.file_hash);
  // Cells of one run share their git diff and most else: each text is stored once.
  Statement& add_provenance = prepared("INSERT INTO provenance VALUES (?, ?, ?)");
  std::map<std::string, std::string> provenance = result.provenance;
  if (!record.code_hash.empty()) provenance["code_hash"] = record.code_hash;
  for (const auto& [key, value] : provenance) insert(add_provenance, cell, key, id_of_text(value));
}

void ResultWriter::set_state(std::int64_t cell,
                             const CellRecord& record,
                             const CellResult& result) {
  insert(prepared(fmt::format("UPDATE cell SET state = ?, message = ?, seconds = ?, "
                              "peak_memory_mb = ?, is_current = 1, finished = "
                              "strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), {} WHERE id = ?",
                              kNoMark)),
         result.state,
         result.message,
         result.seconds,
         result.peak_memory_mb,
         cell);
  // All states are named so that the index leads to the seed.
  insert(prepared("UPDATE cell SET is_current = 0 WHERE variant = ? AND is_current = 1 AND state "
                  "IN ('missing', 'done', 'failed') AND seed = ? AND id <> ?"),
         variant_of(record),
         record.seed,
         cell);
}

void ResultWriter::replace(const CellRecord& record, const CellResult& result) {
  const std::int64_t cell = cell_row(connection_, record, variant_of(record));
  set_state(cell, record, result);
  for (const char* table : {"config",
                            "metric",
                            "object",
                            "frame",
                            "detection",
                            "heading_mode",
                            "series",
                            "plugin",
                            "provenance"})
    insert(prepared(fmt::format("DELETE FROM {} WHERE cell = ?", table)), cell);
  insert_origin(cell, record, result);
  insert_metrics(cell, result);
  insert_objects(cell, result);
  insert_detections(cell, result);
  insert_modes(cell, result);
  insert_series(cell, result);
}

}  // namespace monodr
