// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "corpus/corpus.h"
#include "plugin/prior_file.h"
#include "plugin/registry.h"
#include "settings/sections.h"

namespace monodr {

/// Told what is being made and the share done, 0..1.
using PrepareProgress = std::function<void(const std::string& what, double share)>;
/// Told what the user should know, such as a frame that is left out.
using PrepareNote = std::function<void(const std::string& text)>;

/// Where the trained prior of a configuration lies: its own `shape_prior.file`, or the entry of the cache (priors/,
/// base/file_cache.h) whose key is the hash of all that goes into it (settings, plugin, corpus), so that a
/// changed plugin or corpus trains anew.
std::string prior_path(const nlohmann::json& config, Registry& registry, const std::string& cache);

/// The corpus that the configuration's prior learns from.
CorpusRequest corpus_request(const CellSettings& settings, const std::string& cache);
/// The same of a trained prior's record; its folder may have gone since.
CorpusRequest corpus_request(const PriorRecord& record, const std::string& cache);

/// Trains the prior of the configuration unless it is there, or checks that `shape_prior.file` is
/// what the configuration asks for. `note` is told what was wrong with meshes of a corpus. An
/// interrupted training leaves
/// "<path>.checkpoint" and goes on from there.
void make_trained_prior(const nlohmann::json& config,
                        Registry& registry,
                        const std::string& cache,
                        const PrepareProgress& progress,
                        const PrepareNote& note);

/// The configuration's prior as its plugin makes it, for what can be asked of it before it has learned.
std::unique_ptr<ShapePrior> untrained_prior(const nlohmann::json& config, Registry& registry);

/// The prior of the configuration; `make_trained_prior` must have run.
std::shared_ptr<ShapePrior> load_shape_prior(const nlohmann::json& config,
                                             Registry& registry,
                                             const std::string& cache);

}  // namespace monodr
