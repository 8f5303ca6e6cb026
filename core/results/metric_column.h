// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/metric_definitions.h"

namespace monodr {

/// One column of a table: which metric, and how it is called there.
struct MetricColumn {
  std::string metric;        ///< name in the database: "ap_bev", "heading_error_median", ...
  std::string category;      ///< "" = applies to no class
  std::string difficulty;    ///< "" = applies to none
  double iou = 0;            ///< 0 = none
  int recall_positions = 0;  ///< 0 = none
  std::string unit;
  std::vector<std::int64_t> ids;  ///< of metric_name; none = the file has no such metric
  std::string title;              ///< "BEV AP40 [%]"
  std::string meaning;            ///< one line for below the table
  Better better = Better::neither;
  double factor = 1;  ///< of the numbers shown: 100 where a share is shown in percent
  int decimals = 2;

  /// "car/ap_bev/moderate/0.5/AP40": what --metric takes.
  std::string path() const;
};

/// "car/ap_bev/moderate/0.5/AP40", without what is empty or 0.
std::string metric_path(const std::string& category,
                        const std::string& name,
                        const std::string& difficulty,
                        double iou,
                        int recall_positions);

/// The columns of a table for which none were named, for one class. Metrics of single objects are
/// taken at whatever difficulty the experiment measures them.
std::vector<MetricColumn> default_columns(const std::string& category);

/// Those of default_columns() that fit a column of a paper: heading, location and BEV AP40.
std::vector<MetricColumn> print_columns(const std::string& category);

/// " at 40 recall positions, minimum overlap 0.7, moderate": what belongs to the meaning of an AP.
std::string recall_meaning(const MetricColumn& column);

/// Gives each of `columns` its metric's title and unit, as default_columns() does. AP of another difficulty
/// or overlap than those carries it, and so does what columns of one title differ in. A metric
/// that this program does not define goes by its path.
void set_titles(std::vector<MetricColumn>& columns);

/// Those of `known` that a path as given to --metric stands for. Its parts, in any order, are a
/// metric's name (for "ap_..." also without the "ap_"), a class, a difficulty, a minimum overlap
/// and AP11 or AP40; parts left out match all. None where a part fits none.
std::vector<MetricColumn> fitting_columns(const std::string& path,
                                          const std::vector<MetricColumn>& known);

/// What keeps a path from ever fitting a metric, whatever is measured; "" = nothing does.
std::string wrong_metric_path(const std::string& path);

/// The same; throws UserError naming the part that fits none.
std::vector<MetricColumn> select_columns(const std::string& path,
                                         const std::vector<MetricColumn>& known);

}  // namespace monodr
