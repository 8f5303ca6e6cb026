// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugin/registry.h"
#include "plugin/shape_prior.h"

namespace monodr {

/// What a file says of the prior it holds.
struct PriorRecord {
  struct CurvePoint {
    double share = 0;  ///< of the training done, 0..1
    double loss = 0;
  };

  std::string plugin, version;  ///< of the plugin that wrote it
  nlohmann::json parameters;    ///< all that the plugin was made with: name -> value
  nlohmann::json corpus;        ///< what it learned from, with "fingerprint"
  std::uint64_t seed = 0;
  double seconds = 0;  ///< that the training took
  std::vector<CurvePoint> curve;
};

/// A trained prior of any plugin, or the checkpoint of a training, is one file of tensors (plugin/tensor_file.h) with the
/// format "monodr shape prior 2" and {"plugin", "version", "parameters", "corpus", "seed", "seconds", "curve":
/// [[share, loss], ...]}.
void write_prior_file(const std::string& path, const PriorRecord& record, const TensorTable& state);

/// The first line alone. Throws UserError, naming the file, for one that is no prior or of another
/// version of the format.
PriorRecord read_prior_record(const std::string& path);

struct PriorFile {
  PriorRecord record;
  TensorTable state;
};
/// All of it. Throws UserError, naming the file, as above and where it is damaged.
PriorFile read_prior_file(const std::string& path);

/// Makes the plugin that the record names, with its parameters, and restores the state. Throws
/// UserError, naming the file, also where the plugin is missing or of another major version.
std::unique_ptr<ShapePrior> load_prior(const std::string& path, Registry& registry);

}  // namespace monodr
