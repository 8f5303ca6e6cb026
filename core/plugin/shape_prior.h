// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "geometry/mesh.h"
#include "plugin/surfels.h"
#include "plugin/tensor_table.h"

namespace monodr {

/// HOW TO ADD A SHAPE PRIOR: as a renderer (plugin/renderer.h), under plugins/shape_priors/,
/// checked by check_shape_prior_contract(registry, "NAME").

/// Meshes, surfels or both (ShapePrior::decodes_to) in the canonical frame of geometry/mesh.h: bounding box
/// [-0.5,0.5]^3, oriented outward. Meshes are watertight. They share their faces, or each has its own; then the smaller ones are padded
/// at the end, with faces of -1 and with vertices inside the body that no face names.
struct DecodedShape {
  at::Tensor vertices;   ///< [N,V,3]
  at::Tensor faces;      ///< [F,3] int64, or [N,F,3] padded with -1
  at::Tensor colours;    ///< [N,V,3] RGB in [0,1]
  Surfels surfels = {};  ///< of priors that decode to them; `canonical` is left out
};

/// One training example: closed, canonical, coloured.
struct CorpusItem {
  std::string name;
  Mesh mesh;
};

struct TrainingRun {
  std::uint64_t seed = 0;
  /// Called now and then with the share done (0..1) and the current loss (NaN where there is none
  /// yet); returning false stops. What it was called with is the training curve.
  std::function<bool(double share, double loss)> progress;

  /// An interrupted training goes on. The plugin calls `checkpoint` between steps, at least before
  /// each call of `progress`, with a function that makes all it needs to go on from there (step,
  /// weights, moments); it is asked only when the time for a checkpoint has come. The next training
  /// with the same parameters, corpus and seed gets the last one made as `resume`, and must end
  /// with the same bits as one that was never interrupted: draw noise from (seed, step) rather than
  /// from a generator that lives on. A training of a few seconds may leave both alone.
  TensorTable resume;  ///< empty: from the start
  std::function<void(const std::function<TensorTable()>& state)> checkpoint;
};

/// A latent space of shapes and textures. `D` and `T` are the numbers of dimensions; a code of
/// zeros is the mean car, and codes are roughly standard normal over the corpus.
class ShapePrior {
 public:
  virtual ~ShapePrior() = default;

  virtual int shape_dimensions() const = 0;    ///< D
  virtual int texture_dimensions() const = 0;  ///< T

  /// shape_code [N,D], texture_code [N,T] -> N meshes; differentiable in both.
  virtual DecodedShape decode(const at::Tensor& shape_code,
                              const at::Tensor& texture_code) const = 0;

  /// What decode() fills in. A renderer of surfels gets points of the mesh where there are no surfels; one of meshes
  /// cannot draw a prior without them, and the experiment is refused.
  virtual GeometryKinds decodes_to() const { return {}; }

  /// [N]: log density of the codes up to a constant.
  virtual at::Tensor log_prior(const at::Tensor& shape_code,
                               const at::Tensor& texture_code) const = 0;

  /// [N,3] colours of a car's paint -> [N,T] texture codes with about that paint: where a fit
  /// starts.
  virtual at::Tensor texture_from_paint(const at::Tensor& paint) const = 0;

  /// Learns from a corpus; the same corpus and seed give the same bits. One that was stopped leaves
  /// the prior untrained. Throws UserError for a corpus it cannot learn from.
  virtual void train(const std::vector<CorpusItem>& corpus, const TrainingRun& run) = 0;

  /// What was learned. plugin/prior_file.h makes a file of it, with the plugin's name, version and
  /// parameters, so that this is all a plugin has to say about files.
  virtual TensorTable state() const = 0;
  /// Takes up the state of a prior of the same parameters; throws UserError where an array is
  /// missing or has another shape (`take_array` in plugin/tensor_table.h).
  virtual void restore(const TensorTable& state) = 0;
};

}  // namespace monodr
