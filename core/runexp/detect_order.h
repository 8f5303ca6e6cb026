// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "experiment/spec.h"
#include "launch/orders.h"

namespace monodr {

/// What stands on a command line without an option's name.
struct Words {
  std::vector<std::string>
      files;  ///< or folders: whatever is no KEY=VALUE, or is there under that name
  std::vector<std::string> overrides;  ///< KEY=VALUE
};

/// The option `word`, which the positional ones are.
Words words_of(const boost::program_options::variables_map& values);

/// The order of an experiment of one cell, for commands that look at pictures without a sweep: all but its output, offset
/// and meshes. UserError for a wrong experiment.
DetectOrder detect_order(const boost::program_options::variables_map& values,
                         const Experiment& experiment);

/// Has a worker carry out `command` with it, shows the progress (--quiet: none) and prints the lines that come back; false
/// where it was stopped.
bool carry_out(const std::string& command,
               const DetectOrder& order,
               const boost::program_options::variables_map& values);

/// The same of "detect", into --output: makes the folder and prints where the detections lie. The exit code.
int detect_into_output(DetectOrder order, const boost::program_options::variables_map& values);

}  // namespace monodr
