// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cell/shown_objects.h"

namespace monodr {

/// FOLDER/NAME.png, a square of `size` pixels around the label's 2-D box: the fitted mesh in its stored box (green),
/// the label's box (orange); and where the method saw anything FOLDER/NAME-image.png, -mask.png and -depth.png, three of
/// them as wide as the first. Returns what stands in those: [{"title": ..., "caption": ..., "file": ...}, ...].
nlohmann::json draw_object(const ShownObject& shown,
                           const LabelledDetection& object,
                           int size,
                           const std::string& folder,
                           const std::string& name);

}  // namespace monodr
