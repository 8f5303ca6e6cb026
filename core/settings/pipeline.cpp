// SPDX-License-Identifier: Apache-2.0
#include "settings/pipeline.h"

namespace monodr {

// A key is a line.
// clang-format off

const Binding<MethodSettings>& method_binding() {
  using S = MethodSettings;
  static const Binding<S> binding =
      Binding<S>("method", "how observations become detections")
          .key("name", &S::name, "", "fit = by rendering and comparing; predictor = by a trained network alone; predictor+fit = the network's proposals are where the fit starts; boxes = 3-D boxes of another system, evaluated in the same table")
          .key("detections", &S::detections, "", "folder of another system's KITTI result files (name = boxes)").when({[](const S& s) { return s.name == MethodKind::boxes; }, {"name"}, "method.name = \"boxes\""})
          .rule([](const S& settings) {
            if (settings.name == MethodKind::boxes && settings.detections.empty())
              throw UserError(
                  "'method.name' is 'boxes', but 'method.detections' is empty; name the folder of the "
                  "other system's KITTI result files there");
          });
  return binding;
}

const Binding<ShapePriorSettings>& shape_prior_binding() {
  using S = ShapePriorSettings;
  static const Binding<S> binding =
      Binding<S>("shape_prior", "the latent space of shapes")
          .key("plugin", &S::plugin, "", "shape prior plugin")
          .key("latent_dims", &S::latent_dims, "1", "dimensions of the shape code; 0 = the plugin's own default", 0, 256)
          .key("seed", &S::seed, "1", "seed of the corpus and the training", 0)
          .key("file", &S::file, "", "a trained prior (`runexp prior train --output`); empty = train one, or take it from the cache");
  return binding;
}

const Binding<CorpusSettings>& corpus_binding() {
  using S = CorpusSettings;
  const ReadWhen<S> parametric{
      [](const S& s) { return s.root.empty(); }, {"root"}, "corpus.root = \"\""};
  const ReadWhen<S> folder{
      [](const S& s) { return !s.root.empty(); }, {"root"}, "corpus.root to a folder"};
  static const Binding<S> binding =
      Binding<S>("corpus", "the shapes that the prior learns from")
          .key("root", &S::root, "", "folder of meshes (.obj, .off, .ply), searched to its depths; empty = the category's corpus (category.corpus)")
          .key("cars", &S::cars, "1", "parametric cars to train on", 8, 100000).when(parametric)
          .key("held_out", &S::held_out, "1", "parametric cars kept aside for `runexp prior evaluate`", 0, 10000).when(parametric)
          .key("repair", &S::repair, "", "make one closed surface of each mesh of the folder; false = its vertices and faces stay as they are, turned by category.mesh_axes, which must be stated").when(folder);
  return binding;
}

const Binding<RendererSettings>& renderer_binding() {
  using S = RendererSettings;
  static const Binding<S> binding =
      Binding<S>("renderer", "how a mesh becomes an image")
          .key("plugin", &S::plugin, "", "renderer plugin")
          .key("image_size", &S::image_size, "px", "side of the square crop", 8, 1024)
          .key("crop_margin", &S::crop_margin, "1", "crop side over the longer side of the 2-D box", 1, 10);
  return binding;
}

const Binding<RuleSettings>& rule_binding() {
  using S = RuleSettings;
  static const Binding<S> binding = Binding<S>("rule", "how the hypotheses of an object share its loss")
                                        .key("plugin", &S::plugin, "", "rule plugin");
  return binding;
}

const Binding<DetectorSettings>& detector_binding() {
  using S = DetectorSettings;
  static const Binding<S> binding = Binding<S>("detector", "the network that finds objects and their masks, where dataset.boxes or dataset.masks is \"network\"")
                                        .key("plugin", &S::plugin, "", "detector plugin");
  return binding;
}

const Binding<DepthEstimatorSettings>& depth_estimator_binding() {
  using S = DepthEstimatorSettings;
  static const Binding<S> binding = Binding<S>("depth_estimator", "the network that depth comes from, where dataset.depth is \"network\"")
                                        .key("plugin", &S::plugin, "", "depth estimator plugin");
  return binding;
}

const Binding<EvaluationSettings>& evaluation_binding() {
  using S = EvaluationSettings;
  static const Binding<S> binding =
      Binding<S>("evaluation", "how detections meet labels")
          .key("difficulty", &S::difficulty, "", "labels that count in the pose errors")
          .key("overlays", &S::overlays, "", "write a picture a frame: fitted mesh and box over the image")
          .key("held_out_cars", &S::held_out_cars, "1", "parametric cars, never trained on, whose geometry the prior is fitted to: metrics shape_iou and shape_chamfer_error", 0, 1000)
          .key("fitted_shapes", &S::fitted_shapes, "", "compare fitted shapes with those that made-up scenes were made with: metrics fitted_shape_iou and fitted_shape_chamfer_error");
  return binding;
}

// clang-format on

}  // namespace monodr
