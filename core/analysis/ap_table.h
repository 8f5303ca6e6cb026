// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/kitti_ap.h"

namespace monodr {

/// For a person: one line a class, metric and minimum overlap, with AP40 and AP11 at the three
/// difficulties; "-" where no label counts. Below it the AP that perfect detections reach, for each number of
/// labels below 41.
std::string ap_rows_as_table(const std::vector<ApRow>& rows);

/// A list of {class, metric, difficulty, iou, recall_positions, value, labels}.
std::string ap_rows_as_json(const std::vector<ApRow>& rows);

/// The same columns, with a heading.
std::string ap_rows_as_csv(const std::vector<ApRow>& rows);

}  // namespace monodr
