// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace monodr {

/// What a cell says whose predictor was trained with labels. Tables look for it, and mark the row (results/table.h).
inline constexpr const char* kSupervisedRemark =
    "supervised: its predictor was trained with labels";

}  // namespace monodr
