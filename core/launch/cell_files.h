// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/orders.h"
#include "results/database.h"

namespace monodr {

/// What a worker needs beside the cell's record.
struct CellSurroundings {
  std::vector<std::string> plugin_folders;
  std::string cache_folder;
  std::string pictures_folder;  ///< of all experiments; a cell gets a folder of its own in it
};

/// Beside an order <stem>.json: the worker's result, and a note on why a worker died on it, written by whoever saw it
/// die (a job's script).
std::string result_beside(const std::string& order_file);
std::string death_beside(const std::string& order_file);

/// Whether there is nothing left to do for an order: its result is there, or the note.
bool is_settled(const std::string& order_file);

/// The folder through which parent and workers exchange cells: for each cell that is on its way
/// <experiment>.<id>.json (what to do, written by the parent), <experiment>.<id>.result.json
/// (a CellResult, renamed into place by the worker) and, of a worker without a pipe,
/// <experiment>.<id>.alive (its Heartbeat). Whoever holds the database's mark of a cell
/// (Database::mark_running) owns its files.
class CellFiles {
 public:
  explicit CellFiles(std::string folder) : folder_(std::move(folder)) {}

  /// Writes the cell's file and returns its path.
  std::string hand_out(const CellRecord& record, const CellSurroundings& surroundings) const;

  /// The file and what is written to it, for who hands them out in another way (launch/task_orders.h).
  std::string order_file(const CellRecord& record) const;
  CellOrder order_of(const CellRecord& record, const CellSurroundings& surroundings) const;

  /// The result that a worker left. Throws UserError where there is none that can be read.
  CellResult read_result(const CellRecord& record) const;

  /// Whether a worker has left its result.
  bool has_result(const CellRecord& record) const;

  /// Removes all files of the cell, half-written ones included.
  void remove(const CellRecord& record) const;

  /// Prolongs the marks of the cells whose workers have shown a sign of life, on whatever host.
  void renew_leases(Database& database) const;

  /// Takes in the results that an earlier parent did not live to take in, and clears away what it
  /// left half-done. Cells that another living process has marked are not touched. Returns the
  /// number taken in.
  int import_leftovers(Database& database) const;

 private:
  std::string stem(const CellRecord& record) const;
  std::string result_file(const CellRecord& record) const;
  std::vector<std::string> orders() const;
  std::optional<CellResult> read_left_result(const CellRecord& record) const;

  std::string folder_;
};

}  // namespace monodr
