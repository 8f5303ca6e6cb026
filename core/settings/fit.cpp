// SPDX-License-Identifier: Apache-2.0
#include "settings/fit.h"

#include <cmath>

namespace monodr {
namespace {

void check(const FitSettings& settings) {
  if (settings.prune_steps.size() != settings.prune_keep.size())
    throw UserError(
        fmt::format("'fit.prune_steps' has {} values and 'fit.prune_keep' {}; they go in pairs",
                    settings.prune_steps.size(),
                    settings.prune_keep.size()));
  if (settings.share == Sharing::all_but_heading && settings.exploration.every > 0)
    throw UserError(
        "'fit.share' is 'all_but_heading' and 'fit.explore_every' is above 0; jumps in depth "
        "and size need states of their own: set one of the two back");
  if (settings.start == StartKind::detections && settings.start_detections.empty())
    throw UserError(
        "'fit.start' is 'detections', but 'fit.start_detections' is empty; name the folder of "
        "another system's KITTI result files there");
  for (const std::vector<double>* list : {&settings.prune_steps, &settings.prune_keep})
    for (const double number : *list)
      if (number != std::floor(number))
        throw UserError(fmt::format("'fit.{}' holds {}, but steps and hypotheses are whole numbers",
                                    list == &settings.prune_steps ? "prune_steps" : "prune_keep",
                                    number));
}

Binding<FitSettings> make_binding() {
  using S = FitSettings;
  const ReadWhen<S> from_detections{[](const S& s) { return s.start == StartKind::detections; },
                                    {"start"},
                                    "fit.start = \"detections\""};
  Binding<S> binding("fit", "the descent");
  // A key is a line.
  // clang-format off
  binding.key("iterations", &S::iterations, "1", "gradient steps", 1, 100000)
      .key("hypotheses", &S::hypotheses, "1", "start headings an object", 1, 64)
      .key("first_heading", &S::first_heading, "deg", "heading (alpha) of the first start; the others follow in equal steps", -360, 360)
      .key("prune_steps", &S::prune_steps, "1", "steps at which hypotheses are dropped", 0, 1e5)
      .key("prune_keep", &S::prune_keep, "1", "hypotheses an object that stay at those steps", 1, 64)
      .key("share", &S::share, "", "what the hypotheses of an object have in common: nothing (each has its own full state), or all but the heading")
      .key("explore_every", [](S& s) -> auto& { return s.exploration.every; }, "1", "steps between explorations, in which each hypothesis also tries the heading +-90 and 180 degrees and mirrored, and depth and size traded by +-8 %; 0 = never", 0, 100000)
      .key("explore_trial_steps", [](S& s) -> auto& { return s.exploration.trial_steps; }, "1", "steps that each of those descends before the best of them goes on", 1, 100000)
      .key("rate_position", [](S& s) -> auto& { return s.rates.position; }, "1", "learning rate of the image position (units of 32 px of a 64 px crop)", 0, 10)
      .key("rate_depth", [](S& s) -> auto& { return s.rates.depth; }, "1", "learning rate of the log depth", 0, 10)
      .key("rate_size", [](S& s) -> auto& { return s.rates.size; }, "1", "learning rate of the log size", 0, 10)
      .key("rate_heading", [](S& s) -> auto& { return s.rates.heading; }, "rad", "learning rate of the heading", 0, 10)
      .key("rate_tilt", [](S& s) -> auto& { return s.rates.tilt; }, "rad", "learning rate of pitch and roll; 0 = the car stands upright", 0, 10)
      .key("rate_shape", [](S& s) -> auto& { return s.rates.shape; }, "1", "learning rate of the shape code", 0, 10)
      .key("rate_texture", [](S& s) -> auto& { return s.rates.texture; }, "1", "learning rate of the texture code", 0, 10)
      .key("start", &S::start, "", "where hypotheses start: at headings around the circle, or at another system's 3-D boxes (start_detections), turned as often as there are hypotheses")
      .key("start_depth", &S::start_depth, "", "where the range begins: the median depth under the mask (the box's height where there is no depth), or the range at which a car of mean height is as high as the box")
      .key("start_depth_offset", &S::start_depth_offset, "m", "surface to centre: added to the median depth under the mask", -10, 10)
      .key("start_detections", &S::start_detections, "", "folder of another system's KITTI result files (start = detections)").when(from_detections)
      .key("heading_temperature", &S::heading_temperature, "1", "difference of losses that makes a heading e times as probable beside the others that an object's hypotheses ended in; changes no fit", 1e-6, 1e6)
      .key("gradient", &S::gradient, "", "gradient of the objective in the state: by autograd, or by central differences, for renderers that have none")
      .rule(check);
  // clang-format on
  return binding;
}

}  // namespace

std::vector<Pruning> FitSettings::prunings() const {
  std::vector<Pruning> result;
  for (size_t i = 0; i < prune_steps.size(); ++i)
    result.push_back({static_cast<int>(prune_steps[i]), static_cast<int>(prune_keep[i])});
  return result;
}

const Binding<FitSettings>& fit_binding() {
  static const Binding<FitSettings> binding = make_binding();
  return binding;
}

const Binding<ConfidenceSettings>& confidence_binding() {
  using S = ConfidenceSettings;
  // clang-format off
  static const Binding<S> binding =
      Binding<S>("confidence", "3-D score = product of the factors switched on")
          .key("score", &S::score, "", "certainty of the 2-D detection")
          .key("mask", &S::mask, "", "overlap of the rendered and the observed mask")
          .key("depth", &S::depth, "", "exp(-mean depth residual)")
          .key("agreement", &S::agreement, "", "share of the hypotheses that end at the winner's heading")
          .key("range", &S::range, "", "chance that the range error stays within a BEV overlap of 0.5");
  // clang-format on
  return binding;
}

}  // namespace monodr
