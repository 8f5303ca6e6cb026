// SPDX-License-Identifier: Apache-2.0
#include "base/lines.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace monodr {
namespace {

constexpr std::string_view kBlanks(" \t\r\n\v\f\0", 7);
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The marks of wide texts; those of UTF-16 begin UTF-32's, so these come first.
const char* wide_encoding(std::string_view content) {
  const auto begins = [&](std::string_view mark) { return content.starts_with(mark); };
  if (begins(std::string_view("\xFF\xFE\0\0", 4)) || begins(std::string_view("\0\0\xFE\xFF", 4)))
    return "UTF-32";
  if (begins("\xFF\xFE") || begins("\xFE\xFF")) return "UTF-16";
  // Without a mark: every second byte of a word in Latin letters is 0.
  if (content.size() < 4) return nullptr;
  const auto is_zero = [&](size_t i) { return content[i] == '\0'; };
  const bool little = !is_zero(0) && is_zero(1) && !is_zero(2) && is_zero(3);
  const bool big = is_zero(0) && !is_zero(1) && is_zero(2) && !is_zero(3);
  return little || big ? "UTF-16" : nullptr;
}

}  // namespace

void refuse_git_lfs_pointer(std::string_view content, const std::string& path) {
  if (content.starts_with("version https://git-lfs.github.com/spec/"))
    throw UserError(fmt::format(
        "'{}' is the pointer that Git LFS leaves in place of a file; fetch the file with "
        "`git lfs pull`",
        path));
}

std::string_view plain_text(std::string_view content, const std::string& path) {
  refuse_git_lfs_pointer(content, path);
  if (const char* encoding = wide_encoding(content))
    throw UserError(
        fmt::format("'{}' is {}, a text of single bytes is expected; save it as UTF-8 or ASCII "
                    "(`iconv -f {} -t UTF-8`)",
                    path,
                    encoding,
                    encoding));
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  const size_t last = content.find_last_not_of('\0');
  if (last == std::string_view::npos && !content.empty())
    throw UserError(fmt::format(
        "'{}' holds nothing but NUL bytes, as files do after a crash; restore it", path));
  return content.substr(0, last + 1);
}

Lines::Lines(std::string_view content, const std::string& path) : rest_(plain_text(content, path)) {
  const size_t first = rest_.find_first_of("\r\n");
  cr_alone_ = first < rest_.size() && rest_[first] == '\r' &&
              (first + 1 == rest_.size() || rest_[first + 1] != '\n');
}

bool Lines::next(std::string_view& line) {
  if (rest_.empty()) return false;
  ++number_;
  // No CRLF is looked for behind a CR alone: the LF may be the first byte of a PLY's body.
  const size_t length =
      std::min(cr_alone_ ? rest_.find_first_of("\r\n") : rest_.find('\n'), rest_.size());
  line = rest_.substr(0, length);
  rest_.remove_prefix(std::min(length + 1, rest_.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

bool is_blank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<NumberedLine> numbered_lines(std::string_view content, const std::string& path) {
  std::vector<NumberedLine> found;
  Lines lines(content, path);
  for (std::string_view line; lines.next(line);)
    if (const std::string_view text = trimmed(line); !text.empty())
      found.push_back({lines.number(), text});
  return found;
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

std::optional<double> finite_number(std::string_view word) {
  std::string_view digits = word;
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small or too large: strtod knows which.
    value = std::strtod(std::string(digits).c_str(), nullptr);
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::string why_no_number(std::string_view word) {
  const size_t comma = word.find(',');
  if (comma != std::string_view::npos && comma == word.rfind(',')) {
    std::string with_point(word);
    with_point[comma] = '.';
    if (comma + 1 < word.size() && finite_number(with_point))
      return fmt::format("'{}' has a decimal comma; write a point: {}", word, with_point);
  }
  return fmt::format("'{}' is not a finite number", word);
}

double parse_number(std::string_view text, const SourceLocation& where, std::string_view what) {
  if (const auto value = finite_number(text)) return *value;
  throw UserError(where, fmt::format("{}: {}; mend the line", what, why_no_number(text)));
}

}  // namespace monodr
