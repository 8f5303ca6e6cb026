// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launch/progress.h"

namespace monodr {

/// One object of which the worker is to draw how it is fitted (see cell/watch.h).
struct SheetRequest {
  std::string config;  ///< resolved
  std::int64_t seed = 0;
  std::vector<std::string> plugin_folders;
  std::string cache_folder;
  std::string frame;
  int object = -1, label = -1;    ///< -1 = not by this
  std::string drawing = "sheet";  ///< or "landscape"
  std::string title;
};

/// Of a sheet as PNG.
constexpr double sheet_dots_per_inch = 144;

struct DrawnSheet {
  std::string svg;
  std::vector<std::string> lines;  ///< what came out, for the terminal
};

/// Nothing if a signal asked to stop.
std::optional<DrawnSheet> ask_for_sheet(const SheetRequest& request, Progress& progress);

}  // namespace monodr
