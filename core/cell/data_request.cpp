// SPDX-License-Identifier: Apache-2.0
#include "cell/data_request.h"

#include "data/synthetic_set.h"
#include "methods/method.h"

namespace monodr {

DatasetRequest data_request(const CellSettings& settings,
                            std::uint64_t seed,
                            const std::string& cache) {
  DatasetRequest request;
  static_cast<DatasetSettings&>(request) = settings.dataset;
  request.category_model = settings.category;
  request.image_size = settings.renderer.image_size;
  request.crop_margin = settings.renderer.crop_margin;
  request.seed = uses_seed(settings.dataset, settings.method) ? seed : 0;
  if (request.is_synthetic()) {
    request.root = synthetic_folder(cache, scenes_of(request));
  } else if (!cache.empty()) {
    request.mask_cache = cache + "/masks";
  }
  return request;
}

bool reads_observations(const nlohmann::json& config, const DatasetRequest& request) {
  return looks_at_observations(config) || request.objects > 0;
}

}  // namespace monodr
