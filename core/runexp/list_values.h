// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// The word before those of a begun command that asks what may come next, for the completion of shells.
inline constexpr const char* list_values_word = "--list-values";

/// Prints what may stand behind `words`, "COMMAND ...": names of experiments, ids of cells, arms and
/// curves of the database that they name, values of an option; one a line, a tab and its meaning
/// behind. Nothing where it is a file's name or where there is no database.
void list_values(const std::vector<std::string>& words);

}  // namespace monodr
