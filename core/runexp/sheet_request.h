// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launch/orders.h"
#include "launch/progress.h"

namespace monodr {

/// Of a sheet as PNG.
constexpr double sheet_dots_per_inch = 144;

struct DrawnSheet {
  std::string svg;
  std::vector<std::string> lines;  ///< what came out, for the terminal
};

/// Sets cache (absolute) and output of the order. Nothing if a signal asked to stop.
std::optional<DrawnSheet> ask_for_sheet(SheetOrder order, Progress& progress);

}  // namespace monodr
