// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "methods/trained_prior.h"

namespace monodr {

/// Makes what cells of this configuration share, where the cache does not hold it yet: the
/// synthetic set and what the method asks for (a trained shape prior, a trained predictor). All appear whole or not at
/// all. Of the user's own data all are checked and their masks cut beforehand, unless a single frame
/// is all that will be read; of a method that looks at no picture the labels are checked.
void prepare(const nlohmann::json& config,
             Registry& registry,
             const std::string& cache,
             const PrepareProgress& progress,
             const PrepareNote& note,
             bool whole_dataset = true);

/// Of these alone the data that cells read, checked as prepare() does.
void prepare_data(const nlohmann::json& config,
                  Registry& registry,
                  const std::string& cache,
                  const PrepareProgress& progress,
                  const PrepareNote& note,
                  bool whole_dataset = true);

/// Of these alone what a predictor is trained on: the made-up scenes of [train], the masks of its frames.
void prepare_training_data(const nlohmann::json& config,
                           Registry& registry,
                           const std::string& cache,
                           const PrepareProgress& progress);

/// Of these alone what a predictor needs: the made-up scenes of [train], then the prior and the predictor (predictor_path in
/// methods/trained_predictor.h).
void prepare_predictor(const nlohmann::json& config,
                       Registry& registry,
                       const std::string& cache,
                       const PrepareProgress& progress,
                       const PrepareNote& note);

}  // namespace monodr
