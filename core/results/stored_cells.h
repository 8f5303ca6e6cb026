// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
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
  std::string config;         ///< JSON; "" where it never ran
  double seconds = 0;         ///< NaN where it never ran
  std::int64_t finished = 0;  ///< seconds since 1970; 0 where it never ran
  /// Who has it marked as running, and until when (seconds since 1970) that holds on another host;
  /// "" and 0 where nobody has.
  std::string host, launcher;
  std::int64_t lease_until = 0;
  std::string tags, note;  ///< what people say of it: tags by name, with a blank between

  std::string row_label() const { return point.empty() ? arm : arm + ", " + point; }
  std::string short_hash() const { return hash.substr(0, 12); }
};

/// The current cells of an experiment, in the order of its table, then by seed. UserError for an
/// unknown experiment.
std::vector<StoredCell> current_cells(const Database& database, const std::string& experiment);

struct TagCount {
  std::string name, experiment;
  int cells = 0, current = 0;  ///< that carry it; of these, those of the last run
};
/// All tags of the file, by name, then by experiment.
std::vector<TagCount> tag_counts(const Database& database);

/// These and what is being run although the last run did not ask for it, by arm, axes and seed.
/// `state` is as Database::states gives it.
std::vector<StoredCell> listed_cells(const Database& database, const std::string& experiment);

/// What the cell (`row`: cell.id) detected, a frame each, frames without detections included.
std::vector<FrameAnnotations> detections_of(const Database& database, std::int64_t row);
/// What else its headings may be.
std::vector<DetectedMode> modes_of(const Database& database, std::int64_t row);
/// What a network says of them.
std::vector<DetectedDistribution> distributions_of(const Database& database, std::int64_t row);
std::vector<MetricValue> metrics_of(const Database& database, std::int64_t row);
/// By name, then by step.
std::vector<SeriesPoint> series_of(const Database& database, std::int64_t row);

/// The code that the cell was run with: a record of nothing but plugins and code_hash.
CellRecord code_of(const Database& database, std::int64_t row);

/// Finished cells of the experiment, current or not, the latest last.
std::vector<StoredCell> finished_cells(const Database& database, const std::string& experiment);

/// Mean time of the finished cells of each arm; under "" that of all.
std::map<std::string, double> mean_seconds(const Database& database, const std::string& experiment);

}  // namespace monodr
