// SPDX-License-Identifier: Apache-2.0
#include "cell/fitted_shapes.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/parallel.h"
#include "data/kitti_folder.h"
#include "evaluation/errors.h"
#include "geometry/mesh_file.h"
#include "plugin/decoded_mesh.h"

namespace monodr {
namespace {

/// A fit with the file that holds its true shape.
struct Pair {
  const FittedObject* fit = nullptr;
  std::string truth;
};

std::vector<Pair> pairs_of(const std::string& root,
                           const std::vector<FrameAnnotations>& labels,
                           const std::vector<FrameAnnotations>& detections,
                           const std::vector<FittedObject>& fits,
                           const CategoryModel& category,
                           Difficulty difficulty) {
  std::map<std::string, std::vector<const FittedObject*>> fits_of;
  for (const FittedObject& fit : fits)
    if (fit.failure.empty()) fits_of[fit.frame].push_back(&fit);
  const KittiFolder folder(root);
  std::vector<Pair> pairs;
  for (const LabelOutcome& outcome : measure_pose_errors(labels, detections, category)) {
    if (!outcome.matched() || outcome.difficulty > difficulty) continue;
    const std::string name = fmt::format("{}_{}", outcome.frame, outcome.label);
    pairs.push_back(
        {fits_of.at(outcome.frame).at(outcome.detection), folder.path("meshes", name, "obj")});
  }
  return pairs;
}

DecodedShape canonical_shapes(const ShapePrior& prior, const std::vector<Pair>& pairs) {
  const auto count = static_cast<std::int64_t>(pairs.size());
  at::Tensor codes = at::empty({count, prior.shape_dimensions()});
  float* out = codes.data_ptr<float>();
  for (const Pair& pair : pairs)
    out = std::copy(pair.fit->shape_code.begin(), pair.fit->shape_code.end(), out);
  return prior.decode(codes, at::zeros({count, prior.texture_dimensions()}));
}

}  // namespace

FittedShapes fitted_shapes(const std::string& root,
                           const std::vector<FrameAnnotations>& labels,
                           const std::vector<FrameAnnotations>& detections,
                           const std::vector<FittedObject>& fits,
                           const ShapePrior& prior,
                           const CategoryModel& category,
                           Difficulty difficulty) {
  const std::vector<Pair> pairs = pairs_of(root, labels, detections, fits, category, difficulty);
  if (pairs.empty()) return {0, {std::nan(""), std::nan("")}};
  const DecodedShape fitted = canonical_shapes(prior, pairs);
  std::vector<ShapeAgreement> agreements(pairs.size());
  parallel_for(pairs.size(), at::get_num_threads(), [&](size_t i) {
    agreements[i] =
        shape_agreement(mesh_of(fitted, static_cast<std::int64_t>(i)), read_mesh(pairs[i].truth));
  });
  FittedShapes result;
  result.objects = static_cast<int>(pairs.size());
  for (const ShapeAgreement& agreement : agreements) {
    result.mean.iou += agreement.iou / result.objects;
    result.mean.chamfer += agreement.chamfer / result.objects;
  }
  return result;
}

void check_true_shapes(const std::string& root) {
  if (KittiFolder(root).has("meshes")) return;
  throw UserError(
      fmt::format("evaluation.fitted_shapes = true asks for the cars' true shapes, but '{}' has no "
                  "training/meshes: only made-up scenes have; set it to false",
                  root));
}

}  // namespace monodr
