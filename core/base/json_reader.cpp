// SPDX-License-Identifier: Apache-2.0
#include "base/json_reader.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/utf8.h"

namespace monodr {
namespace {

constexpr int deepest = 500;

void append_utf8(std::string& text, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { text += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

void JsonReader::refuse(const char* expected) const {
  throw UserError(at_ < text_.size()
                      ? fmt::format("no sound JSON: {} is expected at byte {}", expected, at_)
                      : fmt::format("no sound JSON: it ends after {} bytes where {} is expected",
                                    at_,
                                    expected));
}

/// The next character that is no white space, 0 at the end.
char JsonReader::peek() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return c;
    ++at_;
  }
  return '\0';
}

bool JsonReader::read(std::string_view word) {
  peek();
  if (text_.compare(at_, word.size(), word) != 0) return false;
  at_ += word.size();
  return true;
}

void JsonReader::begin_object() {
  if (!read("{")) refuse("an object");
  is_first_ = true;
}

void JsonReader::begin_array() {
  if (!read("[")) refuse("an array");
  is_first_ = true;
}

bool JsonReader::next(char closing) {
  const char c = peek();
  const bool goes_on = c != closing;
  if (goes_on && !is_first_ && c != ',') refuse(closing == '}' ? "',' or '}'" : "',' or ']'");
  if (!goes_on || !is_first_) ++at_;
  is_first_ = false;
  return goes_on;
}

bool JsonReader::next_element() {
  return next(']');
}

bool JsonReader::next_member() {
  if (!next('}')) return false;
  read_string(key_);
  if (!read(":")) refuse("':'");
  return true;
}

std::string JsonReader::string() {
  std::string value;
  read_string(value);
  return value;
}

bool JsonReader::is_string() {
  return peek() == '"';
}

void JsonReader::read_string(std::string& into) {
  into.clear();
  if (!read("\"")) refuse("a string");
  for (;;) {
    // As much at once as needs no second look.
    std::size_t end = at_;
    while (end < text_.size() && static_cast<signed char>(text_[end]) >= ' ' && text_[end] != '"' &&
           text_[end] != '\\' && text_[end] != '\x7F')
      ++end;
    into.append(text_, at_, end - at_);
    at_ = end;
    if (at_ >= text_.size()) refuse("'\"'");
    if (text_[at_] == '"') break;
    if (text_[at_] == '\\') {
      read_escape(into);
      continue;
    }
    const Utf8Character character = utf8_character(text_, at_);
    if (character.code < ' ' || (character.bytes.size() == 1 && character.code == 0xFFFD))
      refuse("a character of UTF-8");
    into += character.bytes;
    at_ += character.bytes.size();
  }
  ++at_;
}

void JsonReader::read_escape(std::string& into) {
  static constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  ++at_;
  const char name = at_ < text_.size() ? text_[at_] : '\0';
  if (name == 'u') {
    std::uint32_t code = read_code_unit();
    if (code >= 0xD800 && code < 0xDC00) {
      if (text_.compare(at_, 2, "\\u") != 0) refuse("the second half of a surrogate pair");
      ++at_;
      const std::uint32_t low = read_code_unit();
      if (low < 0xDC00 || low > 0xDFFF) refuse("the second half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      refuse("the first half of a surrogate pair");
    }
    append_utf8(into, code);
    return;
  }
  const std::size_t which = names.find(name);
  if (which == std::string_view::npos) refuse("an escape that JSON knows");
  into += meanings[which];
  ++at_;
}

/// From the 'u' of an escape to the end of its four digits.
std::uint32_t JsonReader::read_code_unit() {
  ++at_;
  std::uint32_t code = 0;
  const char* begin = text_.data() + at_;
  if (at_ + 4 > text_.size()) refuse("four digits");
  const auto [end, error] = std::from_chars(begin, begin + 4, code, 16);
  if (error != std::errc() || end != begin + 4) refuse("four digits");
  at_ += 4;
  return code;
}

template <typename Number>
Number JsonReader::read_number(const char* expected) {
  const char first = peek();
  // What follows a minus is looked at: from_chars also knows infinities, JSON does not.
  if (!is_digit(first) && !(first == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
    refuse(expected);
  Number value = 0;
  const char* end = text_.data() + text_.size();
  const auto [after, error] = std::from_chars(text_.data() + at_, end, value);
  if (error != std::errc()) refuse(expected);
  const bool goes_on =
      after != end && (is_digit(*after) || *after == '.' || *after == 'e' || *after == 'E');
  if (goes_on) refuse(expected);
  at_ = static_cast<std::size_t>(after - text_.data());
  return value;
}

double JsonReader::number() {
  return read_number<double>("a number");
}

std::int64_t JsonReader::integer() {
  return read_number<std::int64_t>("a whole number");
}

bool JsonReader::boolean() {
  if (read("true")) return true;
  if (!read("false")) refuse("true or false");
  return false;
}

bool JsonReader::read_null() {
  return peek() == 'n' && read("null");
}

std::string_view JsonReader::skip() {
  peek();
  const std::size_t begin = at_;
  skip_value(0);
  return text_.substr(begin, at_ - begin);
}

void JsonReader::skip_value(int depth) {
  if (depth > deepest) refuse("a shallower value");
  switch (peek()) {
    case '{':
      for (begin_object(); next('}');) {
        read_string(scratch_);
        if (!read(":")) refuse("':'");
        skip_value(depth + 1);
      }
      break;
    case '[':
      for (begin_array(); next_element();) skip_value(depth + 1);
      break;
    case '"':
      read_string(scratch_);
      break;
    case 't':
    case 'f':
      boolean();
      break;
    case 'n':
      if (!read_null()) refuse("a value");
      break;
    default:
      number();
  }
}

void JsonReader::end() {
  peek();
  if (at_ != text_.size()) refuse("the end");
}

void JsonMembers::note(const std::string& key) {
  const auto found = std::find(missing_.begin(), missing_.end(), key);
  if (found != missing_.end()) missing_.erase(found);
}

void JsonMembers::require_all() const {
  if (!missing_.empty()) throw UserError(fmt::format("{} lacks '{}'", what_, missing_.front()));
}

}  // namespace monodr
