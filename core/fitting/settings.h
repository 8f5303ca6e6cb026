// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

namespace monodr {

/// One pruning: from this step on, only the `keep` best hypotheses of each object go on.
struct Pruning {
  int step = 0;
  int keep = 1;
};

/// Adam's step size for each group of the state, in the group's own unit.
struct LearningRates {
  double position = 0.02;  ///< half crops (32 px of a 64 px crop)
  double depth = 0.02;     ///< log metres
  double size = 0.012;     ///< log size
  double heading = 0.06;   ///< radians
  double shape = 0.06;     ///< shape code
  double texture = 0.10;   ///< texture code
};

/// The 3-D score is the 2-D score times the factors that are switched on, each in [0,1] and each
/// made of estimated quantities alone.
struct ConfidenceSettings {
  bool mask = true;        ///< overlap of the rendered and the observed mask
  bool depth = true;       ///< exp(-mean |log rendered depth / observed depth|)
  bool agreement = false;  ///< share of the surviving hypotheses within 30 degrees of the winner
  bool range = true;       ///< chance that the error along the ray keeps the BEV overlap above 0.5
};

struct FitSettings {
  int iterations = 100;
  int hypotheses = 8;           ///< start headings, in equal steps around the circle
  double first_heading = 0.39;  ///< radians, allocentric
  std::vector<Pruning> prunings;
  LearningRates rates;
  double shape_regularisation = 0.005;   ///< x |shape code|^2
  double texture_regularisation = 0.01;  ///< x |texture code - start|^2
  double start_depth_offset = 1.2;       ///< metres from the seen surface to the centre
  std::array<double, 3> size_mean{1.526, 1.63, 3.88};        ///< height, width, length, metres
  std::array<double, 3> size_deviation{0.085, 0.055, 0.10};  ///< of the log sizes
  ConfidenceSettings confidence;
};

}  // namespace monodr
