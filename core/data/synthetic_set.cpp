// SPDX-License-Identifier: Apache-2.0
#include "data/synthetic_set.h"

#include "base/error.h"
#include "base/sha256.h"

namespace monodr {

// Count up with every change that gives other files for the same options.
constexpr int generator_version = 2;

std::string synthetic_fingerprint(const SynthesisOptions& options) {
  return sha256(fmt::format("monodr synthetic scenes, version {}, frames {}, objects {}, seed {}",
                            generator_version,
                            options.frames,
                            options.objects,
                            options.seed));
}

std::string synthetic_folder(const std::string& cache, const SynthesisOptions& options) {
  return cache + "/synthetic-" + synthetic_fingerprint(options).substr(0, 16);
}

}  // namespace monodr
