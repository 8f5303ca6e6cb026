// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "evidence/image.h"

namespace monodr {

/// The array `key`, or the one saved without a name, of a NumPy .npz archive (stored or deflated): floats of 16, 32 or 64 bits or whole
/// numbers, little-endian, C order, shape [H, W] or with ones around it ([1, H, W], [H, W, 1]). UserError that names
/// the file for anything else.
NumberPicture read_npz_plane(const std::string& path, const std::string& key);

/// The same of a single .npy file.
NumberPicture read_npy_plane(const std::string& path);

}  // namespace monodr
