// SPDX-License-Identifier: Apache-2.0
#include "cell/prepare.h"

#include <ATen/Parallel.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cell/data_request.h"
#include "cell/fitted_shapes.h"
#include "synthetic/synthetic.h"

namespace monodr {

void prepare(const nlohmann::json& config,
             Registry& registry,
             const std::string& cache,
             const PrepareProgress& progress,
             const PrepareNote& note,
             bool whole_dataset) {
  namespace fs = std::filesystem;
  const CellSettings settings = cell_settings(config);
  const DatasetRequest data = data_request(settings, 0, cache);
  // The user's own data comes first: nothing is written before it is known to be readable.
  const bool reads_all = !data.is_synthetic() && whole_dataset;
  if (reads_all) {
    progress("checking the data", 0);
    if (settings.evaluation.fitted_shapes) check_true_shapes(data.root);
    for (const Skipped& skipped : check_dataset(data))
      note(fmt::format("skipping frame {}: {}", skipped.frame, skipped.reason));
  }
  fs::create_directories(cache);
  if (reads_all)
    cut_masks(
        data, at::get_num_threads(), [&](double share) { progress("cutting masks", share); });
  if (data.is_synthetic() && !fs::exists(data.root))
    synthesize({.objects = data.objects, .seed = data.scene_seed, .output = data.root},
               [&](double share) { progress("making the synthetic scenes", share); });
  if (settings.method.name == MethodKind::fit)
    make_trained_prior(config, registry, cache, progress, note);
}

}  // namespace monodr
