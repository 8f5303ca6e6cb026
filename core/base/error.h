// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace monodr {

/// A position in something a person wrote. Line and column count from 1; 0 means "not known".
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;

  /// "file:line:column", leaving out what is not known.
  std::string to_string() const;
};

/// What the user can mend: a key, a file, a plugin, a range. The message names the thing, its
/// value, the rule it breaks and the remedy. `main` turns it into a message and exit code 2.
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& message) : std::runtime_error(message) {}
  UserError(const SourceLocation& where, const std::string& message)
      : std::runtime_error(where.to_string() + ": " + message) {}
};

/// A broken invariant of this code, never the user's fault.
class CheckFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void throw_check_failure(const char* condition,
                                      const char* file,
                                      int line,
                                      const std::string& message);

}  // namespace monodr

/// Throws CheckFailure with file and line unless `condition` holds; the rest is a fmt format.
#define MONODR_CHECK(condition, ...)                                                           \
  do {                                                                                         \
    if (!(condition))                                                                          \
      ::monodr::throw_check_failure(#condition, __FILE__, __LINE__, fmt::format(__VA_ARGS__)); \
  } while (false)
