// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace monodr {

/// Reference data lies beside the tree, in ../shared, and not in it. The path of a file there, or
/// "" where it is absent: the test then skips, saying so.
inline std::string shared_file(const std::string& name) {
  const char* source = std::getenv("MONODR_SOURCE_DIR");
  if (source == nullptr) return "";
  const std::filesystem::path path = std::filesystem::path(source) / ".." / "shared" / name;
  return std::filesystem::exists(path) ? path.lexically_normal().string() : "";
}

/// A folder of this test's own, removed with all that is in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "monodr_test.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace monodr
