// SPDX-License-Identifier: Apache-2.0
#include "results/import_result.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "results/cell_rows.h"
#include "results/stored_numbers.h"

namespace monodr {
namespace {

using SQLite::Statement;

template <typename Value>
void bind(Statement& statement, int index, const Value& value) {
  statement.bind(index, value);
}

// Not copied: it must live until the statement has run.
void bind(Statement& statement, int index, const std::string& text) {
  statement.bindNoCopy(index, text);
}

/// insert(statement, a, b, c) binds a, b, c to the question marks and runs the statement. NaN
/// becomes NULL: SQLite does that itself.
template <typename... Values>
void insert(Statement& statement, const Values&... values) {
  int index = 0;
  (bind(statement, ++index, values), ...);
  statement.exec();
  statement.reset();
}

/// The id of a row of a table of names, made where it is missing.
template <typename... Values>
std::int64_t id_of_name(Statement& find, Statement& add, const Values&... values) {
  for (const bool second_try : {false, true}) {
    int index = 0;
    (bind(find, ++index, values), ...);
    const bool found = find.executeStep();
    const std::int64_t id = found ? find.getColumn(0).getInt64() : 0;
    find.reset();
    if (found) return id;
    if (!second_try) insert(add, values...);
  }
  throw_check_failure("found", __FILE__, __LINE__, "a name that was just added is not there");
}

bool by_first(const std::pair<std::int64_t, double>& a, const std::pair<std::int64_t, double>& b) {
  return a.first < b.first;
}

/// The number of each frame in table `frame`.
std::map<std::string, int> frame_numbers(const CellResult& result) {
  std::map<std::string, int> number_of;
  for (const FrameAnnotations& frame : result.detections)
    number_of.emplace(frame.frame, static_cast<int>(number_of.size()));
  return number_of;
}

// How many rows one statement inserts: to run a statement costs more than a short row.
constexpr std::size_t row_counts[] = {64, 8, 1};

std::string insertion_of(const std::string& table, int columns, std::size_t rows) {
  std::string row = "(?";
  for (int i = 1; i < columns; ++i) row += ",?";
  row += ")";
  std::string sql = "INSERT INTO " + table + " VALUES " + row;
  for (std::size_t i = 1; i < rows; ++i) sql += "," + row;
  return sql;
}

}  // namespace

/// Inserts so many rows into a table, by statements of many rows each. `table` may name columns. By the order of the
/// primary key is fastest: each row then goes behind the one before it.
class ResultWriter::Rows {
 public:
  Rows(ResultWriter& writer, std::string table, int columns, std::size_t count)
      : writer_(writer), table_(std::move(table)), columns_(columns), left_(count) {}

  /// Texts must live as long as this.
  template <typename... Values>
  void add(const Values&... values) {
    begin();
    (put(values), ...);
    end();
  }

  /// A row value by value: begin(), put() for each column, end().
  void begin() {
    if (pending_ > 0) return;
    for (const std::size_t count : row_counts)
      if (count <= left_) {
        pending_ = count;
        break;
      }
    MONODR_CHECK(pending_ > 0, "more rows of '{}' than announced", table_);
    left_ -= pending_;
    if (pending_ != prepared_) {
      prepared_ = pending_;
      statement_ = &writer_.prepared(insertion_of(table_, columns_, pending_));
    }
    index_ = 0;
  }

  template <typename Value>
  void put(const Value& value) {
    bind(*statement_, ++index_, value);
  }

  template <std::size_t size>
  void put(const std::array<double, size>& values) {
    for (const double value : values) put(value);
  }

  void end() {
    if (--pending_ > 0) return;
    statement_->exec();
    statement_->reset();
  }

