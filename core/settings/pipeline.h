// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "settings/binding.h"

namespace monodr {

/// KITTI's difficulties: which labels count (evaluation/difficulty.h).
enum class Difficulty { easy, moderate, hard };

/// How observations become detections (methods/method.h): by a fit, by a trained network, by a fit that starts where the
/// network says, or by taking another system's boxes.
enum class MethodKind { fit, predictor, predictor_and_fit, boxes };

// clang-format off
template <> struct EnumNames<Difficulty> {
  static constexpr auto list = enum_names<Difficulty>({{Difficulty::easy, "easy"}, {Difficulty::moderate, "moderate"}, {Difficulty::hard, "hard"}});
};
template <> struct EnumNames<MethodKind> {
  static constexpr auto list = enum_names<MethodKind>({{MethodKind::fit, "fit"}, {MethodKind::predictor, "predictor"}, {MethodKind::predictor_and_fit, "predictor+fit"}, {MethodKind::boxes, "boxes"}});
};
// clang-format on

/// [method]
struct MethodSettings {
  MethodKind name = MethodKind::fit;
  std::string detections;  ///< folder of KITTI result files (name = boxes)

  /// Whether it needs a prior, a renderer and losses.
  bool renders() const { return name != MethodKind::boxes; }
  /// Whether it needs a trained predictor.
  bool predicts() const {
    return name == MethodKind::predictor || name == MethodKind::predictor_and_fit;
  }
};

/// [shape_prior]: the latent space of shapes.
struct ShapePriorSettings {
  std::string plugin;
  int latent_dims = 0;  ///< 0 = the plugin's own default
  std::uint64_t seed = 0;
  std::string file;  ///< a trained prior, "" = train one
};

/// [corpus]: the shapes that the prior learns from.
struct CorpusSettings {
  std::string root;  ///< folder of meshes, "" = the category's
  int cars = 400;
  int held_out = 40;
  bool repair = true;  ///< of the folder's meshes; false = they are taken as they are
};

/// [renderer]: how a mesh becomes an image.
struct RendererSettings {
  std::string plugin;
  int image_size = 64;       ///< px, side of the square crop
  double crop_margin = 1.3;  ///< side of the crop over the longer side of the 2-D box
};

/// [rule]: how the hypotheses of an object share its loss.
struct RuleSettings {
  std::string plugin;
};

/// [detector], [depth_estimator]: the networks that evidence comes from, where [dataset] asks for it.
struct DetectorSettings {
  std::string plugin;
};
struct DepthEstimatorSettings {
  std::string plugin;
};

/// [evaluation]: how detections meet labels.
struct EvaluationSettings {
  Difficulty difficulty = Difficulty::moderate;
  bool overlays = true;
  int held_out_cars = 0;
  bool fitted_shapes = false;
};

const Binding<MethodSettings>& method_binding();
const Binding<ShapePriorSettings>& shape_prior_binding();
const Binding<CorpusSettings>& corpus_binding();
const Binding<RendererSettings>& renderer_binding();
const Binding<RuleSettings>& rule_binding();
const Binding<DetectorSettings>& detector_binding();
const Binding<DepthEstimatorSettings>& depth_estimator_binding();
const Binding<EvaluationSettings>& evaluation_binding();

}  // namespace monodr
