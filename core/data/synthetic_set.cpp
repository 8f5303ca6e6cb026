// SPDX-License-Identifier: Apache-2.0
#include "data/synthetic_set.h"

#include "base/error.h"
#include "base/sha256.h"

namespace monodr {

// Count up with every change that gives other files for the same options.
constexpr int generator_version = 2;
constexpr int sequence_version = 1;
constexpr int street_version = 1;  // of the look

std::string synthetic_fingerprint(const SynthesisOptions& options) {
  std::string text =
      fmt::format("monodr synthetic scenes, version {}, frames {}, objects {}, seed {}",
                  generator_version,
                  options.frames,
                  options.objects,
                  options.seed);
  if (options.frames_per_sequence > 1)
    text += fmt::format(", sequences of {}, motion {}, layout {}, version {}",
                        options.frames_per_sequence,
                        name_of(options.motion),
                        static_cast<int>(options.layout),
                        sequence_version);
  if (options.look == SceneLook::street) text += fmt::format(", street look {}", street_version);
  return sha256(text);
}

SynthesisOptions scenes_of(const DatasetSettings& settings) {
  SynthesisOptions options;
  options.objects = settings.objects;
  options.seed = settings.scene_seed;
  options.frames_per_sequence = settings.frames_per_sequence;
  options.motion = settings.sequence_motion;
  return options;
}

std::string synthetic_folder(const std::string& cache, const SynthesisOptions& options) {
  return cache + "/synthetic-" + synthetic_fingerprint(options).substr(0, 16);
}

}  // namespace monodr
