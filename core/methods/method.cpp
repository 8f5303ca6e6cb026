// SPDX-License-Identifier: Apache-2.0
#include "methods/method.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "methods/boxes_method.h"
#include "methods/fit_method.h"
#include "methods/predictor_method.h"
#include "methods/trained_predictor.h"
#include "settings/sections.h"

namespace monodr {
namespace {

using nlohmann::json;

/// One method, as those see it who know none by name.
struct MethodEntry {
  MethodKind kind;
  bool looks_at_observations;
  void (*prepare)(
      const json&, Registry&, const std::string&, const PrepareProgress&, const PrepareNote&);
  std::unique_ptr<Method> (*make)(const json&, Registry&, const std::string&);
  void (*check)(const json&, Registry&);
};

void prepare_nothing(
    const json&, Registry&, const std::string&, const PrepareProgress&, const PrepareNote&) {}

void prepare_predictor_alone(const json& config,
                             Registry& registry,
                             const std::string& cache,
                             const PrepareProgress& progress,
                             const PrepareNote& note) {
  make_trained_predictor(config, registry, cache, progress, note);
}

constexpr MethodEntry kMethods[] = {
    {MethodKind::fit, true, make_trained_prior, make_fit_method, check_fit_method},
    {MethodKind::predictor,
     true,
     prepare_predictor_alone,
     make_predictor_method,
     check_predictor_method},
    {MethodKind::predictor_and_fit,
     true,
     prepare_predictor_alone,
     make_predictor_method,
     check_predictor_method},
    {MethodKind::boxes, false, prepare_nothing, make_boxes_method, check_boxes_method}};

const MethodEntry& method_of(const json& config) {
  const MethodKind kind = cell_settings(config).method.name;
  for (const MethodEntry& entry : kMethods)
    if (entry.kind == kind) return entry;
  throw CheckFailure(fmt::format("method '{}' has no entry", name_of(kind)));
}

}  // namespace

bool looks_at_observations(const json& config) {
  return method_of(config).looks_at_observations;
}

void prepare_method(const json& config,
                    Registry& registry,
                    const std::string& cache,
                    const PrepareProgress& progress,
                    const PrepareNote& note) {
  method_of(config).prepare(config, registry, cache, progress, note);
}

std::unique_ptr<Method> make_method(const json& config,
                                    Registry& registry,
                                    const std::string& cache) {
  return method_of(config).make(config, registry, cache);
}

void check_method(const json& config, Registry& registry) {
  method_of(config).check(config, registry);
}

}  // namespace monodr
