// SPDX-License-Identifier: Apache-2.0
#include "base/parameters.h"

#include <cmath>

#include "base/text.h"

namespace monodr {
namespace {

std::string real_to_toml(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string with_article(ParameterType type) {
  return fmt::format("{} {}", type == ParameterType::integer ? "an" : "a", to_string(type));
}

std::string range_text(const Parameter& parameter) {
  if (std::isinf(parameter.maximum)) return fmt::format("at least {}", parameter.minimum);
  if (std::isinf(parameter.minimum)) return fmt::format("at most {}", parameter.maximum);
  return fmt::format("between {} and {}", parameter.minimum, parameter.maximum);
}

void check_range(const Parameter& parameter,
                 double value,
                 const GivenValue& given,
                 const std::string& key) {
  if (value >= parameter.minimum && value <= parameter.maximum) return;  // NaN fails both
  const std::string unit =
      parameter.unit.empty() || parameter.unit == "1" ? "" : " " + parameter.unit;
  throw UserError(given.where,
                  fmt::format("'{}' is {}, but must be {}{} ({})",
                              key,
                              to_toml(given.value),
                              range_text(parameter),
                              unit,
                              parameter.meaning));
}

}  // namespace

std::string_view to_string(ParameterType type) {
  switch (type) {
    case ParameterType::boolean:
      return "boolean";
    case ParameterType::integer:
      return "integer";
    case ParameterType::real:
      return "real number";
    case ParameterType::text:
      return "text";
    case ParameterType::real_list:
      return "list of real numbers";
    case ParameterType::text_list:
      return "list of texts";
  }
  return "";
}

std::string to_toml(const ParameterValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* number = std::get_if<double>(&value)) return real_to_toml(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return fmt::format("\"{}\"", *text);
  std::vector<std::string> parts;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    for (const std::string& text : *texts) parts.push_back(fmt::format("\"{}\"", text));
  else
    for (const double number : std::get<std::vector<double>>(value))
      parts.push_back(real_to_toml(number));
  return "[" + join(parts, ", ") + "]";
}

ParameterValue checked_value(const Parameter& parameter,
                             const GivenValue& given,
                             const std::string& section) {
  const std::string key = section.empty() ? parameter.name : section + "." + parameter.name;
  ParameterValue value = given.value;
  if (parameter.type() == ParameterType::real && std::holds_alternative<std::int64_t>(value))
    value = static_cast<double>(std::get<std::int64_t>(value));
  // An empty list says nothing of what it holds.
  if (const auto* list = std::get_if<std::vector<double>>(&value);
      parameter.type() == ParameterType::text_list && list && list->empty())
    value = std::vector<std::string>{};
  if (value.index() != parameter.default_value.index())
    throw UserError(given.where,
                    fmt::format("'{}' is {}, {}, but must be {}, for example {}",
                                key,
                                to_toml(given.value),
                                with_article(static_cast<ParameterType>(given.value.index())),
                                with_article(parameter.type()),
                                to_toml(parameter.default_value)));
  if (const auto* number = std::get_if<std::int64_t>(&value))
    check_range(parameter, static_cast<double>(*number), given, key);
  if (const auto* number = std::get_if<double>(&value)) check_range(parameter, *number, given, key);
  if (const auto* list = std::get_if<std::vector<double>>(&value))
    for (const double number : *list) check_range(parameter, number, given, key);
  if (const auto* text = std::get_if<std::string>(&value); text && !parameter.choices.empty()) {
    bool known = false;
    for (const std::string& choice : parameter.choices) known = known || choice == *text;
    if (!known)
      throw UserError(given.where,
                      fmt::format("'{}' is \"{}\", but must be one of {}{}",
                                  key,
                                  *text,
                                  join(parameter.choices, ", "),
                                  did_you_mean(*text, parameter.choices)));
  }
  return value;
}

Parameters::Parameters(const ParameterSchema& schema,
                       const std::map<std::string, GivenValue>& given,
                       const std::string& section) {
  std::vector<std::string> names;
  for (const Parameter& parameter : schema) {
    names.push_back(parameter.name);
    values_[parameter.name] = parameter.default_value;
  }
  std::vector<std::string> unknown;
  for (const auto& [name, value] : given)
    if (values_.count(name) == 0)
      unknown.push_back(fmt::format("{}: unknown key '{}' in [{}]{}",
                                    value.key_where.to_string(),
                                    name,
                                    section,
                                    did_you_mean(name, names)));
  if (!unknown.empty()) throw UserError(join(unknown, "\n"));
  for (const Parameter& parameter : schema) {
    const auto found = given.find(parameter.name);
    if (found != given.end())
      values_[parameter.name] = checked_value(parameter, found->second, section);
  }
}

template <typename T>
const T& Parameters::get(const std::string& name) const {
  const auto found = values_.find(name);
  MONODR_CHECK(found != values_.end(), "parameter '{}' is not in the schema", name);
  const T* value = std::get_if<T>(&found->second);
  MONODR_CHECK(value != nullptr, "parameter '{}' has another type", name);
  return *value;
}

bool Parameters::boolean(const std::string& name) const {
  return get<bool>(name);
}
std::int64_t Parameters::integer(const std::string& name) const {
  return get<std::int64_t>(name);
}
double Parameters::real(const std::string& name) const {
  return get<double>(name);
}
const std::string& Parameters::text(const std::string& name) const {
  return get<std::string>(name);
}
const std::vector<double>& Parameters::reals(const std::string& name) const {
  return get<std::vector<double>>(name);
}
const std::vector<std::string>& Parameters::texts(const std::string& name) const {
  return get<std::vector<std::string>>(name);
}

}  // namespace monodr
