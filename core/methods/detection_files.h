// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "geometry/annotation.h"
#include "settings/category.h"

namespace monodr {

/// A folder of KITTI result files that another system wrote, one a frame.
class DetectionFiles {
 public:
  /// Keeps the detections of the category, those without a 3-D box too. UserError, which names the
  /// `key` that the folder was given by, for a folder that is not there or holds no result file, and
  /// for a faulty file.
  DetectionFiles(const std::string& folder, const CategoryModel& category, const std::string& key);

  const std::map<std::string, std::vector<Annotation>>& by_frame() const { return by_frame_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::map<std::string, std::vector<Annotation>> by_frame_;
};

}  // namespace monodr
