// SPDX-License-Identifier: Apache-2.0
#include "results/import_result.h"

#include "base/error.h"

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

void insert_metrics(SQLite::Database& connection, std::int64_t cell, const CellResult& result) {
  Statement find(connection,
                 "SELECT id FROM metric_name WHERE name = ? AND category = ? AND difficulty = ? "
                 "AND iou = ? AND recall_positions = ? AND unit = ?");
  Statement add(connection,
                "INSERT INTO metric_name (name, category, difficulty, iou, recall_positions, unit) "
                "VALUES (?, ?, ?, ?, ?, ?)");
  Statement add_value(connection, "INSERT INTO metric VALUES (?, ?, ?)");
  for (const MetricValue& m : result.metrics) {
    const std::int64_t name =
        id_of_name(find, add, m.name, m.category, m.difficulty, m.iou, m.recall_positions, m.unit);
    insert(add_value, cell, name, m.value);
  }
}

void insert_objects(SQLite::Database& connection, std::int64_t cell, const CellResult& result) {
  std::string columns, marks;
  for (const ObjectColumn& column : object_columns()) {
    columns += ", " + column.name;
    marks += ", ?";
  }
  Statement add(
      connection,
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

void insert_detections(SQLite::Database& connection, std::int64_t cell, const CellResult& result) {
  Statement add_frame(connection, "INSERT INTO frame VALUES (?, ?, ?)");
  Statement add(connection, "INSERT INTO detection VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
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

void insert_modes(SQLite::Database& connection, std::int64_t cell, const CellResult& result) {
  std::map<std::string, int> number_of;
  for (const FrameAnnotations& frame : result.detections)
    number_of.emplace(frame.frame, static_cast<int>(number_of.size()));
  Statement add(connection, "INSERT INTO heading_mode VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
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

void insert_series(SQLite::Database& connection, std::int64_t cell, const CellResult& result) {
  Statement find(connection, "SELECT id FROM series_name WHERE name = ?");
  Statement add(connection, "INSERT INTO series_name (name) VALUES (?)");
  Statement add_point(connection, "INSERT INTO series VALUES (?, ?, ?, ?)");
  for (const SeriesPoint& point : result.series)
    insert(add_point, cell, id_of_name(find, add, point.name), point.step, point.value);
}

void insert_origin(SQLite::Database& connection,
                   std::int64_t cell,
                   const CellRecord& record,
                   const CellResult& result) {
  Statement add_config(connection, "INSERT INTO config VALUES (?, ?)");
  insert(add_config, cell, record.config.empty() ? std::string("{}") : record.config);
  Statement add_plugin(connection, "INSERT INTO plugin VALUES (?, ?, ?, ?, ?)");
  for (const PluginRecord& plugin : record.plugins)
    insert(add_plugin, cell, plugin.kind, plugin.name, plugin.version, plugin.file_hash);
  // Cells of one run share their git diff and most else: each text is stored once.
  Statement find(connection, "SELECT id FROM text WHERE value = ?");
  Statement add(connection, "INSERT INTO text (value) VALUES (?)");
  Statement add_provenance(connection, "INSERT INTO provenance VALUES (?, ?, ?)");
  std::map<std::string, std::string> provenance = result.provenance;
  if (!record.code_hash.empty()) provenance["code_hash"] = record.code_hash;
  for (const auto& [key, value] : provenance)
    insert(add_provenance, cell, key, id_of_name(find, add, value));
}

}  // namespace

void replace_rows_of_cell(SQLite::Database& connection,
                          std::int64_t cell,
                          const CellRecord& record,
                          const CellResult& result) {
  for (const char* table : {"config",
                            "metric",
                            "object",
                            "frame",
                            "detection",
                            "heading_mode",
                            "series",
                            "plugin",
                            "provenance"}) {
    Statement remove(connection, fmt::format("DELETE FROM {} WHERE cell = ?", table));
    insert(remove, cell);
  }
  insert_origin(connection, cell, record, result);
  insert_metrics(connection, cell, result);
  insert_objects(connection, cell, result);
  insert_detections(connection, cell, result);
  insert_modes(connection, cell, result);
  insert_series(connection, cell, result);
}

}  // namespace monodr
