// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/parameters.h"

namespace monodr {

/// What the cells' ids take from the data itself: of a made-up set the fingerprint of its generator
/// and options, of a KITTI folder that of its files.
std::string dataset_identity(const Parameters& dataset);

}  // namespace monodr
