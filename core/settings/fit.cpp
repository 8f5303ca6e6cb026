// SPDX-License-Identifier: Apache-2.0
#include "settings/fit.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>
#include <utility>

namespace monodr {
namespace {

using Rate = double LearningRates::*;

constexpr std::pair<const char*, Rate> kGroups[] = {{"position", &LearningRates::position},
                                                    {"depth", &LearningRates::depth},
                                                    {"size", &LearningRates::size},
                                                    {"heading", &LearningRates::heading},
                                                    {"tilt", &LearningRates::tilt},
                                                    {"shape", &LearningRates::shape},
                                                    {"texture", &LearningRates::texture}};

/// The groups that "position depth" names.
std::vector<Rate> groups_named(const std::string& list) {
  std::vector<Rate> groups;
  std::istringstream words(list);
  for (std::string word; words >> word;) {
    const auto* found = std::find_if(std::begin(kGroups),
                                     std::end(kGroups),
                                     [&](const auto& group) { return word == group.first; });
    if (found == std::end(kGroups))
      throw UserError(fmt::format(
          "'fit.stage_free' names \"{}\", which is no group of the state; write some of position, "
          "depth, size, heading, tilt, shape and texture, with blanks between them",
          word));
    groups.push_back(found->second);
  }
  return groups;
}

void check_stages(const FitSettings& settings) {
  if (settings.stage_steps.size() != settings.stage_free.size())
    throw UserError(
        fmt::format("'fit.stage_steps' has {} values and 'fit.stage_free' {}; they go in pairs",
                    settings.stage_steps.size(),
                    settings.stage_free.size()));
  for (const std::string& list : settings.stage_free) groups_named(list);
  for (size_t i = 1; i < settings.stage_steps.size(); ++i)
    if (settings.stage_steps[i] <= settings.stage_steps[i - 1])
      throw UserError("'fit.stage_steps' must rise: each stage begins after the one before it");
}

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
  const std::pair<const char*, const std::vector<double>*> lists[] = {
      {"prune_steps", &settings.prune_steps},
      {"prune_keep", &settings.prune_keep},
      {"stage_steps", &settings.stage_steps}};
  for (const auto& [name, list] : lists)
    for (const double number : *list)
      if (number != std::floor(number))
        throw UserError(fmt::format(
            "'fit.{}' holds {}, but steps and hypotheses are whole numbers", name, number));
  check_stages(settings);
}

Binding<FitSettings> make_binding() {
  using S = FitSettings;
  const ReadWhen<S> from_detections{[](const S& s) { return s.start == StartKind::detections; },
                                    {"start"},
                                    "fit.start = \"detections\""};
  const ReadWhen<S> from_axis{[](const S& s) { return s.start == StartKind::principal_axis; },
                              {"start"},
                              "fit.start = \"principal_axis\""};
  const ReadWhen<S> from_search{
      [](const S& s) { return s.start == StartKind::search; }, {"start"}, "fit.start = \"search\""};
  Binding<S> binding("fit", "the descent");
  // A key is a line.
  // clang-format off
  binding.key("iterations", &S::iterations, "1", "gradient steps; 0 = the result is where the fit starts", 0, 100000)
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
      .key("keep_proportions", &S::keep_proportions, "", "height, width and length grow by one factor: of a shape whose proportions are known")
      .key("rate_end", &S::rate_end, "1", "share of the learning rates that is left in the last step; they fall as a cosine, 1 = they do not", 0, 1)
      .key("stage_steps", &S::stage_steps, "1", "steps at which a stage begins, in which only some groups of the state are free; empty = all are, always", 0, 1e5)
      .key("stage_free", &S::stage_free, "", "groups that are free in each stage, as \"texture\" or \"position depth heading\": position, depth, size, heading, tilt, shape, texture")
      .key("start", &S::start, "", "where hypotheses start: at headings around the circle; at another system's 3-D boxes (start_detections); along the principal axis of the measured points; or at the best of a search over position and heading against them. The second and third are turned as often as there are hypotheses")
      .key("start_depth", &S::start_depth, "", "where the range begins: the median depth under the mask (the box's height where there is no depth), or the range at which a car of mean height is as high as the box")
      .key("start_depth_offset", &S::start_depth_offset, "m", "surface to centre: added to the median depth under the mask", -10, 10)
      .key("start_detections", &S::start_detections, "", "folder of another system's KITTI result files (start = detections)").when(from_detections)
      .key("start_erosion", &S::start_erosion, "px", "the mask is eroded by so many pixels of the crop before its points count (start = principal_axis)", 0, 100).when(from_axis)
      .key("search_shapes", [](S& s) -> auto& { return s.search.shapes; }, "1", "shapes that are tried (start = search): the code 0, then its unit vectors", 1, 257).when(from_search)
      .key("search_positions", [](S& s) -> auto& { return s.search.positions; }, "1", "positions along x and along z that are tried", 2, 1000).when(from_search)
      .key("search_reach", [](S& s) -> auto& { return s.search.reach; }, "m", "how far the positions reach to either side of where the median depth says", 0.01, 50).when(from_search)
      .key("search_headings", [](S& s) -> auto& { return s.search.headings; }, "1", "headings on half a circle that are tried, each both ways round", 1, 720).when(from_search)
      .key("search_saturation", [](S& s) -> auto& { return s.search.saturation; }, "1/m", "a measured point at the distance d from the shape costs tanh(saturation d / 2)", 0.1, 1000).when(from_search)
      .key("search_mask_weight", [](S& s) -> auto& { return s.search.mask_weight; }, "1", "weight of the share of the shape that lies outside the mask, beside the mean cost of the points", 0, 1000).when(from_search)
      .key("accept_mask_overlap", [](S& s) -> auto& { return s.acceptance.mask_overlap; }, "1", "a result whose rendered mask overlaps the observed one by less is refused and counts as failed; 0 = none is", 0, 1)
      .key("accept_points_share", [](S& s) -> auto& { return s.acceptance.points_share; }, "1", "a result with a smaller share of the measured points near its surface is refused; 0 = none is", 0, 1)
      .key("accept_points_distance", [](S& s) -> auto& { return s.acceptance.points_distance; }, "m", "how near is near for accept_points_share", 1e-3, 100)
      .key("suppress_overlap", [](S& s) -> auto& { return s.acceptance.suppress_overlap; }, "1", "of two objects of a frame that overlap by more in bird's-eye view the one with the lower score is refused; 1 = none is", 0, 1)
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

LearningRates FitSettings::rates_at(int step) const {
  const std::string* free = nullptr;
  for (size_t i = 0; i < stage_steps.size(); ++i)
    if (stage_steps[i] <= step) free = &stage_free[i];
  if (free == nullptr) return rates;
  LearningRates now;
  for (const auto& [name, rate] : kGroups) now.*rate = 0;
  for (const Rate rate : groups_named(*free)) now.*rate = rates.*rate;
  return now;
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
