// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "launch/sweep.h"

namespace monodr {

/// --results FILE: the database, the same in every subcommand.
void add_results_option(boost::program_options::options_description& options);
std::string results_file(const boost::program_options::variables_map& values);
/// The folder that holds the database, and beside it cells/, logs/, fits/ and cache/.
std::string results_folder(const boost::program_options::variables_map& values);

/// --tag NAME (may be repeated): only the cells that carry it.
void add_tag_option(boost::program_options::options_description& options);
std::vector<std::string> tags_of(const boost::program_options::variables_map& values);
/// The database for reading; with --tag, as if the last run had been of the tagged cells alone. UserError
/// for a tag that no cell has, and where one of these experiments has no such cell.
Database open_results(const boost::program_options::variables_map& values,
                      const std::vector<std::string>& experiments = {});

/// --plugin-path DIR (may be repeated) and --cache DIR.
void add_plugin_options(boost::program_options::options_description& options);
/// Throws UserError for a folder that does not exist.
std::vector<std::string> plugin_path(const boost::program_options::variables_map& values);
/// --cache, or `cache` beside the database.
std::string cache_folder(const boost::program_options::variables_map& values);

/// --jobs, --threads, --time-limit, --memory-limit, --launcher, --cells-per-task and --lease: who runs
/// the cells and what they may take of the machine.
void add_limit_options(boost::program_options::options_description& options);
/// Those of SweepOptions. Throws UserError for values out of range.
SweepOptions limits_of(const boost::program_options::variables_map& values);

}  // namespace monodr
