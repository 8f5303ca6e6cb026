// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "evidence/dataset.h"
#include "settings/sections.h"

namespace monodr {

/// What the settings of a cell with this seed ask of the data. Of made-up data the root is their folder in
/// `cache`, where the masks cut from real pictures are kept, too.
DatasetRequest data_request(const CellSettings& settings,
                            std::uint64_t seed,
                            const std::string& cache);

/// Whether pictures are read: for a method that looks at observations, and where `objects` counts
/// them, so that every arm of a table has the same frames.
bool reads_observations(const nlohmann::json& config, const DatasetRequest& request);

}  // namespace monodr
