// SPDX-License-Identifier: Apache-2.0
#include "base/file_cache.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace monodr {

namespace fs = std::filesystem;

FileCache::FileCache(std::string folder, std::string ending, std::uintmax_t limit)
    : folder_(std::move(folder)), ending_(std::move(ending)), limit_(limit) {
  if (is_on()) fs::create_directories(folder_);
}

bool FileCache::has(const std::string& key) const {
  std::error_code error;
  if (!is_on() || !fs::is_regular_file(path(key), error)) return false;
  fs::last_write_time(path(key), fs::file_time_type::clock::now(), error);  // used last
  return true;
}

std::optional<std::string> FileCache::find(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  try {
    return read_file(path(key));
  } catch (const UserError&) {
    return std::nullopt;
  }
}

void FileCache::store(const std::string& key, const std::string& content) const {
  if (!is_on()) return;
  try {
    write_file_atomically(path(key), content);
  } catch (const UserError&) {
    return;  // a full disk or a folder of others costs time, no result
  }
  // To list the folder at each of ten thousand masks would take time with their square.
  constexpr unsigned kStoresBetween = 64;
  static std::atomic<unsigned> stores{0};
  if (stores++ % kStoresBetween == 0) make_room();
}

std::string FileCache::path(const std::string& key) const {
  return (fs::path(folder_) / (key + ending_)).string();
}

// What others delete meanwhile is gone, which is all that is wanted.
void FileCache::make_room() const {
  struct Entry {
    fs::file_time_type used;
    std::uintmax_t size;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder_, error)) {
    if (file.path().extension() != ending_) continue;
    std::error_code gone;
    const Entry entry{file.last_write_time(gone), file.file_size(gone), file.path()};
    if (gone) continue;
    total += entry.size;
    entries.push_back(entry);
  }
  if (total <= limit_) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.used, a.path) < std::tie(b.used, b.path);
  });
  for (const Entry& entry : entries) {
    if (total <= limit_) return;
    fs::remove(entry.path, error);
    total -= entry.size;
  }
}

}  // namespace monodr
