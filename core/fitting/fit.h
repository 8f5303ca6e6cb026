// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "fitting/descent.h"
#include "fitting/fitted_object.h"
#include "fitting/track.h"
#include "plugin/rule.h"

namespace monodr {

struct FitResult {
  std::vector<FittedObject> objects;  ///< in the order of the observations
  LossCurve curve;
  int failed_hypotheses = 0;  ///< left out because not finite or diverged; branches count too
  int starts_without_detection = 0;  ///< see Starts
  int64_t renders = 0;               ///< of one hypothesis each: what a fit costs, on any machine
  at::Tensor coordinates = {};  ///< what the objective was given as ObservationBatch::coordinates
};

/// Called after each step with the share done, 0..1.
using FitProgress = std::function<void(double share)>;

/// Fits all observations at once: K hypotheses an object descend together as one batch of tensors
/// (fitting/descent.h) and the rule's choice by the losses after the last step is reported. An
/// object without any hypothesis left fails with a word on why, the others go on.
FitResult fit_objects(const std::vector<Observation>& observations,
                      const Objective& objective,
                      const Rule& rule,
                      const FitSettings& settings,
                      const Initialiser& initialiser,
                      const FitProgress& progress = {},
                      const FitObserver& observe = {});

/// The same of objects that several observations show (fitting/track.h): one fit a track. What is found is told of each
/// observation, in its own frame, in the order of the observations.
FitResult fit_tracks(const std::vector<Observation>& observations,
                     const std::vector<Track>& tracks,
                     const Objective& objective,
                     const Rule& rule,
                     const FitSettings& settings,
                     const Initialiser& initialiser,
                     const FitProgress& progress = {},
                     const FitObserver& observe = {});

}  // namespace monodr
