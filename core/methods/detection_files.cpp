// SPDX-License-Identifier: Apache-2.0
#include "methods/detection_files.h"

#include <filesystem>

#include "base/error.h"
#include "data/kitti_label.h"

namespace monodr {

DetectionFiles::DetectionFiles(const std::string& folder,
                               const CategoryModel& category,
                               const std::string& key)
    : folder_(folder) {
  if (!std::filesystem::is_directory(folder))
    throw UserError(fmt::format("'{}' is \"{}\", but there is no such folder", key, folder));
  for (const std::string& frame : list_kitti_frames(folder)) {
    std::vector<Annotation>& kept = by_frame_[frame];
    for (Annotation& detection : read_kitti_frame(folder, frame, KittiFileKind::results).objects)
      if (category.includes(detection.category)) kept.push_back(std::move(detection));
  }
  if (by_frame_.empty())
    throw UserError(fmt::format(
        "'{}' is \"{}\", which holds no result file (FRAME.txt with 16 columns)", key, folder));
}

}  // namespace monodr
