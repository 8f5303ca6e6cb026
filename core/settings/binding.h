// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/parameters.h"
#include "base/parameters_json.h"

namespace monodr {

/// The one list of an enum's names. Specialise it beside the enum:
///     template <> struct EnumNames<OnError> { static constexpr auto list = enum_names<OnError>({{OnError::fail, "fail"}, ...}); };
template <typename Enum>
struct EnumNames;

template <typename Enum, std::size_t N>
constexpr std::array<std::pair<Enum, std::string_view>, N> enum_names(
    const std::pair<Enum, std::string_view> (&list)[N]) {
  std::array<std::pair<Enum, std::string_view>, N> result{};
  for (std::size_t i = 0; i < N; ++i) result[i] = list[i];
  return result;
}

template <typename Enum>
std::string_view name_of(Enum value) {
  for (const auto& [known, name] : EnumNames<Enum>::list)
    if (known == value) return name;
  throw CheckFailure(fmt::format("an enum has no name for the value {}", static_cast<int>(value)));
}

template <typename Enum>
std::vector<std::string> names_of_enum() {
  std::vector<std::string> names;
  for (const auto& [value, name] : EnumNames<Enum>::list) names.emplace_back(name);
  return names;
}

/// CheckFailure for a name that is not in the list: what a person writes is held against the schema before.
template <typename Enum>
Enum enum_named(std::string_view text) {
  for (const auto& [value, name] : EnumNames<Enum>::list)
    if (name == text) return value;
  throw CheckFailure(fmt::format("'{}' is no name of that enum", text));
}

/// How a member's type is written in a TOML file.
template <typename Value>
ParameterValue as_parameter(const Value& value) {
  if constexpr (std::is_enum_v<Value>)
    return std::string(name_of(value));
  else if constexpr (std::is_same_v<Value, bool> || std::is_same_v<Value, std::string> ||
                     std::is_same_v<Value, std::vector<double>> ||
                     std::is_same_v<Value, std::vector<std::string>>)
    return value;
  else if constexpr (std::is_integral_v<Value>)
    return static_cast<std::int64_t>(value);
  else if constexpr (std::is_floating_point_v<Value>)
    return static_cast<double>(value);
  else
    return std::vector<double>(value.begin(), value.end());
}

template <typename Value>
void assign(Value& member, const ParameterValue& value, const std::string& key) {
  if constexpr (std::is_enum_v<Value>) {
    member = enum_named<Value>(std::get<std::string>(value));
  } else if constexpr (std::is_same_v<Value, bool> || std::is_same_v<Value, std::string> ||
                       std::is_same_v<Value, std::vector<double>> ||
                       std::is_same_v<Value, std::vector<std::string>>) {
    member = std::get<Value>(value);
  } else if constexpr (std::is_integral_v<Value>) {
    member = static_cast<Value>(std::get<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<Value>) {
    member = static_cast<Value>(std::get<double>(value));
  } else {
    const auto& values = std::get<std::vector<double>>(value);
    if (values.size() != member.size())
      throw UserError(
          fmt::format("'{}' has {} values, but must have {}", key, values.size(), member.size()));
    std::copy(values.begin(), values.end(), member.begin());
  }
}

/// One table of an experiment file, bound to the struct that holds its settings: each key's name, member,
/// unit, meaning and range stand once, its default is the member's own. From this come the schema (and with
/// it checking, completion, JSON Schema and pages), reading and writing.
///
///     Binding<CorpusSettings>("corpus", "the shapes that the prior learns from")
///         .key("cars", &CorpusSettings::cars, "1", "parametric cars to train on", 8, 100000)
template <typename Settings>
class Binding {
 public:
  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();

  Binding(std::string name, std::string meaning)
      : name_(std::move(name)), meaning_(std::move(meaning)) {}

  /// `member` is a pointer to a member, or a function that returns a reference to a nested one:
  /// [](auto& s) -> auto& { return s.faults.mask.erosion; }. The names of an enum become the choices.
  template <typename Member>
  Binding& key(std::string name,
               Member member,
               std::string unit,
               std::string meaning,
               double minimum = -kNoLimit,
               double maximum = kNoLimit) {
    Settings defaults;
    auto& value = std::invoke(member, defaults);
    using Value = std::remove_cvref_t<decltype(value)>;
    Parameter parameter{name, as_parameter(value), std::move(unit), std::move(meaning)};
    parameter.minimum = minimum;
    parameter.maximum = maximum;
    if constexpr (std::is_enum_v<Value>) parameter.choices = names_of_enum<Value>();
    schema_.push_back(std::move(parameter));
    fields_.push_back(
        {[member, path = name_ + "." + name](Settings& settings, const ParameterValue& given) {
           assign(std::invoke(member, settings), given, path);
         },
         [member](const Settings& settings) {
           return as_parameter(std::invoke(member, const_cast<Settings&>(settings)));
         }});
    return *this;
  }

  /// A rule over several keys: throws UserError for settings that contradict each other.
  Binding& rule(std::function<void(const Settings&)> check) {
    rules_.push_back(std::move(check));
    return *this;
  }

  const std::string& name() const { return name_; }
  const std::string& meaning() const { return meaning_; }
  const ParameterSchema& schema() const { return schema_; }

  /// UserError where the settings break a rule.
  Settings read(const Parameters& parameters) const {
    Settings settings;
    for (std::size_t i = 0; i < schema_.size(); ++i)
      fields_[i].set(settings, parameters.values().at(schema_[i].name));
    for (const auto& rule : rules_) rule(settings);
    return settings;
  }
  /// Of a table of a resolved configuration; keys that are not there have their defaults.
  Settings read(const nlohmann::json& table) const {
    return read(parameters_from_json(schema_, table, name_));
  }
  nlohmann::json write(const Settings& settings) const {
    nlohmann::json table = nlohmann::json::object();
    for (std::size_t i = 0; i < schema_.size(); ++i)
      std::visit([&](const auto& value) { table[schema_[i].name] = value; },
                 fields_[i].get(settings));
    return table;
  }

 private:
  struct Field {
    std::function<void(Settings&, const ParameterValue&)> set;
    std::function<ParameterValue(const Settings&)> get;
  };

  std::string name_, meaning_;
  ParameterSchema schema_;
  std::vector<Field> fields_;
  std::vector<std::function<void(const Settings&)>> rules_;
};

}  // namespace monodr
