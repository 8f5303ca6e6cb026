// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/database.h"

namespace monodr {

/// The name of the folder that holds a cell's pictures, for people to find it by:
/// "<arm>-seed<seed>[-<axis>-<value>...]-<6 digits of the id>", lower case, letters and digits of
/// ASCII only: "mask-photometric-seed0-iterations-20-3f2a91".
std::string picture_folder_name(const CellRecord& record);

}  // namespace monodr
