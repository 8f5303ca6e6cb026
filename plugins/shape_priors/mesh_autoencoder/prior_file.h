// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "decoder.h"

namespace monodr::mesh_autoencoder {

/// A trained prior as a file: one line of JSON (plugin, version, parameters, training, the arrays'
/// names and shapes, SHA-256 of what follows), then the arrays as little-endian float32.
inline constexpr int kFileVersion = 1;

struct PriorFile {
  nlohmann::json parameters;  ///< as the plugin was made with: name -> value
  nlohmann::json training;    ///< seed, corpus, losses: for the record
  DecoderWeights weights;
};

void write_prior_file(const std::string& path, PriorFile file);

/// Throws UserError, naming the file, where it is no prior of this plugin and version or damaged.
PriorFile read_prior_file(const std::string& path);

}  // namespace monodr::mesh_autoencoder
