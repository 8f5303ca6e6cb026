// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "methods/trained_prior.h"
#include "methods/training_group.h"

namespace monodr {

/// How much of the user's own data is looked at beforehand: nothing, as of a single frame that will be read; all; all,
/// of pictures in which there may be no object of the class.
enum class DataCheck { none, all, pictures_alone };

/// Makes what cells of this configuration share, where the cache does not hold it yet: the
/// synthetic set and what the method asks for (a trained shape prior, a trained predictor). All appear whole or not at
/// all. Of the user's own data all that `check` says are checked and their masks cut beforehand; of a method that looks
/// at no picture the labels are checked. UserError where there is nothing to fit.
void prepare(const nlohmann::json& config,
             Registry& registry,
             const std::string& cache,
             const PrepareProgress& progress,
             const PrepareNote& note,
             DataCheck check = DataCheck::all);

/// Of these alone the data that cells read, checked as prepare() does.
void prepare_data(const nlohmann::json& config,
                  Registry& registry,
                  const std::string& cache,
                  const PrepareProgress& progress,
                  const PrepareNote& note,
                  DataCheck check = DataCheck::all);

/// Of these alone what a predictor is trained on: the made-up scenes of [train], the masks of its frames.
void prepare_training_data(const nlohmann::json& config,
                           Registry& registry,
                           const std::string& cache,
                           const PrepareProgress& progress);

/// Of these alone what a predictor needs: the made-up scenes of [train], then the prior and the predictor (predictor_path in
/// methods/trained_predictor.h). Other processes that help, if [train] asks for some, are started and ended here, unless
/// whoever calls has started them and says where they meet.
void prepare_predictor(const nlohmann::json& config,
                       Registry& registry,
                       const std::string& cache,
                       const PrepareProgress& progress,
                       const PrepareNote& note,
                       const Rendezvous& where = {});

}  // namespace monodr