 private:
  ResultWriter& writer_;
  std::string table_;
  int columns_;
  std::size_t left_;          // rows for which there is no statement yet
  std::size_t pending_ = 0;   // rows that the statement at hand still waits for
  std::size_t prepared_ = 0;  // rows of that statement
  Statement* statement_ = nullptr;
  int index_ = 0;
};

Statement& ResultWriter::prepared(const std::string& sql) {
  std::unique_ptr<Statement>& statement = statements_[sql];
  if (!statement) statement = std::make_unique<Statement>(connection_, sql);
  return *statement;
}

std::int64_t ResultWriter::id_of_metric(const MetricValue& m) {
  const auto key = std::tie(m.name, m.category, m.difficulty, m.iou, m.recall_positions, m.unit);
  auto entry = metrics_.find(key);
  if (entry == metrics_.end()) {
    const std::int64_t id = id_of_name(
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
    entry = metrics_.emplace(key, id).first;
  }
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
  std::vector<std::pair<std::int64_t, double>> values;
  for (const MetricValue& m : result.metrics) values.emplace_back(id_of_metric(m), m.value);
  std::sort(values.begin(), values.end(), by_first);
  Rows rows(*this, "metric", 3, values.size());
  for (const auto& [id, value] : values) rows.add(cell, id, value);
}

void ResultWriter::insert_objects(std::int64_t cell, const CellResult& result) {
  const std::vector<ObjectColumn>& columns = object_columns();
  std::string table = "object (cell, frame, label, difficulty, matched, failure";
  for (const ObjectColumn& column : columns) table += ", " + column.name;
  Rows rows(*this, table + ")", 6 + static_cast<int>(columns.size()), result.objects.size());
  for (const ObjectResult& o : result.objects) {
    rows.begin();
    rows.put(cell);
    rows.put(o.frame);
    rows.put(o.label);
    rows.put(o.difficulty);
    rows.put(static_cast<int>(o.matched));
    rows.put(o.failure);
    for (const ObjectColumn& column : columns) rows.put(o.*column.member);
    rows.end();
  }
}

void ResultWriter::insert_detections(std::int64_t cell, const CellResult& result) {
  std::size_t count = 0;
  for (const FrameAnnotations& frame : result.detections) count += frame.objects.size();
  Rows frames(*this, "frame", 3, result.detections.size());
  Rows rows(*this, "detection", 19, count);
  int frame_number = 0;
  for (const FrameAnnotations& frame : result.detections) {
    frames.add(cell, frame_number, frame.frame);
    int number = 0;
    for (const Annotation& a : frame.objects)
      rows.add(cell,
               frame_number,
               number++,
               a.category,
               a.truncation,
               a.occlusion,
               a.alpha,
               stored_numbers(a));
    ++frame_number;
  }
}

void ResultWriter::insert_modes(std::int64_t cell, const CellResult& result) {
  const std::map<std::string, int> number_of = frame_numbers(result);
  Rows rows(*this, "heading_mode", 14, result.modes.size());
  int number = 0;
  const DetectedMode* before = nullptr;
  for (const DetectedMode& m : result.modes) {
    const bool same = before && before->frame == m.frame && before->detection == m.detection;
    number = same ? number + 1 : 0;
    before = &m;
    rows.add(cell, number_of.at(m.frame), m.detection, number, stored_numbers(m));
  }
}

void ResultWriter::insert_distributions(std::int64_t cell, const CellResult& result) {
  const std::map<std::string, int> number_of = frame_numbers(result);
  std::vector<std::string> texts;  // bound without a copy: all live until the last row is in
  for (const DetectedDistribution& d : result.distributions)
    texts.push_back(nlohmann::json(d.probabilities).dump());
  Rows rows(*this, "heading_distribution", 4, texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const DetectedDistribution& d = result.distributions[i];
    rows.add(cell, number_of.at(d.frame), d.detection, texts[i]);
  }
}

void ResultWriter::insert_series(std::int64_t cell, const CellResult& result) {
  struct Point {
    std::int64_t series;
    int step;
    double value;
  };
  std::vector<Point> points;
  const std::string* name = nullptr;
  std::int64_t id = 0;
  for (const SeriesPoint& point : result.series) {
    if (name == nullptr || *name != point.name) id = id_of_series(point.name);
    name = &point.name;
    points.push_back({id, point.step, point.value});
  }
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return std::tie(a.series, a.step) < std::tie(b.series, b.step);
  });
  Rows rows(*this, "series", 4, points.size());
  for (const Point& point : points) rows.add(cell, point.series, point.step, point.value);
}

void ResultWriter::insert_origin(std::int64_t cell,
                                 const CellRecord& record,
                                 const CellResult& result) {
  Statement& add_config = prepared("INSERT INTO config VALUES (?, ?)");
  insert(add_config, cell, record.config.empty() ? std::string("{}") : record.config);
  Rows plugins(*this, "plugin", 5, record.plugins.size());
  for (const PluginRecord& plugin : record.plugins)
    plugins.add(cell, plugin.kind, plugin.name, plugin.version, plugin.file_hash);
  // Cells of one run share their git diff and most else: each text is stored once.
  std::map<std::string, std::string> provenance = result.provenance;
  if (!record.code_hash.empty()) provenance["code_hash"] = record.code_hash;
  Rows facts(*this, "provenance", 3, provenance.size());
  for (const auto& [key, value] : provenance) facts.add(cell, key, id_of_text(value));
}

void ResultWriter::set_state(std::int64_t cell,
                             std::int64_t variant,
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
         variant,
         record.seed,
         cell);
}

void ResultWriter::replace(const CellRecord& record, const CellResult& result) {
  const std::int64_t variant = variant_of(record);
  const std::int64_t cell = cell_row(prepared(kCellRow), record, variant);
  set_state(cell, variant, record, result);
  for (const char* table : {"config",
                            "metric",
                            "object",
                            "frame",
                            "detection",
                            "heading_mode",
                            "heading_distribution",
                            "series",
                            "plugin",
                            "provenance"})
    insert(prepared(fmt::format("DELETE FROM {} WHERE cell = ?", table)), cell);
  insert_origin(cell, record, result);
  insert_metrics(cell, result);
  insert_objects(cell, result);
  insert_detections(cell, result);
  insert_modes(cell, result);
  insert_distributions(cell, result);
  insert_series(cell, result);
}

}  // namespace monodr
