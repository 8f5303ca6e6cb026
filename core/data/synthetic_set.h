// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "settings/dataset.h"

namespace monodr {

/// A synthetic dataset of cars on a ground plane (synthetic/scene.h), in KITTI's own layout:
///
///   training/image_2/F.png     1242 x 375, RGB
///   training/calib/F.txt       a real KITTI calibration (recordings of 26 Sep 2011)
///   training/label_2/F.txt     "Car" for every car; in KITTI's manner the 2-D box is amodal (the
///                              whole car's extent, hidden parts too) and clipped to the image;
///                              truncation = share of the unclipped box outside the image;
///                              occlusion = 0 up to 5 % of its pixels hidden, 1 up to 50 %, else 2
///   training/instance_2/F.png  16 bit: 1 + index of the label's line, 0 = none, 65535 = something
///                              without a label that may hide cars (a trunk, a mast)
///   training/depth_2/F.png     16 bit, metres x 256 along camera 2's axis, exact and dense, 0 = sky
///   training/meshes/F_I.obj    the true surface of the car on label line I (from 0), in the
///                              canonical frame of geometry/mesh.h, coloured by material
///   ImageSets/all.txt          the frames
///   fingerprint.txt            synthetic_fingerprint() of the options
///
/// With frames_per_sequence above 1 the frames are sequences of a moving camera, 0.1 s apart, one after the other
/// (synthetic/sequence.h); training/poses and training/tracks_2 say which (data/frame_moment.h). In KITTI raw's layout
/// they are drives of a day: image_02, timestamps, oxts, calib_*.txt, tracklet_labels.xml, and what raw has no place for is
/// left out.
///
/// No mesh, picture or light of it was ever seen by a shape prior (corpus/parametric_car.h) or made
/// by a differentiable renderer (synthetic/scene_renderer.h).
enum class SceneLayout { object, raw };

struct SynthesisOptions {
  int frames = 0;          ///< 0 = as many as `objects` needs
  int objects = 0;         ///< stop with the frame that makes this many cars; 0 = `frames` decides
  std::uint64_t seed = 0;  ///< frame F depends on the seed and F alone
  int frames_per_sequence = 1;                    ///< above 1: sequences (below)
  SequenceMotion motion = SequenceMotion::mixed;  ///< of their cars
  SceneLayout layout = SceneLayout::object;
  SceneLook look = SceneLook::plain;
  std::string output;  ///< the folder to make
  int threads = 0;     ///< 0 = one a core; without influence on the files
};

/// SHA-256 of the generator's version and all options that change the files.
std::string synthetic_fingerprint(const SynthesisOptions& options);

/// The scenes that [dataset] asks for.
SynthesisOptions scenes_of(const DatasetSettings& settings);

/// Where experiments keep the dataset of these options: a folder of `cache` named by the fingerprint.
std::string synthetic_folder(const std::string& cache, const SynthesisOptions& options);

}  // namespace monodr
