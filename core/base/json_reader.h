// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace monodr {

/// Reads JSON from its begin to its end without making a tree of it: for files of which there are very many. The caller
/// asks for what must come next:
///
///     JsonReader json(text);
///     json.begin_object();
///     while (json.next_member())
///       if (json.key() == "points")
///         for (json.begin_array(); json.next_element();) points.push_back(json.number());
///       else
///         json.skip();
///     json.end();
///
/// UserError with the byte where something else stands, or what is no JSON (by RFC 8259, strings are UTF-8).
class JsonReader {
 public:
  /// The text must live as long as the reader.
  explicit JsonReader(std::string_view text) : text_(text) {}

  void begin_object();
  /// False where the object ends; else key() names the member, whose value must be read next.
  bool next_member();
  const std::string& key() const { return key_; }

  void begin_array();
  /// False where the array ends; else an element must be read next.
  bool next_element();

  std::string string();
  double number();
  std::int64_t integer();
  bool boolean();
  /// Reads a null, and says whether there was one.
  bool read_null();
  /// Whether a string comes next.
  bool is_string();

  /// Reads any value and gives its text as it stands.
  std::string_view skip();

  /// Nothing may be left.
  void end();

 private:
  char peek();
  bool read(std::string_view word);
  bool next(char closing);
  void read_string(std::string& into);
  void read_escape(std::string& into);
  std::uint32_t read_code_unit();
  template <typename Number>
  Number read_number(const char* expected);
  void skip_value(int depth);
  [[noreturn]] void refuse(const char* expected) const;

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_first_ = false;  // of the innermost object or array
  std::string key_, scratch_;
};

/// Whether an object has all the members that it must have.
class JsonMembers {
 public:
  JsonMembers(const char* what, std::initializer_list<std::string_view> required)
      : what_(what), missing_(required) {}

  void note(const std::string& key);
  /// UserError with the first that is missing.
  void require_all() const;

 private:
  const char* what_;  // "a result"
  std::vector<std::string_view> missing_;
};

}  // namespace monodr
