// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr {

// Names are the user's and may hold anything. Each function gives text that shows the name as it
// is, on one line (line breaks and tabs become blanks).

/// For a cell of a Markdown table.
std::string escaped_markdown(const std::string& text);

/// For a cell of a LaTeX table (fontenc T1).
std::string escaped_latex(const std::string& text);

}  // namespace monodr
