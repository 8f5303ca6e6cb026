// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>

#include "analysis/report_content.h"

namespace monodr {

/// Has a worker draw what a report shows of single objects. `values` holds the options of add_results_option,
/// add_plugin_options and --quiet; both arguments must live as long as what is returned.
DrawObjects draw_objects_by_worker(const Database& database,
                                   const boost::program_options::variables_map& values);
DrawLandscape draw_landscape_by_worker(const Database& database,
                                       const boost::program_options::variables_map& values);

}  // namespace monodr
