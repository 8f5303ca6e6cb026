// SPDX-License-Identifier: Apache-2.0
#include "base/path_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/folder_files.h"
#include "base/sha256.h"
#include "base/text.h"

namespace monodr {

namespace fs = std::filesystem;

std::string path_identity(const std::string& path) {
  if (fs::is_regular_file(path)) return sha256_of_file(path);
  if (!fs::is_directory(path)) throw UserError(fmt::format("there is no '{}'", path));
  std::vector<std::string> lines;
  for (const fs::path& file : files_below(path)) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) continue;
    lines.push_back(fmt::format("{} {} {}.{}\n",
                                file.lexically_relative(path).string(),
                                status.st_size,
                                status.st_mtim.tv_sec,
                                status.st_mtim.tv_nsec));
  }
  std::sort(lines.begin(), lines.end());
  return sha256(join(lines, ""));
}

}  // namespace monodr
