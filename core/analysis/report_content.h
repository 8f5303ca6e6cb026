// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "analysis/labelled_results.h"
#include "report/html_report.h"

namespace monodr {

struct ReportOptions {
  TableSpec table;                ///< experiment, metrics, baseline
  std::vector<std::string> tags;  ///< that the cells were chosen by; for the summary
  std::string cache_folder;       ///< of made-up data, for their labels
  std::string fits_folder;        ///< overlays: <experiment>/<cell>/<frame>.png
};

/// All that the report of an experiment shows, gathered from the database, the overlays and the
/// labels. What is not there any more (overlays, labels) is named among the failures.
ReportContent gather_report(const Database& database, const ReportOptions& options);

/// Best, median and worst object of each row of the table, cut from the cells' overlays. Objects
/// are ranked by 3-D overlap, those without any by the distance of the location; misses come last.
std::vector<ReportPictureRow> object_pictures(const std::vector<LabelledCell>& cells,
                                              const std::string& fits_folder);

}  // namespace monodr
