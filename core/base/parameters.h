// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"

namespace monodr {

/// One value a person can set. The order of the alternatives is the order of ParameterType.
using ParameterValue = std::
    variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;

enum class ParameterType { boolean, integer, real, text, real_list, text_list };

std::string_view to_string(ParameterType type);

/// `true`, `3`, `0.5`, `"text"`, `[0.1, 0.2]`, `["a", "b"]`: as TOML writes it.
std::string to_toml(const ParameterValue& value);

/// One entry of a schema. The schema is the single source of validation, defaults in the recorded
/// configuration, `runexp plugins show`, the JSON Schema and the generated pages.
struct Parameter {
  std::string name;
  ParameterValue default_value;                               ///< also fixes the type
  std::string unit;                                           ///< "px", "m", "rad", "1", ...
  std::string meaning;                                        ///< one sentence
  double minimum = -std::numeric_limits<double>::infinity();  ///< for integer, real, real_list
  double maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};  ///< for text; empty = any text
  /// Of text: the path of a file. Its contents make a cell the same cell, not its name.
  bool is_file = false;

  ParameterType type() const { return static_cast<ParameterType>(default_value.index()); }
};

using ParameterSchema = std::vector<Parameter>;

/// A value as somebody gave it, with the place it was given at.
struct GivenValue {
  ParameterValue value;
  SourceLocation where;      ///< of the value
  SourceLocation key_where;  ///< of the key
};

/// A complete, validated set: every parameter of a schema has a value of its type and range.
class Parameters {
 public:
  Parameters() = default;

  /// Checks `given` against `schema` and fills in the defaults.
  /// `section` names the table in messages ("loss.mask"). An integer is accepted where a real is
  /// expected. Throws UserError at the given place for an unknown key (with the nearest name), a
  /// wrong type, a value out of range or a text that is not among the choices.
  Parameters(const ParameterSchema& schema,
             const std::map<std::string, GivenValue>& given,
             const std::string& section);

  /// All defaults.
  explicit Parameters(const ParameterSchema& schema) : Parameters(schema, {}, "") {}

  bool boolean(const std::string& name) const;
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  const std::vector<double>& reals(const std::string& name) const;
  const std::vector<std::string>& texts(const std::string& name) const;

  const std::map<std::string, ParameterValue>& values() const { return values_; }

 private:
  template <typename T>
  const T& get(const std::string& name) const;

  std::map<std::string, ParameterValue> values_;
};

/// Throws UserError unless `value` has the parameter's type and lies in its range or choices;
/// returns it converted (integer to real where a real is expected).
ParameterValue checked_value(const Parameter& parameter,
                             const GivenValue& given,
                             const std::string& section);

}  // namespace monodr
