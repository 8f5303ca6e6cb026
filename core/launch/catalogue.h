// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/plugin_info.h"

namespace monodr {

/// What the plugins in some folders say of themselves, asked from the worker (`monodr-worker
/// describe FOLDER...`) or remembered from the last time: reading it costs a millisecond, asking
/// maps LibTorch. The memory is keyed by path, size and time of change of every .so file in the
/// folders and of the worker, so a plugin that was rebuilt is asked again.
class CatalogueSource {
 public:
  CatalogueSource(std::string worker, std::vector<std::string> folders, std::string cache_folder);

  const PluginCatalogue& catalogue() const { return catalogue_; }
  const std::vector<std::string>& folders() const { return folders_; }

  /// Remembers what was asked. A step of its own, so that nothing is written for an experiment
  /// that turns out to be wrong.
  void remember() const;

 private:
  std::string key() const;

  std::string worker_;
  std::vector<std::string> folders_;
  std::string file_;
  std::string asked_;  ///< the worker's answer; empty if it was remembered
  PluginCatalogue catalogue_;
};

}  // namespace monodr
