// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract.h"

namespace monodr {

bool ContractReport::passed() const {
  for (const ContractCheck& check : checks)
    if (!check.passed) return false;
  return true;
}

std::string ContractReport::to_text() const {
  std::string text = fmt::format("{} {}\n", to_string(kind), plugin);
  for (const ContractCheck& check : checks)
    text += fmt::format("  {}  {}{}{}\n",
                        check.passed ? "ok  " : "FAIL",
                        check.name,
                        check.detail.empty() ? "" : ": ",
                        check.detail);
  return text;
}

ContractReport check_contract(Registry& registry,
                              PluginKind kind,
                              const std::string& name,
                              const GivenParameters& given) {
  switch (kind) {
#define MONODR_PLUGIN_KIND(kind_name, Interface, folder, tests, use) \
  case PluginKind::kind_name:                                        \
    return check_##kind_name##_contract(registry, name, given);
#include "base/plugin_kinds.def"
#undef MONODR_PLUGIN_KIND
  }
  throw CheckFailure("unknown kind of plugin");
}

}  // namespace monodr
