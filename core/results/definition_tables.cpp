// SPDX-License-Identifier: Apache-2.0
#include "results/definition_tables.h"

#include <fmt/format.h>

#include "results/metric_column.h"

namespace monodr {
namespace {

/// Rows as text, with one form for each number: what is compared and written.
using Rows = std::vector<std::vector<std::string>>;

std::string number(double value) {
  return fmt::format("{}", value);
}

Rows metric_rows() {
  Rows rows;
  for (const MetricDefinition& d : metric_definitions())
    rows.push_back({d.name,
                    number(rows.size()),
                    d.unit,
                    to_string(d.better),
                    number(d.factor),
                    number(d.decimals),
                    d.title,
                    d.meaning,
                    d.column});
  return rows;
}

Rows column_rows() {
  Rows rows;
  for (const MetricColumn& c : default_columns(""))
    rows.push_back({number(rows.size()),
                    c.metric,
                    c.difficulty,
                    number(c.iou),
                    number(c.recall_positions),
                    c.title});
  return rows;
}

Rows stored_rows(SQLite::Database& connection, const std::string& table) {
  SQLite::Statement found(connection, "SELECT * FROM " + table + " ORDER BY position");
  Rows rows;
  while (found.executeStep()) {
    rows.emplace_back();
    for (int i = 0; i < found.getColumnCount(); ++i) {
      const SQLite::Column value = found.getColumn(i);
      rows.back().push_back(value.isText() ? value.getString() : number(value.getDouble()));
    }
  }
  return rows;
}

void write_rows(SQLite::Database& connection, const std::string& table, const Rows& rows) {
  connection.exec("DELETE FROM " + table);
  for (const auto& row : rows) {
    std::string marks = "?";
    for (size_t i = 1; i < row.size(); ++i) marks += ", ?";
    SQLite::Statement add(connection, fmt::format("INSERT INTO {} VALUES ({})", table, marks));
    for (size_t i = 0; i < row.size(); ++i) add.bind(static_cast<int>(i) + 1, row[i]);
    add.exec();
  }
}

}  // namespace

bool holds_definitions(SQLite::Database& connection) {
  return stored_rows(connection, "metric_definition") == metric_rows() &&
         stored_rows(connection, "default_column") == column_rows();
}

void write_definitions(SQLite::Database& connection) {
  write_rows(connection, "metric_definition", metric_rows());
  write_rows(connection, "default_column", column_rows());
}

}  // namespace monodr
