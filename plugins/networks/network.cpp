// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/text.h"

namespace monodr {

std::vector<std::int64_t> NetworkOutput::squeezed() const {
  auto first = std::find_if(shape.begin(), shape.end(), [](std::int64_t n) { return n != 1; });
  return {first, shape.end()};
}

std::string describe_shape(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sides;
  for (const std::int64_t side : shape) sides.push_back(side < 0 ? "?" : std::to_string(side));
  return "[" + join(sides, ", ") + "]";
}

void check_model_file(const std::string& file) {
  namespace fs = std::filesystem;
  if (file.empty())
    throw UserError(
        "no network is named: set 'model' to its file (docs/networks.md says where networks come "
        "from)");
  if (!fs::is_regular_file(file))
    throw UserError(
        fmt::format("there is no network '{}'; weights are not part of monodr, docs/networks.md "
                    "says where they come from",
                    file));
  std::ifstream stream(file, std::ios::binary);
  std::string start(64, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  if (start.empty()) throw UserError(fmt::format("'{}' is empty; fetch the network again", file));
  if (start.starts_with("version https://git-lfs"))
    throw UserError(
        fmt::format("'{}' is a pointer of Git LFS and not the network itself; run 'git lfs pull' "
                    "where it came from",
                    file));
  if (start.starts_with("<!DOCTYPE") || start.starts_with("<html"))
    throw UserError(fmt::format(
        "'{}' is a page of HTML and no network; the download gave an error page", file));
}

void check_finite(const std::string& file, const NetworkOutput& output) {
  const auto odd = std::find_if(output.values.begin(), output.values.end(), [](float value) {
    return !std::isfinite(value);
  });
  if (odd == output.values.end()) return;
  throw UserError(
      fmt::format("the output '{}' of '{}' has a value that is {}; are colour_mean and "
                  "colour_deviation those of "
                  "this network?",
                  output.name,
                  file,
                  std::isnan(*odd) ? "NaN" : "infinite"));
}

}  // namespace monodr
