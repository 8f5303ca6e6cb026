// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "evidence/dataset.h"
#include "plugin/registry.h"

namespace monodr {

/// The networks of a resolved configuration whose evidence its [dataset] asks for: DatasetRequest::networks; null where
/// it asks for none. They are opened when the first picture needs one; the registry must outlive them. UserError for a
/// file that is not there.
std::shared_ptr<const NetworkEvidence> networks_of(const nlohmann::json& config,
                                                   Registry& registry,
                                                   const std::string& cache);

/// For the provenance: which file a network came from, its SHA-256, and what its answers cost.
std::map<std::string, std::string> network_provenance(const nlohmann::json& config,
                                                      const NetworkEvidence& networks);

}  // namespace monodr
