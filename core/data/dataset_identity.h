// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/parameters.h"

namespace monodr {

/// What the cells' ids take from the data itself: of a made-up set the fingerprint of its generator
/// and options, of a real one that of the contents of the files that the cells read. The same data
/// elsewhere, or copied with other times, gives the same cells.
class DatasetIdentity {
 public:
  /// Hashes of files are kept in `cache_folder`/files.txt, so that only the first call reads them;
  /// "" = nowhere.
  explicit DatasetIdentity(const std::string& cache_folder);

  /// Of a checked [dataset] table. UserError where the folder or its split is not there.
  std::string of(const Parameters& dataset);

 private:
  std::string cache_file_;
  std::map<std::string, std::string> known_;  ///< by what decides which files are read
};

}  // namespace monodr
