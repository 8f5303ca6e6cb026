// SPDX-License-Identifier: Apache-2.0
#include "data/file_pattern.h"

#include <algorithm>

#include "base/folder_files.h"
#include "base/text.h"

namespace monodr {

namespace fs = std::filesystem;

bool is_picture(const std::string& file) {
  const std::string ending = lower_case(fs::path(file).extension().string());
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

std::string with_name(std::string text, const std::string& name) {
  constexpr std::string_view kMark = "{name}";
  for (size_t at = text.find(kMark); at != std::string::npos;
       at = text.find(kMark, at + name.size()))
    text.replace(at, kMark.size(), name);
  return text;
}

namespace {

/// The text between the stars, in this order.
bool fits(std::string_view text, const std::vector<std::string>& parts) {
  if (parts.size() == 1) return text == parts[0];
  if (!text.starts_with(parts.front())) return false;
  text.remove_prefix(parts.front().size());
  if (!text.ends_with(parts.back())) return false;
  text.remove_suffix(parts.back().size());
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const size_t at = text.find(parts[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + parts[i].size());
  }
  return true;
}

}  // namespace

std::vector<std::string> PatternFiles::that_fit(const std::string& pattern,
                                                const std::string& name,
                                                const SourceLocation& where) {
  const fs::path written(pattern);
  if (written.parent_path().string().find('*') != std::string::npos)
    throw UserError(
        where,
        fmt::format("'{}' has a * in a folder's name; only the file's name, behind the last "
                    "'/', may have one",
                    pattern));
  const fs::path in = folder_ / with_name(written.parent_path().string(), name);
  std::vector<std::string> parts;  // the name is put in afterwards: it may hold a star itself
  for (std::string rest = written.filename().string();;) {
    const size_t star = rest.find('*');
    parts.push_back(with_name(rest.substr(0, star), name));
    if (star == std::string::npos) break;
    rest.erase(0, star + 1);
  }
  std::error_code none;
  if (parts.size() == 1) {
    const fs::path file = in / parts[0];
    return fs::is_regular_file(file, none) ? std::vector{file.string()}
                                           : std::vector<std::string>{};
  }
  std::vector<std::string> files;
  for (const std::string& file : listing(in))
    if (fits(file, parts)) files.push_back((in / file).string());
  return files;
}

std::string PatternFiles::path_of(const std::string& pattern, const std::string& name) const {
  return (folder_ / with_name(pattern, name)).string();
}

const std::vector<std::string>& PatternFiles::listing(const fs::path& folder) {
  const auto [known, is_new] = listings_.try_emplace(folder.string());
  std::error_code none;
  if (is_new)
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, none))
      if (const std::string name = entry.path().filename().string();
          !is_system_file(name) && entry.is_regular_file(none))
        known->second.push_back(name);
  std::sort(known->second.begin(), known->second.end());
  return known->second;
}

}  // namespace monodr
