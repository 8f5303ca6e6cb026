// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_identity.h"

#include "base/text.h"
#include "data/fingerprint.h"
#include "data/synthetic_set.h"

namespace monodr {

DatasetIdentity::DatasetIdentity(const std::string& cache_folder)
    : cache_file_(cache_folder.empty() ? "" : cache_folder + "/files.txt") {}

std::string DatasetIdentity::of(const Parameters& dataset) {
  if (dataset.text("source") == "synthetic") {
    SynthesisOptions options;
    options.objects = static_cast<int>(dataset.integer("objects"));
    options.seed = static_cast<std::uint64_t>(dataset.integer("scene_seed"));
    return synthetic_fingerprint(options);
  }
  const std::string& root = dataset.text("root");
  const std::string& split = dataset.text("split");
  const auto folders =
      folders_used(dataset.text("boxes"), dataset.text("masks"), dataset.text("depth"));
  const auto [known, is_new] = known_.try_emplace(join({root, split, join(folders, "\n")}, "\n"));
  if (is_new) known->second = dataset_fingerprint(root, split, folders, cache_file_);
  return known->second;
}

}  // namespace monodr
