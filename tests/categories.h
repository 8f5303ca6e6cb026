// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/kitti_ap.h"
#include "experiment/category_file.h"

namespace monodr {

/// The categories of experiments/categories with these names; all that KITTI ranks where none are given.
inline std::vector<CategoryModel> categories(const std::vector<std::string>& names = {
                                                 "car", "pedestrian", "cyclist"}) {
  std::vector<CategoryModel> models;
  for (const std::string& name : names) models.push_back(load_category(name));
  return models;
}

/// Options for all classes that KITTI ranks.
inline KittiApOptions kitti_options() {
  KittiApOptions options;
  options.categories = categories();
  return options;
}

}  // namespace monodr
