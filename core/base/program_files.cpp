// SPDX-License-Identifier: Apache-2.0
#include "base/program_files.h"

#include <filesystem>

#include "base/sha256.h"

namespace monodr {

namespace fs = std::filesystem;

std::vector<std::string> program_files(const std::string& program) {
  std::error_code ignored;
  const fs::path file = fs::canonical(program, ignored);
  std::vector<std::string> files{file.empty() ? program : file.string()};
  for (const char* name : {"core", "kernels", "plugin", "methods"})
    for (const fs::path& folder :
         {file.parent_path(), file.parent_path().parent_path() / "lib" / "monodr"}) {
      const fs::path library = folder / ("libmonodr_" + std::string(name) + ".so");
      if (!fs::exists(library, ignored)) continue;
      files.push_back(library.string());
      break;
    }
  return files;
}

std::string program_hash(const std::string& program) {
  std::string hashes;
  for (const std::string& file : program_files(program)) hashes += sha256_of_file(file);
  return sha256(hashes);
}

}  // namespace monodr
