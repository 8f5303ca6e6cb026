// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

struct CommandOutcome {
  int exit_code = -1;  ///< 128 + signal where one ended it
  bool timed_out = false;
  std::string output, errors;
};

/// Runs a program of PATH and waits for its end, at most so long: then it is killed. Throws UserError where there is no
/// such program.
CommandOutcome run_command(const std::vector<std::string>& words, int seconds);

}  // namespace monodr
