// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "results/stored_result.h"

namespace monodr {

/// Has a worker fit a finished cell again and write the meshes of what it detected to
/// `folder`/<frame>.<format>; the format is glb, obj or ply. Tells on stderr what of the code has changed, and
/// which detections came out otherwise than they are stored: those are left out. Returns the exit code:
/// 0 all are there, 1 some are left out, 130 stopped. `values` holds the options of add_plugin_options,
/// add_results_option and --quiet.
int export_meshes(const StoredResult& cell,
                  const std::string& format,
                  const std::string& folder,
                  const boost::program_options::variables_map& values);

}  // namespace monodr
