// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace monodr {

// Figures for print: each function gives a whole SVG file at its size on paper (96 px are an inch), with
// text of 8 to 11 px, which is 6 to 8 pt. Colours are safe for the colour-blind, and series differ by
// dashes and markers too, so that nothing is lost in grey.

inline constexpr double column_figure_width = 312;  ///< px: 3.25 in, a column of a paper of two
inline constexpr double page_figure_width = 660;    ///< px: 6.875 in, both

/// How any figure is drawn.
struct FigureStyle {
  double width = column_figure_width;
  bool has_title = true;
};

/// One line; `low` and `high` bound a band around it, or are empty.
struct Curve {
  std::string label;
  std::vector<double> x, y, low, high;
  size_t style = 0;  ///< of series_style: the same arm looks the same in all figures
  /// Points that get a marker (the minima of a landscape); empty = about six along the line.
  std::vector<size_t> marked = {};
};

/// An upright line across a plot, named at its head.
struct Guide {
  double x = 0;
  std::string label;
};

struct CurveFigure {
  std::string title, x_title, y_title;
  std::vector<Curve> curves;
  bool unit_square = false;  ///< both axes run from 0 to 1 (precision over recall)
  bool full_circle = false;  ///< x runs from -180 to 180 degrees
  std::vector<Guide> guides = {};
  std::string note = {};  ///< stands below
};
std::string draw(const CurveFigure& figure, const FigureStyle& style = {});

/// What pruning and sharpening do to a curve of losses; stands below each.
inline constexpr const char* kSeriesNote =
    "The loss of the leading hypothesis: to drop others (pruning) leaves no step in it. While the "
    "renderer "
    "sharpens its edges the loss of one and the same pose changes, so it may rise.";

/// Lying bars from 0, so that long names of arms stand in full; NaN bounds: no interval.
struct Bar {
  std::string label;
  double value = 0, low = 0, high = 0;
  std::string shown;  ///< "1.74 ± 0.20", stands behind the bar
};

struct BarFigure {
  std::string title, value_title;
  std::vector<Bar> bars;
};
std::string draw(const BarFigure& figure, const FigureStyle& style = {});

/// Share of the signed errors in every 15 degrees, a circle a panel, as seen from above the car: 0
/// at the top, positive errors clockwise. A sector is centred on its angle, so that "right", "a
/// quarter off" and "flipped" are one sector each. The radius is the square root of the share, so
/// that areas compare.
struct AnglePanel {
  std::string label;
  std::vector<double> degrees;  ///< -180..180; NaN = a miss, left out
};

struct AngleFigure {
  std::string title;
  std::vector<AnglePanel> panels;
};
std::string draw(const AngleFigure& figure, const FigureStyle& style = {});

/// Predicted over true values, a panel for each label, with the line where they agree.
struct ScatterPanel {
  std::string label;
  std::vector<double> truth, prediction;
};

struct ScatterFigure {
  std::string title, truth_title, prediction_title;
  std::vector<ScatterPanel> panels;
};
std::string draw(const ScatterFigure& figure, const FigureStyle& style = {});

/// values[row][column]; NaN = no value. Darker is higher, as the bar below tells on the scale of the
/// values; the number stands in every field.
struct HeatMapFigure {
  std::string title, row_title, column_title;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<double>> values;
  int decimals = 1;
  std::string value_title = {};  ///< below the bar of colours
};
std::string draw(const HeatMapFigure& figure, const FigureStyle& style = {});

}  // namespace monodr
