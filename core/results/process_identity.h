// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr {

std::string host_name();

/// What tells a process from every other that had its number: start time and boot. "" where there
/// is no such process on this host. Linux only (/proc).
std::string process_identity(int pid);

}  // namespace monodr
