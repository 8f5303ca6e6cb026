// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/parameters.h"

namespace monodr {

/// What the cells' ids take from the data itself. A made-up set is what its settings say, and those
/// stand in the configuration; a KITTI folder is what its files hold.
std::string dataset_identity(const Parameters& dataset);

}  // namespace monodr
