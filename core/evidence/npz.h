// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "evidence/image.h"

namespace monodr {

/// The array `key` of a NumPy .npz archive (stored or deflated): float16, float32 or float64,
/// little-endian, C order, shape [H, W] or with leading ones ([1, H, W]). UserError that names the
/// file for anything else.
Plane<float> read_npz_plane(const std::string& path, const std::string& key);

/// The same of a single .npy file.
Plane<float> read_npy_plane(const std::string& path);

}  // namespace monodr
