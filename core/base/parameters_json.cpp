// SPDX-License-Identifier: Apache-2.0
#include "base/parameters_json.h"

#include <nlohmann/json.hpp>

namespace monodr {

using nlohmann::json;

json to_json(const Parameters& parameters) {
  json object = json::object();
  for (const auto& [name, value] : parameters.values())
    std::visit([&, &key = name](const auto& v) { object[key] = v; }, value);
  return object;
}

namespace {

ParameterValue value_from_json(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_array() && !value.empty() && value[0].is_string())
    return value.get<std::vector<std::string>>();
  if (value.is_array()) return value.get<std::vector<double>>();
  return value.get<std::string>();
}

}  // namespace

std::map<std::string, ParameterValue> values_from_json(const json& table) {
  std::map<std::string, ParameterValue> values;
  for (const auto& [key, value] : table.items()) values.emplace(key, value_from_json(value));
  return values;
}

Parameters parameters_from_json(const ParameterSchema& schema,
                                const json& table,
                                const std::string& section) {
  std::map<std::string, GivenValue> given;
  for (const Parameter& parameter : schema)
    if (table.contains(parameter.name))
      given[parameter.name].value = value_from_json(table[parameter.name]);
  return Parameters(schema, given, section);
}

}  // namespace monodr
