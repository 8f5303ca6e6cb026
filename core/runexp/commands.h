// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// The subcommands of `runexp`. `arguments` are those behind the subcommand's name. Each returns
/// the process's exit code and throws UserError for bad use; main turns that into a message and
/// code 2.

int run_evaluate(const std::vector<std::string>& arguments);
int run_selftest(const std::vector<std::string>& arguments);
int run_table(const std::vector<std::string>& arguments);

}  // namespace monodr
