// SPDX-License-Identifier: Apache-2.0
#include "base/shipped_files.h"

#include <filesystem>

namespace monodr {

std::vector<std::string> shipped_experiments() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path above = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
  std::vector<std::string> folders;
  for (const fs::path& folder :
       {above / "share/monodr/experiments", above.parent_path() / "experiments"})
    if (fs::is_directory(folder, ignored)) folders.push_back(folder.string());
  return folders;
}

}  // namespace monodr
