// SPDX-License-Identifier: Apache-2.0
#include "results/stored_views.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace monodr {
namespace {

nlohmann::ordered_json json_of(const SQLite::Column& column) {
  if (column.isInteger()) return column.getInt64();
  if (column.isFloat()) return column.getDouble();
  if (column.isNull()) return nullptr;
  return column.getString();
}

}  // namespace

void for_each_row(const Database& database,
                  const std::string& experiment,
                  const std::string& view,
                  const TellRow& tell) {
  database.guarded([&] {
    const bool has_older = view == "cells" || view == "parameters" || view == "provenance";
    SQLite::Statement rows(
        database.connection(),
        fmt::format("SELECT * FROM v_{} AS v WHERE experiment = ?1{}",
                    view,
                    has_older ? " AND EXISTS (SELECT 1 FROM v_cells AS c WHERE c.hash = v.hash AND "
                                "c.experiment = ?1 AND c.is_current)"
                              : ""));
    rows.bind(1, experiment);
    std::vector<std::string> names;
    for (int i = 0; i < rows.getColumnCount(); ++i) names.push_back(rows.getColumnName(i));
    while (rows.executeStep()) {
      std::vector<nlohmann::ordered_json> values;
      for (int i = 0; i < rows.getColumnCount(); ++i) values.push_back(json_of(rows.getColumn(i)));
      tell(names, values);
    }
  });
}

}  // namespace monodr
