// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace monodr {

/// The one reader of lines and numbers: for labels, results, calibrations, lists and meshes.
///
/// Taken as people's programs write it: a UTF-8 byte order mark; LF, CRLF or CR alone at the end of a
/// line (the first end of a line says whether a CR alone is one); no end behind the last line; NUL bytes
/// between words and behind the text (fields and files of fixed size). Refused by name, as a UserError:
/// UTF-16 and UTF-32, nothing but NUL bytes (a disk that lost power), a Git LFS pointer.

/// Throws a UserError where `content` is the pointer that Git LFS leaves in place of a file.
void refuse_git_lfs_pointer(std::string_view content, const std::string& path);

/// `content` without byte order mark and padding; UserError for what is no text, see above.
std::string_view plain_text(std::string_view content, const std::string& path);

/// One physical line after another.
class Lines {
 public:
  Lines(std::string_view content, const std::string& path);

  /// False at the end. The line comes without its end and may be empty.
  bool next(std::string_view& line);
  int number() const { return number_; }  ///< of the last line, from 1
  /// What follows the last line: a PLY's body.
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool cr_alone_ = false;
  int number_ = 0;
};

struct NumberedLine {
  int number = 0;         ///< counts from 1
  std::string_view text;  ///< never empty, without blanks at either end
};

/// The lines that hold anything. The views point into `content`.
std::vector<NumberedLine> numbered_lines(std::string_view content, const std::string& path);

bool is_blank(char c);
std::string_view trimmed(std::string_view text);
/// The fields between runs of blanks and tabs.
std::vector<std::string_view> split_fields(std::string_view line);

/// A number as C, C++, Python and MSVC write it ("+1", ".5", "1.", "1e+005"; what is smaller than a
/// double can be is 0); nothing where it is none, or is not finite ("nan", "1.#INF", "-nan(ind)").
std::optional<double> finite_number(std::string_view word);
/// Why it is none: "'0,5' has a decimal comma; write a point", "'1.#QNAN' is not a finite number".
std::string why_no_number(std::string_view word);

/// A finite number; UserError at `where` that names `what` and the text otherwise.
double parse_number(std::string_view text, const SourceLocation& where, std::string_view what);

}  // namespace monodr
