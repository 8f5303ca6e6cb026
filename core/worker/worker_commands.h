// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// The subcommands of runexp that need pictures or tensors: `runexp data ...` is passed on to
/// `monodr-worker data ...`. Conventions as in commands.h.

int run_data(const std::vector<std::string>& arguments);      ///< data.cpp
int run_inspect(const std::vector<std::string>& arguments);   ///< data_inspect.cpp: data inspect
int run_convert(const std::vector<std::string>& arguments);   ///< data_convert.cpp: data convert
int run_manifest(const std::vector<std::string>& arguments);  ///< data_manifest.cpp: data manifest

/// The worker's half of `runexp prior`: show and evaluate of a trained prior's file.
int run_prior_file(const std::vector<std::string>& arguments);  ///< prior_file.cpp

/// The worker's half of `runexp plugins check`: KIND NAME FOLDER...
int run_check(const std::vector<std::string>& arguments);  ///< check.cpp

}  // namespace monodr
