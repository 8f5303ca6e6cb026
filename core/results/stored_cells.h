// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "geometry/annotation.h"
#include "results/database.h"

namespace monodr {

/// A cell as the database holds it.
struct StoredCell {
  std::int64_t id = 0, variant = 0;
  std::string hash, arm, point;
  std::int64_t seed = 0;
  std::string state, message;
  std::string config;  ///< JSON; "" where it never ran

  std::string row_label() const { return point.empty() ? arm : arm + ", " + point; }
  std::string short_hash() const { return hash.substr(0, 12); }
};

/// The current cells of an experiment, in the order of its table, then by seed. UserError for an
/// unknown experiment.
std::vector<StoredCell> current_cells(const Database& database, const std::string& experiment);

/// What the cell detected, a frame each, frames without detections included.
std::vector<FrameAnnotations> detections_of(const Database& database, const StoredCell& cell);

}  // namespace monodr
