// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/box.h"
#include "settings/category.h"

namespace monodr {

/// What the method may know of a line in a label or result file: class, 2-D box, score. There is
/// no room here for a 3-D box, and read_boxes2d converts no other column; that is how the
/// observations stay free of 3-D truth even where their 2-D boxes come from label files.
struct ObjectBox2d {
  std::string category;  ///< as written: "Car", "Van", "DontCare", ...
  Box2d box;             ///< monodr's pixel convention (the file's numbers + 0.5)
  double score = 1;      ///< column 16; 1 for labels
  int line = 0;          ///< in its file, from 1; 0 = of no line
};

enum class BoxFile {
  labels,      ///< 15 fields a line (a 16th is accepted and not read)
  detections,  ///< 16 fields a line, the last is a score within 0..1
};

/// Columns 1 (class), 5-8 (left, top, right, bottom) and 16 (score) of every line, in the file's
/// order; the other columns are counted and never converted. An empty file is an empty list.
/// UserError with file and line for a missing file, a wrong number of fields, a value that is not
/// a number, a box that ends before it starts, a score outside 0..1.
std::vector<ObjectBox2d> read_boxes2d(const std::string& path, BoxFile kind);

/// Greedy non-maximum suppression: of two boxes of one class that overlap by more than this, the
/// one of lower score is a double. Detectors' files are suppressed already, so the threshold is
/// high: it removes doubles and leaves cars that hide one another.
inline constexpr double kNonMaximumOverlap = 0.8;

/// For each box whether it stays.
std::vector<bool> suppress_non_maxima(const std::vector<ObjectBox2d>& boxes);

}  // namespace monodr
