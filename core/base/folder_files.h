// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace monodr {

/// Whether a file is an operating system's and not a person's: a name that begins with a point
/// (`._000008.png` beside `000008.png` on a disk that a Mac wrote, `.DS_Store`), Thumbs.db, desktop.ini.
bool is_system_file(const std::filesystem::path& path);

/// The files in `root` and all folders below it, sorted. Links are followed, each folder is read once however
/// many links lead to it; files of the system and folders that may not be read are passed over.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& root);

}  // namespace monodr
