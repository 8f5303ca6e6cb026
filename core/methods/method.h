// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evidence/dataset.h"
#include "fitting/fitted_object.h"
#include "methods/trained_prior.h"
#include "plugin/registry.h"
#include "plugin/shape_prior.h"

namespace monodr {

/// What a method found, and what it cost.
struct MethodResult {
  /// Those of observations in their order, failed ones with a word on why; a method may have
  /// others, too.
  std::vector<FittedObject> objects;
  /// Curves over its steps, by name: {"total", ...}.
  std::vector<std::pair<std::string, std::vector<double>>> curves;
  int failed_hypotheses = 0;
  int starts_without_detection = 0;  ///< objects that fit.start_detections has no box for
  std::int64_t renders = 0;          ///< of one hypothesis each
  std::vector<std::string> notes;    ///< what the reader of a table should know
};

/// HOW TO ADD A METHOD
///  1. A value of MethodKind with its name, its settings (settings/pipeline.h).
///  2. A file like fit_method.cpp or boxes_method.cpp, and its line in methods() of method.cpp.
///
/// Observations in, detections out. A method sees all observations of a cell, so that it may batch
/// them, but an object's answer may depend on that object alone. It has no way to a label.
class Method {
 public:
  virtual ~Method() = default;
  virtual MethodResult detect(const ObservationSet& observations,
                              const std::function<void(double share)>& progress) const = 0;
  /// Of methods that decode shapes, else null.
  virtual const ShapePrior* shape_prior() const { return nullptr; }
};

/// Who asks below names no method. Whether the method of a configuration looks at observations: one
/// that does not is given the frames alone, and no picture is read for it.
bool looks_at_observations(const nlohmann::json& config);

/// Makes what the method needs to have been made before (a trained prior), where the cache does not
/// hold it.
void prepare_method(const nlohmann::json& config,
                    Registry& registry,
                    const std::string& cache,
                    const PrepareProgress& progress,
                    const PrepareNote& note);

/// The method of a resolved configuration; `prepare_method` must have run, and the registry must
/// outlive it.
std::unique_ptr<Method> make_method(const nlohmann::json& config,
                                    Registry& registry,
                                    const std::string& cache);

/// Makes all of it but what has to be trained, and drops it: UserError where a plugin refuses its
/// parameters, settings contradict each other or files are missing.
void check_method(const nlohmann::json& config, Registry& registry);

}  // namespace monodr
