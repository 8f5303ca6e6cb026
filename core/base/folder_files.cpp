// SPDX-License-Identifier: Apache-2.0
#include "base/folder_files.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/text.h"

namespace monodr {

namespace fs = std::filesystem;

bool is_system_file(const fs::path& path) {
  const std::string name = lower_case(path.filename().string());
  return name.starts_with('.') || name == "thumbs.db" || name == "desktop.ini";
}

namespace {

void collect(const fs::path& folder, std::set<fs::path>& read, std::vector<fs::path>& files) {
  std::error_code error;
  if (!read.insert(fs::canonical(folder, error)).second) return;
  // Sorted, so that of two links to one folder the same is taken everywhere.
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    entries.push_back(entry->path());
  std::sort(entries.begin(), entries.end());
  for (const fs::path& entry : entries) {
    if (is_system_file(entry)) continue;
    if (fs::is_directory(entry, error))
      collect(entry, read, files);
    else if (fs::is_regular_file(entry, error))
      files.push_back(entry);
  }
}

}  // namespace

std::vector<fs::path> files_below(const fs::path& root) {
  std::set<fs::path> read;
  std::vector<fs::path> files;
  collect(root, read, files);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace monodr
