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

/// Those of `known` that a path as given to --metric stands for. Its parts, in any order, are a
/// metric's name (for "ap_..." also without the "ap_"), a class, a difficulty, a minimum overlap
/// and AP11 or AP40; parts left out match all. Throws UserError naming the part that fits none.
std::vector<MetricColumn> select_columns(const std::string& path,
                                         const std::vector<MetricColumn>& known);

}  // namespace monodr
