// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace monodr {

/// SHA-256 of files, kept by path, size and time of change in nanoseconds, so that a second call reads
/// directories only. A change that keeps size and time goes unnoticed, as with make.
class HashCache {
 public:
  /// Kept in this file ("" = nowhere), which is made where it is missing; a damaged line in it is ignored.
  explicit HashCache(const std::string& file);

  /// UserError for a file that cannot be read.
  std::string hash_of(const std::string& path);
  void save() const;

 private:
  std::string file_;
  std::map<std::string, std::string> hashes_;  ///< by "size time path"
  bool is_changed_ = false;
};

}  // namespace monodr
