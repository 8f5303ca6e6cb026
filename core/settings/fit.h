// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "settings/binding.h"

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
  double tilt = 0;         ///< radians, pitch and roll; 0 = the car stands upright
  double shape = 0.06;     ///< shape code
  double texture = 0.10;   ///< texture code
};

/// What the hypotheses of one object have in common: nothing, each has its own full state; or all
/// but the heading: one position, size, shape and paint, at which all hypotheses that learn pull.
enum class Sharing { nothing, all_but_heading };

/// Discrete jumps on the way (fitting/search.h): at fixed intervals, judged after some steps.
struct Exploration {
  int every = 0;  ///< 0 = never
  int trial_steps = 15;
};

/// Where the range begins: the median observed depth under the mask plus an offset (the box's
/// height where there is no depth), or the range at which a car of mean height is as high as the
/// box.
enum class StartDepth { median_depth, box_height };

/// Where the hypotheses of an object start (fitting/initialiser.h).
enum class StartKind { headings, detections, principal_axis, search };

/// fit.start = "search": a grid over position and heading, for each of some shapes (fitting/search_initialiser.h).
struct StartSearch {
  int shapes = 1;          ///< shape 0 is the code 0, shape i the i-th unit vector
  int positions = 40;      ///< along x and along z
  double reach = 2;        ///< metres to either side of where the median depth says
  int headings = 40;       ///< on half a circle; each is tried both ways round
  double saturation = 10;  ///< 1/m: what a point at the distance d costs is tanh(saturation d / 2)
  double mask_weight = 1;  ///< of the share of the shape that lies outside the mask
};

/// When a result is no result (fitting/acceptance.h).
struct AcceptanceSettings {
  double mask_overlap = 0;       ///< least overlap of the rendered and the observed mask
  double points_share = 0;       ///< least share of the measured points near the surface
  double points_distance = 0.2;  ///< metres that count as near
  double suppress_overlap =
      1;  ///< in bird's-eye view, with an object of the same frame that scores higher
};

/// How the gradient of the objective in the state is found (fitting/gradient_estimator.h).
enum class GradientKind { autograd, central_differences };

// clang-format off
template <> struct EnumNames<Sharing> {
  static constexpr auto list = enum_names<Sharing>({{Sharing::nothing, "nothing"}, {Sharing::all_but_heading, "all_but_heading"}});
};
template <> struct EnumNames<StartDepth> {
  static constexpr auto list = enum_names<StartDepth>({{StartDepth::median_depth, "median_depth"}, {StartDepth::box_height, "box_height"}});
};
template <> struct EnumNames<StartKind> {
  static constexpr auto list = enum_names<StartKind>({{StartKind::headings, "headings"}, {StartKind::detections, "detections"}, {StartKind::principal_axis, "principal_axis"}, {StartKind::search, "search"}});
};
template <> struct EnumNames<GradientKind> {
  static constexpr auto list = enum_names<GradientKind>({{GradientKind::autograd, "autograd"}, {GradientKind::central_differences, "central_differences"}});
};
// clang-format on

/// [confidence]: the 3-D score is the product of the factors that are switched on, each in [0,1] and each
/// made of estimated quantities alone.
struct ConfidenceSettings {
  bool score = true;       ///< the certainty of the 2-D detection
  bool mask = true;        ///< overlap of the rendered and the observed mask
  bool depth = true;       ///< exp(-mean |log rendered depth / observed depth|)
  bool agreement = false;  ///< share of the surviving hypotheses within 30 degrees of the winner
  bool range = true;       ///< chance that the error along the ray keeps the BEV overlap above 0.5
};

/// [fit]: the descent.
struct FitSettings {
  int iterations = 100;
  int hypotheses = 8;           ///< start headings, in equal steps around the circle
  double first_heading = 22.5;  ///< degrees, allocentric
  std::vector<double> prune_steps{20, 40}, prune_keep{4, 2};  ///< pairs; see prunings()
  Sharing share = Sharing::nothing;
  Exploration exploration;
  LearningRates rates;
  bool keep_proportions = false;  ///< height, width and length grow by one factor
  double rate_end = 0.1;          ///< share of the rates that is left in the last step
  /// From which step on which groups of the state are free; none = all, always. See rates_at().
  std::vector<double> stage_steps;
  std::vector<std::string> stage_free;
  StartKind start = StartKind::headings;
  StartDepth start_depth = StartDepth::median_depth;
  double start_depth_offset = 1.2;  ///< metres from the seen surface to the centre
  std::string start_detections;     ///< folder of KITTI result files (start = detections)
  StartSearch search;
  int start_erosion = 1;  ///< px of the crop (start = principal_axis)
  AcceptanceSettings acceptance;
  GradientKind gradient = GradientKind::autograd;
  /// The difference of losses that makes a heading e times as probable; see fitting/heading_modes.h.
  double heading_temperature = 0.02;

  /// Not keys of [fit]: what a fit takes from [predictor], [category] and [confidence].
  double heading_weight = 0;               ///< of what a predictor says of the heading; see Descent
  std::array<double, 3> size_mean{};       ///< height, width, length, metres
  std::array<double, 3> size_deviation{};  ///< of the log sizes
  ConfidenceSettings confidence;

  std::vector<Pruning> prunings() const;
  /// The rates, 0 for groups that are not free in this step.
  LearningRates rates_at(int step) const;
};

const Binding<FitSettings>& fit_binding();
const Binding<ConfidenceSettings>& confidence_binding();

}  // namespace monodr
