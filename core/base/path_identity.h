// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr {

/// What lies at a path, as a hash: of a file its content, of a folder the names, sizes and times of
/// change of all files below it (reading gigabytes at every start would cost more than a cell).
/// UserError where there is nothing.
std::string path_identity(const std::string& path);

}  // namespace monodr
