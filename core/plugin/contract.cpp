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

ContractReport check_contract(Registry& registry, PluginKind kind, const std::string& name) {
  switch (kind) {
    case PluginKind::renderer:
      return check_renderer_contract(registry, name);
    case PluginKind::loss:
      return check_loss_contract(registry, name);
    case PluginKind::rule:
      return check_rule_contract(registry, name);
    case PluginKind::shape_prior:
      return check_shape_prior_contract(registry, name);
  }
  throw CheckFailure("unknown kind of plugin");
}

}  // namespace monodr
