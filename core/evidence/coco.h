// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "evidence/image.h"

namespace monodr {

struct CocoMask {
  BinaryMask mask;
  std::string category;  ///< name; "" where the file lists no categories
  double score = 1;
};

/// Masks from a JSON file in COCO's style. Both of its forms are read:
///
///   {"images": [{"id": 7, "file_name": "000123.png"}, ...],
///    "annotations": [{"image_id": 7, "segmentation": S, "category_id": 3, "score": 0.9}, ...],
///    "categories": [{"id": 3, "name": "car"}, ...]}                              annotations
///   [{"image_id": 123, "segmentation": S, "score": 0.9}, ...]                    results
///
/// S is {"size": [height, width], "counts": [runs]}, the same with "counts": "text" (coco_rle.h),
/// or a list of polygons, each x0 y0 x1 y1 ...; a single one may stand without a list around it. Polygons of less
/// than three points are passed over. An image's frame is its file name without folder and extension; without a
/// list of images a number is taken as KITTI's six-digit id and a text as the id itself. "score" and
/// "categories" are optional; whatever else an annotation says (bbox, area) is not read.
class CocoMasks {
 public:
  /// UserError with file and line for broken JSON, and for a file without annotations. An annotation that cannot be
  /// read costs its frame only (see masks()), one of which the frame is not known nothing but itself (see faults()).
  explicit CocoMasks(const std::string& path);

  /// Whether the file lists the frame's image, with or without masks.
  bool has(const std::string& frame) const { return entries_.count(frame) > 0; }

  const std::string& path() const { return path_; }

  /// UserError where there are masks, but none for this frame, whose file it is.
  void require(const std::string& frame) const;

  /// Some of the frames, for a message.
  std::string frames_text() const;

  /// Annotations that were left out, with file and running number: those of an image that the file does not list.
  const std::vector<std::string>& faults() const { return faults_; }

  /// The masks of a frame whose score is at least this. UserError as above where one does not fit
  /// an image of this size or cannot be read, with file and running number of the annotation.
  std::vector<CocoMask> masks(const std::string& frame,
                              int width,
                              int height,
                              double minimum_score) const;

 private:
  struct Entry {
    size_t number = 0;  ///< position in the list of annotations
    std::string category;
    double score = 1;
    int width = 0, height = 0;  ///< as stated with run lengths; 0 = polygons
    std::string text;           ///< compressed run lengths, "" = not these
    std::vector<std::int64_t> runs;
    std::vector<std::vector<double>> polygons;
    std::string fault;  ///< why it cannot be read; "" = it can
  };

  friend struct CocoParser;

  std::string path_;
  std::vector<std::string> faults_;
  std::unordered_map<std::string, std::vector<Entry>> entries_;
};

}  // namespace monodr
