// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace monodr {

/// Results that took long, kept for the next run: `folder`/<key><ending>, one file an entry.
///
/// The key is a hash of all that went into the entry (contents, not names and times), so an entry is never
/// wrong and deleting one costs time only. An entry is there whole or not at all: it is written under a name
/// of its own and renamed, so threads, processes and hosts may share the folder. Refusals are not kept.
/// When the folder holds more than `limit` bytes, the entries that were not used for longest go
/// (looked at with the first and each 64th entry that is stored).
class FileCache {
 public:
  static constexpr std::uintmax_t kLimit = std::uintmax_t{8} << 30;

  /// Makes the folder; "" = nothing is kept.
  FileCache(std::string folder, std::string ending, std::uintmax_t limit = kLimit);

  bool is_on() const { return !folder_.empty(); }
  /// The entry's content; nothing where it is not there (or another process has just taken it out).
  std::optional<std::string> find(const std::string& key) const;
  /// Whether it is there; it counts as used.
  bool has(const std::string& key) const;
  /// Where it cannot be written, nothing is kept.
  void store(const std::string& key, const std::string& content) const;
  std::string path(const std::string& key) const;
  /// For who writes path(key) himself, because it must be there or is read in place: takes out what goes beyond
  /// the limit.
  void make_room() const;

 private:
  std::string folder_, ending_;
  std::uintmax_t limit_;
};

}  // namespace monodr
