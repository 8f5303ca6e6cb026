// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/fit_pipeline.h"
#include "methods/method.h"

namespace monodr {

/// Render and compare: fit_objects() with what [fit] and the plugins' tables say.
std::unique_ptr<Method> make_fit_method(const nlohmann::json& config,
                                        Registry& registry,
                                        const std::string& cache);
/// The same of what is given.
std::unique_ptr<Method> make_fit_method(FitPipeline pipeline,
                                        std::unique_ptr<Initialiser> initialiser);
void check_fit_method(const nlohmann::json& config, Registry& registry);

}  // namespace monodr
