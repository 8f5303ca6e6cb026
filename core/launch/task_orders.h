// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "launch/orders.h"

namespace monodr {

/// The orders of a task of an array, in two files, since a file for each cell costs a cluster's file system more than all
/// the rest: `list` names them, a line each, as `<folder>/<experiment>.<id>.json`, where nothing lies, but beside which
/// the worker leaves what it leaves beside an order; `list`.orders holds them, a line each in the same order.
class TaskWriter {
 public:
  explicit TaskWriter(const std::string& list);

  void add(const std::string& name, const CellOrder& order);
  /// Throws UserError where not all could be written. Whether it has reached the disk, sync_tasks() knows.
  void close();

 private:
  std::string list_;
  std::ofstream names_, orders_;
};

/// Flushes the file system that the folder lies on: once for all tasks, for a flush of each takes minutes.
void sync_tasks(const std::string& folder);

/// The lines of either file; nothing where it is not there.
std::vector<std::string> task_names(const std::string& list);
std::vector<std::string> task_orders(const std::string& list);

}  // namespace monodr
