// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "evidence/dataset.h"

namespace monodr {

/// All cars of a folder in KITTI's layout, without a fault.
inline DatasetRequest kitti_request(const std::string& root) {
  DatasetRequest request;
  request.source = DataSource::kitti;
  request.root = root;
  request.objects = 0;
  request.faults = {};
  request.category_model.name = "Car";
  return request;
}

}  // namespace monodr
