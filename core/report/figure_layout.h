// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/figures.h"
#include "report/svg.h"
#include "report/typeface.h"

namespace monodr {

// What the figures have in common: title, legend, notes, names of arms. Nothing is cut that can stand on
// another line.

inline constexpr double text_line = 12;  ///< from one line of text to the next

/// Draws the title, if it is wanted, and returns where the figure may go on below it.
double draw_title(Svg& svg, const std::string& title, const FigureStyle& style);

/// Small grey text below a plot; returns where the figure may go on.
double draw_note(Svg& svg, Point corner, double width, const std::string& note);

/// Draws the lines one below the other from `at`; the anchor is that of `style`.
void draw_lines(Svg& svg,
                Point at,
                const std::vector<std::string>& lines,
                const TextStyle& style,
                double distance = text_line);

/// Names of rows without the parts (between ", ") that all of them begin with: "default, sigma = 1" and
/// "default, sigma = 2" differ in their ends.
struct ToldApart {
  std::vector<std::string> labels;
  std::string common;  ///< "In all: default"; "" where they share nothing
};
ToldApart told_apart(const std::vector<std::string>& labels);

/// The places of a legend's entries below a plot, as many on a line as fit.
struct Legend {
  struct Entry {
    Point at;  ///< left end of the sample, base line of the text
    std::vector<std::string> lines;
  };
  std::vector<Entry> entries;
  double bottom = 0;
};
inline constexpr double legend_sample = 32;  ///< width of a sample with its gap
Legend legend_of(const std::vector<std::string>& labels, Point corner, double width);

}  // namespace monodr
