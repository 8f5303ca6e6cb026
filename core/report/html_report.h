// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "results/table.h"

namespace monodr {

struct ReportFigure {
  std::string svg;      ///< a whole file; put into the page as it is
  std::string caption;  ///< plain text
};

/// Width of a picture of an object, in px of the page: pictures are drawn at the size they are shown in, so that
/// their lines are as thin as they were meant.
constexpr int report_picture_width = 320;

struct ReportPicture {
  std::string heading;                       ///< "best"
  std::string caption;                       ///< plain text
  std::string png;                           ///< the file's bytes; "" = there is no picture
  std::vector<ReportPicture> evidence = {};  ///< what the method saw, each a third as wide
};

/// Pictures of one arm, or of one kind of failure, side by side.
struct ReportPictureRow {
  std::string label;
  std::vector<ReportPicture> pictures;
};

struct ReportFailure {
  std::string what;  ///< "mask only, seed 2"
  std::string reason;
};

/// One fact of where the numbers come from; long ones (a diff) are folded away.
struct ReportFact {
  std::string key, value;
};

struct ReportContent {
  std::string experiment, question;
  std::string summary;  ///< "12 cells: 12 done"
  Table table;          ///< with intervals
  std::vector<ReportFigure> figures;
  std::string picture_note;
  std::vector<ReportPictureRow> picture_rows;
  std::string gallery_note;
  std::vector<ReportPictureRow> gallery;  ///< of failures, a row for each kind
  std::vector<ReportFailure> failures;
  std::vector<ReportFact> said;  ///< tags and notes of cells
  std::vector<ReportFact> settings, provenance;
};

/// The report as one HTML file that needs no network and no other file: styles, pictures and the
/// few lines of script that sort tables are inside. All text may hold anything.
std::string to_html(const ReportContent& content);

}  // namespace monodr
