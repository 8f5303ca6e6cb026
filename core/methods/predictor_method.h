// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/fit_pipeline.h"
#include "methods/method.h"

namespace monodr {

/// A trained predictor, alone (its best proposal is the answer, rendered once for its confidence) or as the start of the
/// fit (its best proposals, whose headings are judged by its word too: fitting/descent.h), as method.name says.
std::unique_ptr<Method> make_predictor_method(const nlohmann::json& config,
                                              Registry& registry,
                                              const std::string& cache);
/// A fit as a configuration puts it together, for who looks on: its parts and where it starts, with or without a predictor.
struct StartedFit {
  FitPipeline pipeline;
  std::unique_ptr<Initialiser> initialiser;
  std::string note;  ///< what a reader must be told of the predictor; ""
};
StartedFit make_started_fit(const nlohmann::json& config,
                            Registry& registry,
                            const std::string& cache);
void check_predictor_method(const nlohmann::json& config, Registry& registry);

}  // namespace monodr
