// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace monodr {

/// A reader, the name of the file it is given, and sound files of its format.
struct FuzzedReader {
  std::string name, file;
  std::vector<std::string> samples;
  std::function<void(const std::string& path)> read;
};

/// Every reader of what people bring. `folder` holds what stands beside their files.
std::vector<FuzzedReader> fuzzed_readers(const std::string& folder);

}  // namespace monodr
