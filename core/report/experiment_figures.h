// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/figures.h"
#include "results/stored_curves.h"
#include "results/table.h"

namespace monodr {

/// "loss.mask" -> "Loss mask, weighted": what a recorded series is called in figures.
std::string series_title(const std::string& series);

/// One recorded series over steps: mean over seeds, band of one standard deviation.
CurveFigure series_figure(const Database& database,
                          const std::string& experiment,
                          const std::string& series);

/// Curves of the same length as their mean with a band of one standard deviation (none for one).
Curve mean_curve(const std::string& label,
                 const std::vector<double>& x,
                 const std::vector<std::vector<double>>& curves,
                 size_t style);

/// One column of a table with its 95 % bootstrap intervals (TableSpec::intervals).
BarFigure bar_figure(const Table& table, size_t column);

/// Signed heading errors of all matched labels and seeds, a panel for each row of the table.
AngleFigure heading_figure(const Database& database, const std::string& experiment);

/// One column of a table over two of its axes, or "arm" and an axis. UserError for a key that is no
/// axis of the experiment, and where several rows fall on one field.
HeatMapFigure heat_map(const Table& table,
                       size_t column,
                       const std::string& row_key,
                       const std::string& column_key);

}  // namespace monodr
