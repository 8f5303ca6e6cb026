// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugin/predictor.h"
#include "plugin/registry.h"
#include "plugin/tensor_table.h"

namespace monodr {

/// What a file says of the predictor it holds.
struct PredictorRecord {
  struct CurvePoint {
    int epoch = 0;
    double training = 0,
           validation = 0;  ///< mean losses; validation is NaN where nothing was kept aside
  };

  std::string plugin, version;  ///< of the plugin whose network it is
  nlohmann::json parameters;    ///< all that the plugin was made with: name -> value
  PredictorLayout layout;
  nlohmann::json training;  ///< [train] and what it learned from, with its fingerprint
  std::uint64_t seed = 0;
  double seconds = 0;  ///< that the training took
  std::vector<CurvePoint> curve;
};

/// A trained predictor, or the checkpoint of a training, is one file of tensors (plugin/tensor_file.h) with the format
/// "monodr predictor 1": the network's weights by their names, and "training.*": the optimiser's moments, the step
/// and with the seed and the step the state of all random streams (each draws from (seed, step) alone).
void write_predictor_file(const std::string& path,
                          const PredictorRecord& record,
                          const TensorTable& table);

struct PredictorFile {
  PredictorRecord record;
  TensorTable table;
};
/// Throws UserError, naming the file, for one that is no predictor, of another version of the format, or damaged.
PredictorFile read_predictor_file(const std::string& path);
PredictorRecord read_predictor_record(const std::string& path);

/// Makes the plugin that the record names, with its parameters, and gives it its weights. Throws UserError, naming the
/// file, also where the plugin is missing or of another major version.
std::unique_ptr<Predictor> load_predictor(const std::string& path, Registry& registry);

/// Copies the arrays of the weights' names into them; UserError where one is missing or has another shape.
void restore_weights(const Predictor& predictor, const TensorTable& table);

}  // namespace monodr
