// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/parameters.h"

namespace monodr {

/// {"name": value, ...}, by name.
nlohmann::json to_json(const Parameters& parameters);

/// A table's values as they stand there, whatever a schema says of them.
std::map<std::string, ParameterValue> values_from_json(const nlohmann::json& table);

/// Checked against the schema, defaults filled in. Keys of `table` that the schema does not know
/// (plugin, weight) are left aside; `section` names the table in messages.
Parameters parameters_from_json(const ParameterSchema& schema,
                                const nlohmann::json& table,
                                const std::string& section);

}  // namespace monodr
