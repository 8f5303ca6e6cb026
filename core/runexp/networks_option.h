// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "experiment/spec.h"

namespace monodr {

/// --networks FILE.toml, for commands that ask networks without an experiment of the user's own.
void add_networks_option(boost::program_options::options_description& options);
std::vector<std::string> networks_option(const boost::program_options::variables_map& values);

/// An experiment of one cell, written into `folder`: the method of base.toml, the networks' tables, and [dataset] with the
/// given lines and boxes, masks and depth of the networks. A file that is not found is looked for among those of
/// experiments/networks. Without [depth_estimator] the depth is left to the lines, with a note. UserError where no file
/// has a [detector].
Experiment experiment_with_networks(const std::vector<std::string>& networks,
                                    const std::string& dataset_lines,
                                    const std::vector<std::string>& overrides,
                                    const std::string& folder);

}  // namespace monodr
