// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/random.h"

namespace monodr {

/// A file that is nearly one of the samples: bits turned, numbers and bytes replaced by extreme ones, parts cut
/// out, doubled, moved in from another sample, or the end cut off; one to four times over.
std::string mutated(const std::vector<std::string>& samples, Random& random);

}  // namespace monodr
