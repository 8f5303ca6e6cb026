// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

  /// "car/ap_bev/moderate/0.5/AP40": what --metric takes.
  std::string path() const;
};

enum class Better { lower, higher, neither };
/// Errors, times and failures are better when lower, counts neither way, all else when higher.
Better better_direction(const std::string& metric);

/// The columns of a table for which none were named, for one class. Pose metrics are taken at
/// whatever difficulty the experiment measures them.
std::vector<MetricColumn> default_columns(const std::string& category);

/// Those of `known` that a path as given to --metric stands for. Its parts, in any order, are a
/// metric's name (for "ap_..." also without the "ap_"), a class, a difficulty, a minimum overlap
/// and AP11 or AP40; parts left out match all. Throws UserError naming the part that fits none.
std::vector<MetricColumn> select_columns(const std::string& path,
                                         const std::vector<MetricColumn>& known);

}  // namespace monodr
