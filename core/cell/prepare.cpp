// SPDX-License-Identifier: Apache-2.0
#include "cell/prepare.h"

#include <ATen/Parallel.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cell/config.h"
#include "cell/fitted_shapes.h"
#include "synthetic/synthetic.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

SynthesisOptions synthesis_options(const json& config, const std::string& cache) {
  const json& dataset = config.at("dataset");
  SynthesisOptions options;
  options.objects = dataset.at("objects").get<int>();
  options.seed = dataset.at("scene_seed").get<std::uint64_t>();
  options.output = synthetic_folder(cache, options);
  return options;
}

}  // namespace

void prepare(const json& config,
             Registry& registry,
             const std::string& cache,
             const PrepareProgress& progress,
             const PrepareNote& note,
             bool whole_dataset) {
  // The user's own data comes first: nothing is written before it is known to be readable.
  const bool is_synthetic = config.at("dataset").at("source") == "synthetic";
  const bool reads_all = !is_synthetic && whole_dataset;
  if (reads_all) {
    progress("checking the data", 0);
    if (config.at("evaluation").at("fitted_shapes")) check_true_shapes(dataset_root(config, cache));
    for (const Skipped& skipped : check_dataset(dataset_options(config, 0, cache)))
      note(fmt::format("skipping frame {}: {}", skipped.frame, skipped.reason));
  }
  fit_settings(config);
  fs::create_directories(cache);
  if (reads_all)
    cut_masks(dataset_options(config, 0, cache), at::get_num_threads(), [&](double share) {
      progress("cutting masks", share);
    });
  if (is_synthetic) {
    const SynthesisOptions options = synthesis_options(config, cache);
    if (!fs::exists(options.output))
      synthesize(options, [&](double share) { progress("making the synthetic scenes", share); });
  }
  make_trained_prior(config, registry, cache, progress, note);
}

std::string dataset_root(const json& config, const std::string& cache) {
  const json& dataset = config.at("dataset");
  if (dataset.at("source") == "synthetic") return synthesis_options(config, cache).output;
  return dataset.at("root").get<std::string>();
}

}  // namespace monodr
