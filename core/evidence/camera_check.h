// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "geometry/camera.h"

namespace monodr {

/// Whether intrinsics are those of a picture of this size. Of one that was enlarged or made smaller by s, both
///     2 cx / width  and  2 cy / height  are about s,
/// while a crop moves them each by something else. UserError, naming `source` (a file or a frame), where both say the same
/// s below 0.7 or above 1.4, where the principal point lies farther outside of the picture than the picture is large, or
/// where the picture would show less than 2 or more than 175 degrees.
void require_intrinsics_fit(const Camera& camera, const std::string& source);

}  // namespace monodr
