// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "results/database.h"

namespace monodr {

/// What ends the mark of who runs a cell, in an UPDATE of it.
inline constexpr const char* kNoMark =
    "pid = NULL, process = NULL, host = NULL, launcher = NULL, lease_until = NULL";

/// Writes results of cells inside of one transaction of the caller, which must end together with it: it keeps statements
/// ready and remembers the ids of names, which another process could make otherwise as soon as the transaction has ended.
class ResultWriter {
 public:
  explicit ResultWriter(SQLite::Database& connection) : connection_(connection) {}

  /// Removes all rows that belong to the cell, then inserts those of the result; the cell is the one that counts for its
  /// variant and seed from now on.
  void replace(const CellRecord& record, const CellResult& result);

 private:
  class Rows;
  SQLite::Statement& prepared(const std::string& sql);
  std::int64_t variant_of(const CellRecord& record);
  void set_state(std::int64_t cell,
                 std::int64_t variant,
                 const CellRecord& record,
                 const CellResult& result);
  void insert_origin(std::int64_t cell, const CellRecord& record, const CellResult& result);
  void insert_metrics(std::int64_t cell, const CellResult& result);
  void insert_objects(std::int64_t cell, const CellResult& result);
  void insert_detections(std::int64_t cell, const CellResult& result);
  void insert_modes(std::int64_t cell, const CellResult& result);
  void insert_distributions(std::int64_t cell, const CellResult& result);
  void insert_series(std::int64_t cell, const CellResult& result);
  std::int64_t id_of_series(const std::string& name);
  std::int64_t id_of_metric(const MetricValue& metric);
  std::int64_t id_of_text(const std::string& text);

  using MetricKey = std::tuple<std::string, std::string, std::string, double, int, std::string>;

  SQLite::Database& connection_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> variants_;
  std::map<MetricKey, std::int64_t, std::less<>> metrics_;
  std::map<std::string, std::int64_t> series_, texts_;
};

}  // namespace monodr
