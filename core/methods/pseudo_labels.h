// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "fitting/objective.h"
#include "methods/training_examples.h"
#include "plugin/predictor.h"
#include "plugin/rule.h"
#include "plugin/tensor_table.h"

namespace monodr {

/// Fits every example from where fit.start says (headings around the circle: with a predictor, what it proposes instead), with
/// a predictor judged by it too, and gives those a known state whose fit bears itself out: the overlap of rendered and observed mask times exp(-mean
/// |log depth residual|) is at least train.accept_consistency, and its heading has at least the probability
/// train.accept_heading beside the others that it ended in. The others have none afterwards.
void find_pseudo_labels(std::vector<TrainingExample>& examples,
                        const Objective& objective,
                        const Rule& rule,
                        FitSettings fit,
                        const CellSettings& settings,
                        const std::shared_ptr<const Predictor>& predictor,
                        const std::function<void(double share)>& progress);

/// [examples,7] float64 for a checkpoint: centre, dimensions, alpha; NaN where none is known. And back.
at::Tensor as_table(const std::vector<TrainingExample>& examples);
void take_states(const at::Tensor& table, std::vector<TrainingExample>& examples);

}  // namespace monodr
