// SPDX-License-Identifier: Apache-2.0
#include "base/path_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace monodr {

namespace fs = std::filesystem;

std::string path_identity(const std::string& path) {
  if (fs::is_regular_file(path)) return sha256_of_file(path);
  if (!fs::is_directory(path)) throw UserError(fmt::format("there is no '{}'", path));
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    struct stat status {};
    if (!entry.is_regular_file() || ::stat(entry.path().c_str(), &status) != 0) continue;
    lines.push_back(fmt::format("{} {} {}.{}\n",
                                fs::relative(entry.path(), path).string(),
                                status.st_size,
                                status.st_mtim.tv_sec,
                                status.st_mtim.tv_nsec));
  }
  std::sort(lines.begin(), lines.end());
  return sha256(join(lines, ""));
}

}  // namespace monodr
