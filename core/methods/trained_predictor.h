// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "methods/trained_prior.h"
#include "methods/training_group.h"
#include "plugin/predictor_file.h"
#include "settings/dataset.h"

namespace monodr {

/// Counted up by whoever changes what a training learns in code outside of the plugins: predictor_training.cpp,
/// training_examples.cpp, pseudo_labels.cpp, the faults of the evidence, proposals, the objective.
constexpr int predictor_training_version = 2;

/// Where the trained predictor of a configuration lies: its own `predictor.file`, or the file in the cache that is named by
/// the hash of all that goes into it (settings, plugins, prior, frames, the version of the training), so that whatever
/// changes trains anew, and all cells that ask for the same one share it.
std::string predictor_path(const nlohmann::json& config,
                           Registry& registry,
                           const std::string& cache,
                           int training_version = predictor_training_version);

/// Trains the predictor of the configuration unless it is there, its prior first; the frames of [train] must be
/// (cell/prepare.h). An interrupted training leaves "<path>.checkpoint" and goes on from there to the same bits. Checks a
/// `predictor.file` for being what the configuration asks for. With a rendezvous of several processes, its leader.
void make_trained_predictor(const nlohmann::json& config,
                            Registry& registry,
                            const std::string& cache,
                            const PrepareProgress& progress,
                            const PrepareNote& note,
                            const Rendezvous& where = {});
/// Another process of that training, which takes its share of each step and keeps nothing. Prior and frames must be there.
void help_train_predictor(const nlohmann::json& config,
                          Registry& registry,
                          const std::string& cache,
                          const Rendezvous& where);

/// The configuration's predictor as its plugin makes it, and the rule it would be trained by: UserError where there is none.
void check_predictor(const nlohmann::json& config, Registry& registry);

struct TrainedPredictor {
  std::shared_ptr<const Predictor> predictor;
  PredictorRecord record;

  /// Said in every table: what it learned from. "" of one that had no labels.
  std::string note() const;
  /// What it has seen of the data it is judged on: the same made-up scenes, or labels of the same real frames. "" = nothing,
  /// as it should be.
  std::string seen_before(const DatasetSettings& judged) const;
};
/// `make_trained_predictor` must have run.
TrainedPredictor load_trained_predictor(const nlohmann::json& config,
                                        Registry& registry,
                                        const std::string& cache);

}  // namespace monodr
