// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/table.h"

namespace monodr {

/// A table of differences or slopes that stands below the first one: what it says of itself, and which
/// rows (their titles; "" = not there) and entries make it.
struct LatexContrast {
  std::string note;
  std::vector<std::string> titles;  ///< one a row of the table
  std::optional<Comparison> TableEntry::*entry = nullptr;
};

/// Tabulars that are never wider than `width`, in \footnotesize: labels and titles break over lines, and
/// columns that find no place go on in a tabular below. Numbers stand in S columns of siunitx, aligned
/// at the point, intervals below their numbers; differences stand one below the other, with interval and
/// p beside. `notes` become comments.
std::string latex_table(const Table& table,
                        const std::vector<std::string>& notes,
                        const std::vector<LatexContrast>& contrasts,
                        TableWidth width);

}  // namespace monodr
