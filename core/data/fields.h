// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace monodr {

/// KITTI's text files: lines of blank-separated fields. LF or CRLF, trailing blanks and empty
/// lines are all accepted.
struct NumberedLine {
  int number = 0;         ///< counts from 1
  std::string_view text;  ///< never empty, without blanks at either end
};

/// The lines that hold anything. The views point into `content`.
std::vector<NumberedLine> numbered_lines(std::string_view content);

/// The fields between runs of blanks and tabs.
std::vector<std::string_view> split_fields(std::string_view line);

/// A finite number; UserError at `where` that names `what` and the text otherwise.
double parse_number(std::string_view text, const SourceLocation& where, std::string_view what);

}  // namespace monodr
