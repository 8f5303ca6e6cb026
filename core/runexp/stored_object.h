// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <string>

#include "results/stored_result.h"
#include "runexp/sheet_request.h"

namespace monodr {

/// --object: what names one labelled object of a cell.
void add_object_option(boost::program_options::options_description& options);

/// By its running number among the cell's labelled objects (the rows of v_objects, from 0), as
/// FRAME/LABEL, or by how it fared: best, median or worst, ranked by 3-D overlap, then by the
/// distance of the location, of those that were matched. UserError for one that is not there and
/// for a label that was missed: there is nothing to show.
const ObjectResult& choose_object(const StoredResult& cell, const std::string& word);

/// The request to fit that object again as the cell did; says on stderr what of the code has
/// changed since. `values` holds the options of add_results_option and add_plugin_options.
SheetOrder order_for(const StoredResult& cell,
                     const ObjectResult& object,
                     const boost::program_options::variables_map& values);

}  // namespace monodr
