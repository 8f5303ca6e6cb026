// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// The files whose code decides what a cell finds: the program and those of monodr's libraries that it
/// loads, beside it (a build folder) or in ../lib/monodr (an installation). libmonodr_engine.so is not
/// among them: it plans, stores and draws, and a new table must not make results stale.
std::vector<std::string> program_files(const std::string& program);

/// One SHA-256 of the contents of program_files().
std::string program_hash(const std::string& program);

}  // namespace monodr
