// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace monodr {

/// What this process is and runs on: monodr version, compiler, LibTorch, host, CPU, threads, and
/// the git commit, dirty flag and diff of the checkout that the binary was built in (left out where
/// there is none). Read once a process.
const std::map<std::string, std::string>& process_provenance();

}  // namespace monodr
