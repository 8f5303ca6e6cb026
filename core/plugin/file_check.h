// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace monodr {

/// Why a plugin file must not be loaded, found without running any of its code; "" where it may
/// be. In this order: writable by everyone (or its folder), unreadable, empty, no ELF file,
/// truncated, for another processor, no shared library, without the symbol of MONODR_PLUGIN(...),
/// built for another ABI, LibTorch or compiler:
///
/// The permissions of what lies below a folder of MONODR_TRUSTED_FOLDERS (absolute paths, ':' between them) are not
/// looked at: on file systems without any, every file is writable by everyone and chmod has no effect.
///
///     built for monodr ABI 3, LibTorch 1.12.0, g++ 11; this is monodr ABI 1, LibTorch 1.13.0,
///     g++ 12; rebuild with ...
std::string refusal_of(const std::filesystem::path& file);

}  // namespace monodr
