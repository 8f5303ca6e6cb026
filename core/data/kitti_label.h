// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "geometry/annotation.h"

namespace monodr {

/// KITTI's text files of objects, one line each (KITTI object development kit, readme.txt):
///
///     type truncation occlusion alpha  left top right bottom  h w l  x y z  rotation_y  [score]
///
/// Labels have 15 columns, results a 16th, the score. Lines may end in LF or CRLF, columns are
/// separated by any blanks, empty lines are skipped. Pixels are shifted by the half pixel between
/// KITTI's convention and monodr's (geometry/camera.h) on the way in and back on the way out.
enum class KittiFileKind {
  labels,   ///< 15 columns; a 16th is taken as the score
  results,  ///< 16 columns; truncation and occlusion are of no interest, -1 as a rule
};

/// UserError where a line is of KITTI's tracking benchmark: frame and track before the columns of an object.
void refuse_tracking_labels(const std::vector<std::string_view>& columns,
                            const SourceLocation& where);

/// Objects of one file's text. Throws UserError at `file:line` for a wrong number of columns, a
/// column that is not a finite number, a label's occlusion that is not whole.
std::vector<Annotation> parse_kitti_objects(std::string_view text,
                                            KittiFileKind kind,
                                            const std::string& file);

/// One frame's file `<folder>/<frame>.txt`.
FrameAnnotations read_kitti_frame(const std::string& folder,
                                  const std::string& frame,
                                  KittiFileKind kind);

/// All of these frames, in their order, read by `threads` threads. The error thrown is that of the
/// first faulty frame.
std::vector<FrameAnnotations> read_kitti_frames(const std::string& folder,
                                                const std::vector<std::string>& frames,
                                                KittiFileKind kind,
                                                int threads = 1);

/// Ids as in KITTI's ImageSets: one a line, blanks and empty lines are of no account. Throws
/// UserError for two ids on a line, an id given twice and a file without any.
std::vector<std::string> read_kitti_frame_list(const std::string& path);

/// Ids of all `.txt` files in the folder, sorted.
std::vector<std::string> list_kitti_frames(const std::string& folder);

/// Text of a label file, with the two decimals that KITTI's own have. Scores are left out.
std::string format_kitti_labels(const std::vector<Annotation>& objects);

/// Text of a result file: four decimals, the score in full, truncation and occlusion -1. The
/// official kit reads it as it is.
std::string format_kitti_results(const std::vector<Annotation>& objects);

/// Writes `<folder>/<frame>.txt` for every frame, empty files for frames without objects (the kit
/// takes a missing file as an error), and makes the folder where it is missing.
void write_kitti_frames(const std::string& folder,
                        const std::vector<FrameAnnotations>& frames,
                        KittiFileKind kind);

}  // namespace monodr
