// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/database.h"

namespace monodr {

/// A cell with all that the database holds of it: what it was and what came out.
struct StoredResult {
  std::int64_t row = 0;  ///< cell.id
  CellRecord record;
  std::string point;  ///< "fit.iterations = 20"; "" without axes
  CellResult result;  ///< state "missing" where it never ran
  std::string note;   ///< what people say of it
  bool has_run = false;

  /// "mask only, fit.iterations = 20, seed 0"
  std::string description() const;
};

/// The cell whose id begins with `prefix`. Of several arms or experiments that share the cell, the
/// one that counts in tables. Throws UserError where there is none, or more than one id.
StoredResult find_stored_result(const Database& database, const std::string& prefix);

/// What two results of the same cell differ in, a line each; empty where they are the same to the
/// last bit. Compared are state, metrics, objects, detections and series; times (unit s) are left
/// out, for no two runs share them, and so is what no object of `before` has a number for: an
/// earlier schema did not keep it.
std::vector<std::string> differences(const CellResult& before, CellResult after);

/// "ap_bev car moderate 0.7 AP40": for people, and unique in a cell.
std::string metric_title(const MetricValue& metric);

}  // namespace monodr
