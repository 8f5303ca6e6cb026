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
/// or a list of polygons. An image's frame is its file name without folder and extension; without a
/// list of images a number is taken as KITTI's six-digit id and a text as the id itself. "score" and
/// "categories" are optional; whatever else an annotation says (bbox, area) is not read.
class CocoMasks {
 public:
  /// UserError with file and line for broken JSON; with file and running number of the annotation
  /// for one without image or segmentation.
  explicit CocoMasks(const std::string& path);

  /// Whether the file lists the frame's image, with or without masks.
  bool has(const std::string& frame) const { return entries_.count(frame) > 0; }

  /// The masks of a frame whose score is at least this. UserError as above where one does not fit
  /// an image of this size.
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
  };

  friend struct CocoParser;

  std::string path_;
  std::unordered_map<std::string, std::vector<Entry>> entries_;
};

}  // namespace monodr
