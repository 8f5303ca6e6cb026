// SPDX-License-Identifier: Apache-2.0
#include "data/hash_cache.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/lines.h"
#include "base/sha256.h"
#include "base/text.h"

namespace monodr {

namespace fs = std::filesystem;

HashCache::HashCache(const std::string& file) : file_(file) {
  constexpr size_t kHashLength = 64;
  if (file_.empty() || !fs::exists(file_)) return;
  const std::string content = read_file(file_);
  if (content.find('\0') != std::string::npos) return;  // damaged
  for (const NumberedLine& line : numbered_lines(content, file_)) {
    // "hash size mtime path"; the path comes last because it may hold blanks.
    const size_t space = line.text.find(' ');
    if (space == kHashLength)
      hashes_.emplace(line.text.substr(space + 1), line.text.substr(0, space));
  }
}

std::string HashCache::hash_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    throw UserError(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  const std::string key = fmt::format("{} {}.{:09} {}",
                                      status.st_size,
                                      status.st_mtim.tv_sec,
                                      status.st_mtim.tv_nsec,
                                      fs::canonical(path).string());
  const auto known = hashes_.find(key);
  if (known != hashes_.end()) return known->second;
  const std::string hash = sha256_of_file(path);
  hashes_.emplace(key, hash);
  is_changed_ = true;
  return hash;
}

void HashCache::save() const {
  if (file_.empty() || !is_changed_) return;
  std::string content;
  for (const auto& [key, hash] : hashes_) content += fmt::format("{} {}\n", hash, key);
  const fs::path parent = fs::path(file_).parent_path();
  if (!parent.empty()) fs::create_directories(parent);
  write_file_atomically(file_, content);
}

}  // namespace monodr
