// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analysis/labelled_results.h"
#include "geometry/labelled_detection.h"
#include "report/html_report.h"

namespace monodr {

/// What a picture of an object holds, as it comes from whoever can read pictures.
struct DrawnObject {
  std::string png;                      ///< report_picture_width wide
  std::vector<ReportPicture> evidence;  ///< what the method saw
  std::string note;
};
/// Draws objects of one cell. UserError where its data or its code are not there any more.
using DrawObjects = std::function<std::vector<DrawnObject>(
    const StoredCell& cell, const std::vector<LabelledDetection>& objects)>;
/// The loss over the heading of one labelled object, an SVG file. UserError as above.
using DrawLandscape =
    std::function<std::string(const StoredCell& cell, const std::string& frame, int label)>;

struct ReportOptions {
  TableSpec table;                ///< experiment, metrics, baseline
  std::vector<std::string> tags;  ///< that the cells were chosen by; for the summary
  std::string cache_folder;       ///< of made-up data, for their labels
  std::string fits_folder;        ///< overlays: <experiment>/<cell>/<frame>.png
  DrawObjects draw_objects;       ///< may be empty
  DrawLandscape draw_landscape;   ///< may be empty
};

/// All that the report of an experiment shows, gathered from the database, the overlays and the
/// labels. What is not there any more (overlays, labels) is named among the failures.
ReportContent gather_report(const Database& database, const ReportOptions& options);

/// Adds to a report:
/// - the best, median and worst object of each row of the table. Objects are ranked by 3-D overlap, those
///   without any by the distance of the location; misses come last.
/// - a gallery of failures by kind: turned by more than 45 degrees, more than 2 m off, missed. The worst of each,
///   each object once, over all cells.
/// - the loss over the heading of the most turned of them, or else of a median object.
/// Without `draw_objects`, and where it fails, pictures are cut from the cells' overlays.
void add_object_pictures(const Database& database,
                         const std::vector<LabelledCell>& cells,
                         const ReportOptions& options,
                         ReportContent& content);

}  // namespace monodr
