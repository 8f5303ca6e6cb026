// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace monodr {

/// The variables, with their values, by which a worker runs with so many threads. Whoever starts a
/// worker sets them: results are the same to the last bit only where sums are.
std::vector<std::pair<std::string, std::string>> worker_variables(int threads);

/// The environment of this process with worker_variables() in it, "NAME=value" each.
std::vector<std::string> worker_environment(int threads);

/// Whether worker_variables() stand in the environment of this process.
bool has_worker_environment(int threads);

/// Limits what this process may allocate (RLIMIT_DATA); 0 = no limit. A system call only: may run
/// between fork and exec.
void limit_memory(int megabytes);

/// Pointers to the texts and a null at the end, as exec takes them.
std::vector<char*> pointers(std::vector<std::string>& texts);

}  // namespace monodr
