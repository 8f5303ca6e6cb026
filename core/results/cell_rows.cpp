// SPDX-License-Identifier: Apache-2.0
#include "results/cell_rows.h"

#include <nlohmann/json.hpp>

namespace monodr {

using SQLite::Statement;

std::string axes_json(const CellRecord& record) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  return nlohmann::json(record.axes).dump(-1, ' ', false, replace);
}

std::int64_t variant_row(SQLite::Database& connection, const CellRecord& record) {
  const std::string axes = axes_json(record);
  Statement add_experiment(connection,
                           "INSERT INTO experiment (name) VALUES (?) ON CONFLICT DO NOTHING");
  add_experiment.bind(1, record.experiment);
  add_experiment.exec();
  Statement add(connection,
                "INSERT INTO variant (experiment, arm, axes, arm_order, position) "
                "SELECT id, ?2, ?3, ?4, (SELECT coalesce(max(position) + 1, 0) FROM variant "
                "WHERE experiment = experiment.id) FROM experiment WHERE name = ?1 "
                "ON CONFLICT (experiment, arm, axes) DO UPDATE SET arm_order = excluded.arm_order "
                "RETURNING id");
  add.bind(1, record.experiment);
  add.bind(2, record.arm);
  add.bind(3, axes);
  add.bind(4, record.arm_order);
  add.executeStep();
  const std::int64_t variant = add.getColumn(0);
  while (add.executeStep()) {
  }
  return variant;
}

std::int64_t cell_row(SQLite::Database& connection, const CellRecord& record) {
  return cell_row(connection, record, variant_row(connection, record));
}

std::int64_t cell_row(SQLite::Database& connection,
                      const CellRecord& record,
                      std::int64_t variant) {
  Statement add(connection, kCellRow);
  return cell_row(add, record, variant);
}

std::int64_t cell_row(Statement& add, const CellRecord& record, std::int64_t variant) {
  add.bind(1, variant);
  add.bind(2, record.id);
  add.bind(3, record.seed);
  add.executeStep();
  const std::int64_t cell = add.getColumn(0);
  while (add.executeStep()) {
  }
  add.reset();
  return cell;
}

}  // namespace monodr
