// SPDX-License-Identifier: Apache-2.0
#include "data/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace monodr {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

}  // namespace

std::vector<NumberedLine> numbered_lines(std::string_view content) {
  std::vector<NumberedLine> lines;
  int number = 0;
  while (!content.empty()) {
    const size_t end = std::min(content.find('\n'), content.size());
    std::string_view text = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    ++number;
    const size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) continue;
    text = text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
    lines.push_back({number, text});
  }
  return lines;
}

std::vector<std::string_view> split_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return fields;
    line.remove_prefix(first);
    const size_t end = std::min(line.find_first_of(kBlanks), line.size());
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

double parse_number(std::string_view text, const SourceLocation& where, std::string_view what) {
  double value = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
    throw UserError(where,
                    fmt::format("{}: '{}' is not a finite number; mend the line", what, text));
  return value;
}

}  // namespace monodr
