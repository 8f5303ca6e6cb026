// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/table.h"

namespace monodr {

/// The same entries laid out anew: every column once for each value of `column_keys`, and rows for
/// what is left. Keys are "arm" and the axes. Rows are labelled by `row_keys` first, then by the
/// keys that were not named: nothing is ever averaged over axes. Throws UserError for an unknown
/// key (with the nearest) and for one that stands on both sides.
Table pivoted(const Table& table,
              const std::vector<std::string>& row_keys,
              const std::vector<std::string>& column_keys);

/// As v_rows writes labels: line breaks and tabs as blanks, '|' escaped.
std::string one_line_label(const std::string& text);

}  // namespace monodr
