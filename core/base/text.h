// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace monodr {

/// Number of single-character insertions, deletions, replacements and swaps of neighbours that
/// turn `a` into `b` (optimal string alignment).
int edit_distance(std::string_view a, std::string_view b);

/// "; did you mean 'weight'?" for the candidate nearest to `name`, or "" where none is near
/// (more than a third of the letters differ).
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The whole file; a UserError names the file and the system's reason.
std::string read_file(const std::string& path);

/// Writes beside the target, flushes to disk and renames into place: a reader sees the old file
/// or the new one, never a part.
void write_file_atomically(const std::string& path, std::string_view content);

/// ASCII letters only.
std::string lower_case(std::string text);

}  // namespace monodr
