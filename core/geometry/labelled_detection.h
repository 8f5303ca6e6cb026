// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "geometry/annotation.h"

namespace monodr {

/// A label of a frame and the detection that was matched to it; nothing where it was missed.
struct LabelledDetection {
  std::string frame;
  Annotation label;
  std::optional<Annotation> detection;
};

}  // namespace monodr
