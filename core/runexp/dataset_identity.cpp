// SPDX-License-Identifier: Apache-2.0
#include "runexp/dataset_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "data/synthetic.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

// Names, sizes and times of change: reading gigabytes at every start would cost more than a cell.
std::string folder_fingerprint(const fs::path& root) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    struct stat status {};
    if (!entry.is_regular_file() || ::stat(entry.path().c_str(), &status) != 0) continue;
    lines.push_back(fmt::format("{} {} {}.{}\n",
                                fs::relative(entry.path(), root).string(),
                                status.st_size,
                                status.st_mtim.tv_sec,
                                status.st_mtim.tv_nsec));
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return sha256(text);
}

}  // namespace

std::string dataset_identity(const Parameters& dataset) {
  if (dataset.text("source") == "synthetic") {
    SynthesisOptions options;
    options.objects = static_cast<int>(dataset.integer("objects"));
    options.seed = static_cast<std::uint64_t>(dataset.integer("scene_seed"));
    return synthetic_fingerprint(options);
  }
  return folder_fingerprint(dataset.text("root"));
}

}  // namespace monodr
