// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "plugin/shape_prior.h"
#include "template_mesh.h"
#include "training.h"

namespace monodr::mesh_autoencoder {

/// Registers every mesh of the corpus (on all threads; the result does not depend on how many) and
/// scales each registration to the unit box. Throws UserError for a mesh that the template cannot
/// be laid on. `progress(share)`: returning false stops, and the set comes back empty.
TrainingSet register_corpus(const TemplateMesh& mesh_template,
                            const std::vector<CorpusItem>& corpus,
                            int relaxations,
                            const std::function<bool(double)>& progress);

}  // namespace monodr::mesh_autoencoder
