// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace monodr {

/// What is wrong with a file of a dataset.
struct DataFault {
  std::string file;
  int line = 0;  ///< from 1; 0 = the whole file
  std::string message;

  std::string to_string() const;  ///< "file:line: message"
};

/// The files of one kind: training/<name>, or one of its alternatives; of a manifest by its keys.
struct DataKind {
  std::string name;
  size_t files = 0;                  ///< frames that have one (or, of masks_2, several)
  std::vector<std::string> missing;  ///< frames of the set without one
};

/// Of the boxes that experiments take (detections where there are any, else labels), in frames with masks.
struct MaskMatches {
  size_t boxes = 0, masks = 0, matched = 0;
};

/// What a folder in KITTI's layout, or a manifest's frames, hold.
struct Inspection {
  std::string root;
  std::vector<std::string> frames;         ///< all that any folder names, sorted
  std::map<std::string, size_t> splits;    ///< ImageSets: name -> frames
  std::vector<DataKind> kinds;             ///< those that are there; image_2, calib always
  std::map<std::string, int> image_sizes;  ///< "1242x375" -> images
  std::map<std::string, int> labels;       ///< class -> objects of label_2
  std::map<std::string, int> detections;   ///< class -> objects of detections_2
  std::map<std::string, size_t> masks;  ///< source ("instance", "png", "coco", "manifest") -> masks
  MaskMatches matches;                  ///< boxes that a mask belongs to
  std::vector<DataFault> faults;        ///< sorted by file and line
  std::vector<std::string> notes;       ///< what is odd and no fault of one file
};

/// Reads every file of ROOT/training and ROOT/ImageSets with the readers that experiments use, on
/// `threads` threads, and lists all that is wrong: each bad line of a text file, damaged pictures,
/// sizes that do not agree, splits that name absent frames, frames without image or calibration. No
/// fault ends the listing; only a root without a folder training/ is a UserError. A root that is a file is a
/// manifest (data/manifest.h), whose frames are read as experiments read them. `progress` gets
/// the share done, 0..1, from one thread at a time. Depth is judged by objects of `category`
/// (experiments/categories, or a file), whose size and boxes tell how far they are.
Inspection inspect(const std::string& root,
                   int threads,
                   const std::function<void(double)>& progress = nullptr,
                   const std::string& category = "car");

/// For a person at a prompt, and for programs: one JSON object with the fields above.
std::string format_inspection(const Inspection& inspection);
std::string inspection_json(const Inspection& inspection);

}  // namespace monodr
