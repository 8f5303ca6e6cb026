// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evidence/dataset.h"

namespace monodr {

/// A PNG to see a dataset at a glance, one row a frame: the image with its boxes (labels orange,
/// detections blue), the masks in colours of their own, the depth (near red, far blue, on a
/// logarithmic scale). Masks and depth are what experiments with these options would use; objects
/// without a mask are left out. What is wrong with a frame stands in its row.
void write_frame_sheet(const std::vector<std::string>& frames,
                       const DatasetRequest& options,
                       const std::string& path,
                       const std::function<void(double)>& progress = nullptr);

/// A PNG of what the method sees of every object, several a row: the crop, its mask (outlined) with
/// what is unknown in red, its depth. Skipped objects are left out.
void write_object_sheet(const ObservationSet& set, const std::string& path);

}  // namespace monodr
