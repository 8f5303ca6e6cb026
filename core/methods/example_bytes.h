// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "methods/training_examples.h"

namespace monodr {

/// Examples by frames as the processes of one training hand them to each other: the same build on the same kind of
/// machine, so that nothing is said of versions or of the order of bytes. What is read back is what was written, bit for bit.
using FramesExamples = std::vector<std::vector<TrainingExample>>;
std::string to_bytes(FramesExamples frames);
FramesExamples frames_examples_from_bytes(const std::string& bytes);

}  // namespace monodr
