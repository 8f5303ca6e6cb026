// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

#include "data/frame_reader.h"

namespace monodr {

/// Why one object of a sound frame cannot be fitted; caught where observations are collected.
class UnusableObject : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The observation of one candidate: mask from its instance or by GrabCut, what is known of the
/// pixels around it, depth; for synthetic frames with the options' faults. Throws UnusableObject
/// where the evidence does not do.
Observation observe(const Frame& frame, const Candidate& candidate, const DatasetOptions& options);

}  // namespace monodr
