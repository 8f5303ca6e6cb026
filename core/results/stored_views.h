// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "results/database.h"

namespace monodr {

/// Names of a view's columns, and a row's values in their order.
using TellRow = std::function<void(const std::vector<std::string>& names,
                                   const std::vector<nlohmann::ordered_json>& values)>;

/// All rows of the experiment in a view: `view` is "metrics" for v_metrics. Of cells and their
/// settings, too, only what counts in tables.
void for_each_row(const Database& database,
                  const std::string& experiment,
                  const std::string& view,
                  const TellRow& tell);

}  // namespace monodr
