// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "settings/binding.h"
#include "settings/dataset.h"

namespace monodr {

/// What a predictor learns from (docs/predictors.md): its own renderings, fits that bear themselves out, the labels, or the
/// labels of made-up cars and then, in rounds, the fits of real ones that bear themselves out as well.
enum class Supervision { render, pseudo_labels, labels, curriculum };
/// How the heads are held against known states: column by column, or by the box's corners in space (RoI-10D).
enum class StateComparison { columns, corners };
/// Whose frames it learns from.
enum class TrainingFrames { made_up, real, both };

// clang-format off
template <> struct EnumNames<Supervision> {
  static constexpr auto list = enum_names<Supervision>({{Supervision::render, "render"}, {Supervision::pseudo_labels, "pseudo_labels"}, {Supervision::labels, "labels"}, {Supervision::curriculum, "curriculum"}});
};
template <> struct EnumNames<StateComparison> {
  static constexpr auto list = enum_names<StateComparison>({{StateComparison::columns, "columns"}, {StateComparison::corners, "corners"}});
};
template <> struct EnumNames<TrainingFrames> {
  static constexpr auto list = enum_names<TrainingFrames>({{TrainingFrames::made_up, "made_up"}, {TrainingFrames::real, "real"}, {TrainingFrames::both, "both"}});
};
// clang-format on

/// [predictor]: the network that proposes states, and how its word counts.
struct PredictorSettings {
  std::string plugin;
  int proposals = 4;          ///< heads, each with a whole state
  double heading_weight = 8;  ///< of the log-probability of a heading beside its loss; 0 = none
  bool mirror = true;         ///< asked of the picture and its mirror image
  int views = 1;              ///< asked of so many windows, closer and wider ones
  std::string file;           ///< a trained predictor, "" = train one
};

/// What is done to a training crop before the network sees it, each 0 = never. Lengths are in pixels of a 64 px crop.
struct Randomisation {
  double zoom = 0.12;        ///< relative deviation of the crop's side at most
  double shift = 0.08;       ///< of the crop's centre at most, as a share of its side
  double mirror = 0.5;       ///< share of the crops
  double blur = 1.6;         ///< px: sigma at most, in two fifths of the crops
  double compression = 0.4;  ///< share of the crops that go through JPEG
  double saturation = 0.8;   ///< factor 1 - this to 1 + half of it
  double light =
      0.5;  ///< contrast by a factor 1 - this to 1 + this, brightness by up to 0.4 times this
  double cast = 0.15;      ///< gain of each colour, 1 - this to 1 + this
  double noise = 0.04;     ///< deviation at most
  double occluders = 0.4;  ///< share of the crops over which a patch is laid
  double glare = 0;        ///< share of the crops on whose surfaces the sun shines back
  double shade = 0;        ///< share of the crops that lie in patches of hard shade
  double bayer = 0;        ///< share of the crops that were seen through a colour filter array
  double sharpening = 0;   ///< what is added of the detail at most, in half of the crops
};

/// [train]: how a predictor learns.
struct TrainSettings {
  Supervision supervision = Supervision::render;
  StateComparison compare = StateComparison::columns;  ///< of known states
  std::string rule = "hindsight";  ///< plugin: how the heads share an object's loss
  TrainingFrames frames = TrainingFrames::made_up;
  int objects = 16000;  ///< made-up cars
  std::uint64_t scene_seed = 77;
  SceneLook scene_look = SceneLook::street;
  std::string root;  ///< folder of real frames
  std::string split = "all";
  int views = 1;  ///< of a made-up car; above 1 one is drawn with the shape that another says
  double minimum_height = 25;  ///< px of the 2-D box
  double validation = 0.1;     ///< share of the objects that are kept aside

  int epochs = 6;
  int batch = 32;
  double learning_rate = 0.003;
  double weight_decay = 0.02;
  double distillation = 5;  ///< weight of what the student learns of the heads
  int judge_steps = 15;     ///< of descent before the best head is told (render)
  int patience = 0;  ///< epochs without a better validation loss before it ends; 0 = all epochs
  std::uint64_t seed = 0;
  int processes = 1;  ///< that share each step's objects (methods/training_group.h)

  int rounds = 2;  ///< of fitting and learning (pseudo_labels, curriculum)
  double accept_consistency =
      0.7;  ///< least overlap of masks times exp(-depth residual) of a fit that is learned from
  double accept_heading = 0.9;  ///< least probability of its heading

  Randomisation randomise;

  /// Objects whose gradient is computed at once, the least that a process can take of a step.
  static constexpr int kPart = 16;

  /// Whether it learns from fits, in rounds.
  bool fits() const {
    return supervision == Supervision::pseudo_labels || supervision == Supervision::curriculum;
  }
  bool uses_made_up() const { return frames != TrainingFrames::real; }
  bool uses_real() const { return frames != TrainingFrames::made_up; }
};

const Binding<PredictorSettings>& predictor_binding();
const Binding<TrainSettings>& train_binding();

}  // namespace monodr
