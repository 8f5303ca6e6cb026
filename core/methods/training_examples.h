// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/synthetic_set.h"
#include "evidence/dataset.h"
#include "plugin/observation.h"
#include "settings/sections.h"

namespace monodr {

/// A state that an object is said to have: by its label, or by a fit that bore itself out.
struct KnownState {
  Eigen::Vector3d centre =
      Eigen::Vector3d::Zero();         ///< of the box, in the camera's own frame, metres
  std::array<double, 3> dimensions{};  ///< height, width, length, metres
  double alpha = 0;                    ///< allocentric heading, radians
};

/// One object that a predictor learns from. Its crop is kRoom times as wide as those that are fitted, so that smaller ones
/// can be cut from it, in bytes, because there are many.
struct TrainingExample {
  static constexpr double kRoom = 1.3;

  Observation about;  ///< without its pictures
  std::vector<std::uint8_t> image, mask, known;
  std::vector<float> depth;
  std::optional<KnownState> known_state;
  std::string track;  ///< the object's name in all frames that show it; "" = nobody knows
  int copies = 1;     ///< how often an epoch shows it, each time cut and randomised anew
};

/// How a crop is cut from an example: the middle's shift in crop sides, the side's factor.
struct Cut {
  double zoom = 1, shift_x = 0, shift_y = 0;
  bool mirrored = false;
};
Cut random_cut(const Randomisation& how, Random& random);

/// The observation of a crop of `size` px; where the cut is {}, that of the fit, to resampling. A mirrored one has another
/// camera: left is right, the optical axis with it.
Observation cut(const TrainingExample& example, const Cut& how, int size);
KnownState mirrored(const KnownState& state);

/// The made-up scenes that [train] asks for; of several views they are sequences.
SynthesisOptions scenes_of(const TrainSettings& train);

/// Where the frames of [train] come from, made-up ones first. Those have their own boxes, masks and depth with the faults of
/// [dataset]; real ones have the evidence that [dataset] says.
std::vector<DatasetRequest> training_requests(const CellSettings& settings,
                                              const std::string& cache);
/// What those frames are, whatever their folders' names.
std::string training_fingerprint(const CellSettings& settings, const std::string& cache);

class TrainingGroup;

/// The objects of the class in these frames, read on several threads. Labels are read only where they are asked for; then an object that meets none
/// (by half of its box) is left out. Of a group each process reads its share of the frames and gets the others' from them.
std::vector<TrainingExample> load_examples(const std::vector<DatasetRequest>& requests,
                                           bool with_labels,
                                           int threads,
                                           const std::function<void(double share)>& progress,
                                           const TrainingGroup* group = nullptr);

}  // namespace monodr
