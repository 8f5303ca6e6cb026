// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace monodr {

/// Whether the ending is one of a picture that can be read: .png, .jpg or .jpeg, in capitals too.
bool is_picture(const std::string& file);

/// The text with `name` where {name} stands.
std::string with_name(std::string text, const std::string& name);

/// The files that patterns fit, each folder listed once. In the last part of a path `*` stands for any
/// characters; files of the system never fit.
class PatternFiles {
 public:
  /// Patterns are relative to `folder`.
  explicit PatternFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Sorted. `name` stands for {name}. UserError at `where` for a star in a folder's name.
  std::vector<std::string> that_fit(const std::string& pattern,
                                    const std::string& name,
                                    const SourceLocation& where);

  std::string path_of(const std::string& pattern, const std::string& name) const;

 private:
  const std::vector<std::string>& listing(const std::filesystem::path& folder);

  std::filesystem::path folder_;
  std::map<std::string, std::vector<std::string>> listings_;
};

}  // namespace monodr
