// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "data/synthetic_set.h"

namespace monodr {

/// Makes the dataset beside `output` and renames it into place when it is complete. Does nothing
/// where `output` holds the same dataset already; returns whether anything was made.
/// `progress` gets the share done, 0..1, from one thread at a time.
/// UserError where `output` exists and is something else, and where it cannot be written.
bool synthesize(const SynthesisOptions& options,
                const std::function<void(double)>& progress = nullptr);

}  // namespace monodr
