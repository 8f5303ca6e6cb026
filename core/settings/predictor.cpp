// SPDX-License-Identifier: Apache-2.0
#include "settings/predictor.h"

namespace monodr {
namespace {

using ReadTrain = ReadWhen<TrainSettings>;

const ReadTrain made_up{[](const TrainSettings& s) { return s.uses_made_up(); },
                        {"frames"},
                        "train.frames = \"made_up\" or \"both\""};
const ReadTrain real{[](const TrainSettings& s) { return s.uses_real(); },
                     {"frames"},
                     "train.frames = \"real\" or \"both\""};
const ReadTrain pseudo{[](const TrainSettings& s) { return s.fits(); },
                       {"supervision"},
                       "train.supervision = \"pseudo_labels\" or \"curriculum\""};
const ReadTrain renders{[](const TrainSettings& s) { return s.supervision == Supervision::render; },
                        {"supervision"},
                        "train.supervision = \"render\""};
const ReadTrain knows_states{
    [](const TrainSettings& s) { return s.supervision != Supervision::render; },
    {"supervision"},
    "train.supervision = \"pseudo_labels\", \"labels\" or \"curriculum\""};

void check_views(const TrainSettings& settings) {
  if (settings.views == 1) return;
  if (settings.frames != TrainingFrames::made_up)
    throw UserError(fmt::format(
        "'train.views' is {}, but 'train.frames' is '{}', and of real frames nobody says "
        "which show the same object; set train.frames = \"made_up\", or train.views = 1",
        settings.views,
        name_of(settings.frames)));
  if (settings.scene_look != SceneLook::plain)
    throw UserError(fmt::format(
        "'train.views' is {}, but 'train.scene_look' is '{}', and made-up sequences have "
        "the plain look alone; set train.scene_look = \"plain\", or train.views = 1",
        settings.views,
        name_of(settings.scene_look)));
}

void check(const TrainSettings& settings) {
  if (settings.uses_real() && settings.root.empty())
    throw UserError(
        fmt::format("'train.frames' is '{}', but 'train.root' is empty; name the folder of real "
                    "frames (KITTI's layout) there",
                    name_of(settings.frames)));
  if (settings.supervision == Supervision::curriculum && settings.frames != TrainingFrames::both)
    throw UserError(fmt::format(
        "'train.supervision' is 'curriculum', which begins with made-up frames and goes on with "
        "real "
        "ones, but 'train.frames' is '{}'; set it to \"both\" and name the real ones in train.root",
        name_of(settings.frames)));
  check_views(settings);
  const int parts = (settings.batch + TrainSettings::kPart - 1) / TrainSettings::kPart;
  if (settings.processes > parts)
    throw UserError(fmt::format(
        "'train.processes' is {}, but a step of train.batch = {} objects has {} for them: each "
        "takes {} or more; lower train.processes, or raise train.batch to {}",
        settings.processes,
        settings.batch,
        parts == 1 ? "one share" : fmt::format("{} shares", parts),
        TrainSettings::kPart,
        settings.processes * TrainSettings::kPart));
}

}  // namespace

// A key is a line.
// clang-format off

const Binding<PredictorSettings>& predictor_binding() {
  using S = PredictorSettings;
  static const Binding<S> binding =
      Binding<S>("predictor", "the network that proposes states, and how its word counts")
          .key("plugin", &S::plugin, "", "predictor plugin")
          .key("proposals", &S::proposals, "1", "heads of the network, each with a whole state and a probability", 1, 64)
          .key("heading_weight", &S::heading_weight, "1", "weight of the log-probability of a heading where hypotheses are judged, in units of fit.heading_temperature: 1 = as one measurement beside another, 0 = the network says only where a fit starts", 0, 1000)
          .key("mirror", &S::mirror, "", "the headings' distribution is the mean over the picture and its mirror image")
          .key("views", &S::views, "1", "the headings' distribution is the mean over so many windows, from 0.88 to 1.12 times the crop's side; 1 = the crop alone", 1, 9)
          .key("file", &S::file, "", "a trained predictor (`runexp train --output`); empty = train one, or take it from the cache");
  return binding;
}

const Binding<TrainSettings>& train_binding() {
  using S = TrainSettings;
  static const Binding<S> binding =
      Binding<S>("train", "how a predictor learns")
          .key("supervision", &S::supervision, "", "what it learns from: render = decode, render and the losses of the fit, no label; pseudo_labels = fits that bear themselves out; labels = the labels, a ceiling and no result of its own; curriculum = the labels of made-up cars, then in rounds those and the fits of real ones that bear themselves out")
          .key("compare", &S::compare, "", "how heads are held against known states: columns = place, depth, size and angle, each in a unit of its own; corners = distance of the box's corners, metres").when(knows_states)
          .key("rule", &S::rule, "", "rule plugin: how the heads share an object's loss; its parameters stand in [train.NAME]")
          .key("frames", &S::frames, "", "whose frames: made-up scenes, real ones of train.root, or both")
          .key("objects", &S::objects, "1", "made-up cars", 8, 1000000).when(made_up)
          .key("scene_seed", &S::scene_seed, "1", "seed of the made-up scenes; never that of scenes which are evaluated", 0).when(made_up)
          .key("scene_look", &S::scene_look, "", "how the made-up cars are painted: plain = as those that are evaluated; street = lamps, grilles, plates and light of many makes, for real pictures").when(made_up)
          .key("views", &S::views, "1", "made-up cars are seen in sequences of so many frames, and what draws a view is its own pose with the shape, texture and size that the network reads from another view of the same car; 1 = single pictures, each by itself", 1, 100).when(renders)
          .key("root", &S::root, "", "folder of real frames in KITTI's layout; boxes, masks and depth as [dataset] says").when(real)
          .key("split", &S::split, "", "which of the real frames: ImageSets/NAME.txt, or all").when(real)
          .key("minimum_height", &S::minimum_height, "px", "objects with a lower 2-D box are left out", 0, 10000)
          .key("validation", &S::validation, "1", "share of the objects that are kept aside, to stop early", 0, 0.9)
          .key("epochs", &S::epochs, "1", "how often each object is seen", 1, 100000)
          .key("batch", &S::batch, "1", "objects a step", 1, 65536)
          .key("learning_rate", &S::learning_rate, "1", "AdamW's rate at its highest; it rises for a tenth of the steps and falls by a cosine", 0, 1)
          .key("weight_decay", &S::weight_decay, "1", "AdamW's decay of weights", 0, 10)
          .key("distillation", &S::distillation, "1", "weight of what the headings' distribution learns (of the best head, or of the label)", 0, 1000)
          .key("judge_steps", &S::judge_steps, "steps", "of the fit's descent before it is told which head explains the picture best; 0 = as the heads stand", 0, 1000).when(renders)
          .key("patience", &S::patience, "1", "epochs without a better validation loss before training ends, with the weights that had the best one; 0 = all epochs, and the last weights", 0, 100000)
          .key("seed", &S::seed, "1", "seed of the weights, the order and the randomisation", 0)
          .key("processes", &S::processes, "1", "processes of this host that share each step's objects, by gloo; same curve as one, to rounding", 1, 1024)
          .key("rounds", &S::rounds, "1", "rounds of fitting and learning", 1, 100).when(pseudo)
          .key("accept_consistency", &S::accept_consistency, "1", "a fit is learned from if the overlap of its mask with the observed one, times exp(-mean |log depth residual|), is at least this", 0, 1).when(pseudo)
          .key("accept_heading", &S::accept_heading, "1", "... and its heading has this probability beside the others", 0, 1).when(pseudo)
          .key("zoom", [](S& s) -> auto& { return s.randomise.zoom; }, "1", "a training crop is larger or smaller by up to this", 0, 0.3)
          .key("shift", [](S& s) -> auto& { return s.randomise.shift; }, "1", "... and moved by up to this share of its side", 0, 0.2)
          .key("mirror", [](S& s) -> auto& { return s.randomise.mirror; }, "1", "share of the crops that are mirrored", 0, 1)
          .key("blur", [](S& s) -> auto& { return s.randomise.blur; }, "px", "sigma of a Gaussian blur at most, in two fifths of the crops", 0, 10)
          .key("compression", [](S& s) -> auto& { return s.randomise.compression; }, "1", "share of the crops that go through JPEG of quality 20 to 90", 0, 1)
          .key("saturation", [](S& s) -> auto& { return s.randomise.saturation; }, "1", "saturation times 1 - this to 1 + half of it", 0, 1)
          .key("light", [](S& s) -> auto& { return s.randomise.light; }, "1", "contrast times 1 - this to 1 + this, brightness plus or minus 0.4 times this", 0, 1)
          .key("cast", [](S& s) -> auto& { return s.randomise.cast; }, "1", "gain of each colour: 1 - this to 1 + this", 0, 1)
          .key("noise", [](S& s) -> auto& { return s.randomise.noise; }, "1", "deviation of a noise at most", 0, 1)
          .key("occluders", [](S& s) -> auto& { return s.randomise.occluders; }, "1", "share of the crops over which a patch of noise is laid", 0, 1)
          .key("glare", [](S& s) -> auto& { return s.randomise.glare; }, "1", "share of the crops in whose upper two thirds up to three streaks are over-exposed, as hoods, roofs and windscreens are that reflect the sun", 0, 1)
          .key("shade", [](S& s) -> auto& { return s.randomise.shade; }, "1", "share of the crops over which up to three shadows lie, half of the crop or a strip of it, as trees and houses cast them", 0, 1)
          .key("bayer", [](S& s) -> auto& { return s.randomise.bayer; }, "1", "share of the crops that go through a colour filter array (Bayer) of up to twice as coarse pixels and its linear interpolation: noise has colours, edges have fringes", 0, 1)
          .key("sharpening", [](S& s) -> auto& { return s.randomise.sharpening; }, "1", "half of the crops get up to so many times the difference to their own blur added: halos along edges, as cameras make them", 0, 10)
          .rule(check);
  return binding;
}

// clang-format on

}  // namespace monodr
