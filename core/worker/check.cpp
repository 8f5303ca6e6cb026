// SPDX-License-Identifier: Apache-2.0
// monodr-worker check KIND NAME PARAMETERS FOLDER...: runs the contract of a plugin's kind; PARAMETERS is a JSON object
// of those that differ from the defaults. Exit code 0 where it is kept, 1 where not.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/parameters_json.h"
#include "plugin/contract.h"
#include "worker/worker_commands.h"

namespace monodr {

int run_check(const std::vector<std::string>& arguments) {
  if (arguments.size() < 4) throw UserError("run 'runexp plugins check NAME' instead");
  Registry registry({arguments.begin() + 3, arguments.end()});
  const auto kind = plugin_kind_named(arguments[0]);
  if (!kind) throw UserError(fmt::format("'{}' is no kind of plugin", arguments[0]));
  const PluginInfo& info = registry.find(*kind, arguments[1]).info;
  std::cout << "file " << info.file << ": ABI and schema are read\n" << std::flush;
  GivenParameters given;
  for (const auto& [key, value] : values_from_json(nlohmann::json::parse(arguments[2])))
    given[key].value = value;
  const ContractReport report = check_contract(registry, *kind, arguments[1], given);
  std::cout << report.to_text() << (report.passed() ? "passed" : "FAILED") << std::endl;
  return report.passed() ? 0 : 1;
}

}  // namespace monodr
