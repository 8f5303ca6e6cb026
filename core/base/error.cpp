// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

namespace monodr {

std::string SourceLocation::to_string() const {
  if (line <= 0) return file;
  if (column <= 0) return fmt::format("{}:{}", file, line);
  return fmt::format("{}:{}:{}", file, line, column);
}

void throw_check_failure(const char* condition,
                         const char* file,
                         int line,
                         const std::string& message) {
  throw CheckFailure(fmt::format("{}:{}: check '{}' failed: {}", file, line, condition, message));
}

}  // namespace monodr
