// SPDX-License-Identifier: Apache-2.0
#include "base/library_errors.h"

#include <fmt/format.h>

#include <filesystem>
#include <new>

namespace monodr {

std::string mendable_fault(const std::exception& error) {
  if (const auto* failure = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return fmt::format("'{}': {}", failure->path1().string(), failure->code().message());
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return "there is not enough memory; give it more, fewer workers (-j) or smaller files";
  return "";
}

}  // namespace monodr
