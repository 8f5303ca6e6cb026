// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/box.h"
#include "report/figures.h"
#include "report/png.h"
#include "report/svg.h"

namespace monodr {

/// A picture with a line of text above it and one below.
struct SheetPicture {
  std::string title, caption;
  RgbPicture picture;
};

/// A box seen from above.
struct GroundBox {
  std::string label;  ///< "label", "start", "end"
  Box3d box;
  Stroke stroke;
};

/// One line of the table of numbers; empty fields stay empty.
struct SheetNumber {
  std::string quantity, start, fitted, labelled, difference;
};

/// Where the hypotheses of a fit looked, step by step.
struct HeadingTrace {
  struct Dot {
    double step = 0, degrees = 0;
    bool leads = false;
  };
  std::vector<Dot> dots;
  double label = 0;  ///< degrees; NaN = none
};

/// One object's fit on one page.
struct FitSheet {
  std::string title;
  std::vector<std::string> lines;      ///< below the title
  std::vector<SheetPicture> evidence;  ///< what the fit saw: up to three
  std::vector<GroundBox> boxes;
  std::vector<SheetNumber> numbers;
  std::vector<SheetPicture> overlays, overlaps;  ///< start, steps, end: up to five each
  HeadingTrace headings;
  CurveFigure loss, landscape;
};

/// An SVG file of 1060 px width; made for 144 dots per inch.
std::string draw(const FitSheet& sheet);

}  // namespace monodr
