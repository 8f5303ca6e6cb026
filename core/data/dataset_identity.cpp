// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_identity.h"

#include "base/text.h"
#include "data/fingerprint.h"
#include "data/manifest.h"
#include "data/synthetic_set.h"
#include "settings/dataset.h"

namespace monodr {

DatasetIdentity::DatasetIdentity(const std::string& cache_folder)
    : cache_file_(cache_folder.empty() ? "" : cache_folder + "/files.txt") {}

std::string DatasetIdentity::of(const Parameters& dataset) {
  const DatasetSettings settings = dataset_binding().read(dataset);
  if (settings.is_synthetic()) return synthetic_fingerprint(scenes_of(settings));
  auto folders = folders_used(settings.boxes, settings.masks, settings.depth);
  if (settings.reads_sequences()) folders.insert(folders.end(), {"poses", "tracks_2"});
  const auto [known, is_new] =
      known_.try_emplace(join({settings.root, settings.split, join(folders, "\n")}, "\n"));
  if (is_new)
    known->second = settings.source == DataSource::manifest
                        ? manifest_fingerprint(settings.root, cache_file_)
                        : dataset_fingerprint(settings.root, settings.split, folders, cache_file_);
  return known->second;
}

}  // namespace monodr
