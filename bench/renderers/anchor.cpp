// SPDX-License-Identifier: Apache-2.0
#include "anchor.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "renderers/scenes.h"

namespace monodr::bench {
namespace {

std::string anchor_program() {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return folder == nullptr ? "" : std::string(folder) + "/softref_anchor";
}

}  // namespace

bool anchor_available() {
  return std::filesystem::exists(anchor_program()) && !test::scenario_folder().empty();
}

AnchorTimes run_anchor(int level, int batch, int size, const std::string& sigma, int threads) {
  const std::string command = fmt::format("SCENARIOS='{}' '{}' {} {} {} {} {}",
                                          test::scenario_folder(),
                                          anchor_program(),
                                          level,
                                          batch,
                                          size,
                                          sigma,
                                          threads);
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw UserError("cannot run " + command);
  char line[512] = "";
  const bool read = std::fgets(line, sizeof line, pipe) != nullptr;
  const int status = pclose(pipe);
  AnchorTimes times;
  const char* figures = std::strstr(line, "fwd ");
  if (!read || status != 0 || figures == nullptr ||
      std::sscanf(figures,
                  "fwd %lf ms (min %*f) fwd+bwd %lf ms",
                  &times.forward,
                  &times.forward_backward) != 2)
    throw UserError(fmt::format("{} said: {}", command, line));
  return times;
}

}  // namespace monodr::bench
