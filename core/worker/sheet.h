// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cell/watch.h"
#include "report/figures.h"
#include "report/fit_sheet.h"

namespace monodr {

/// The worker's half of `runexp fit` and `runexp show`: the fit of one object drawn as one sheet,
/// an SVG file.
std::string sheet_of(const FitTrace& trace, const std::string& title);

/// What the method saw of an object: image, mask and depth of its crop.
std::vector<SheetPicture> evidence_of(const Observation& observation);

/// Its loss over the heading, of all losses and of the mask alone.
CurveFigure heading_landscape_figure(const FitTrace& trace);

/// What came out, for the terminal.
std::vector<std::string> result_lines(const FitTrace& trace);

}  // namespace monodr
