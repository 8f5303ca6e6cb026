// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/method.h"

namespace monodr {

/// The detections of another system, as they stand in its KITTI result files: all of the class in
/// the frames of the data set, whether they meet an observation or not, for an evaluation that left
/// some out would flatter the system. A detection without a 3-D box counts in the image and as a
/// false positive in the other metrics; an alpha that is not given (-10) follows from the box.
///
/// A frame without a file holds no detection, and how many there are is said in a note; files for
/// none of the frames are a UserError.
std::unique_ptr<Method> make_boxes_method(const nlohmann::json& config,
                                          Registry& registry,
                                          const std::string& cache);
void check_boxes_method(const nlohmann::json& config, Registry& registry);

}  // namespace monodr
