// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/database.h"

namespace monodr {

/// What figures draw beside tables. All are of the current cells that are done, a row for each row
/// of the experiment's table.

/// Another number after each transaction by which somebody else has changed the file.
std::int64_t version_of(const Database& database);

/// Names of the curves that the cells recorded: "loss.total" first.
std::vector<std::string> series_names(const Database& database, const std::string& experiment);

/// A recorded curve of all seeds of a row.
struct RowSeries {
  size_t place = 0;  ///< of the row in the table, from 0
  std::string label;
  std::map<int, std::vector<double>> values;  ///< step -> a value a seed
};
std::vector<RowSeries> series_of_rows(const Database& database,
                                      const std::string& experiment,
                                      const std::string& series);

/// Signed heading errors of all labels and seeds of a row, NaN for a miss; absolute ones in cells of
/// schemas before 3.
struct RowHeadings {
  std::string label;
  std::vector<double> degrees;
};
std::vector<RowHeadings> headings_of_rows(const Database& database, const std::string& experiment);

}  // namespace monodr
