// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "geometry/mesh.h"

namespace monodr {

/// HOW TO ADD A SHAPE PRIOR: as a renderer (plugin/renderer.h), under plugins/shape_priors/,
/// checked by check_shape_prior_contract(registry, "NAME").

/// Meshes in the canonical frame of geometry/mesh.h: bounding box [-0.5,0.5]^3, watertight,
/// oriented outward.
struct DecodedShape {
  at::Tensor vertices;  ///< [N,V,3]
  at::Tensor faces;     ///< [F,3] int64
  at::Tensor colours;   ///< [N,V,3] RGB in [0,1]
};

/// One training example: closed, canonical, coloured.
struct CorpusItem {
  std::string name;
  Mesh mesh;
};

struct TrainingOptions {
  std::uint64_t seed = 0;
  /// Called now and then with the share done (0..1) and the current loss; returning false stops.
  std::function<bool(double share, double loss)> progress;
};

/// A latent space of shapes and textures. `D` and `T` are the numbers of dimensions; a code of
/// zeros is the mean car, and codes are roughly standard normal over the corpus.
class ShapePrior {
 public:
  virtual ~ShapePrior() = default;

  virtual int shape_dimensions() const = 0;    ///< D
  virtual int texture_dimensions() const = 0;  ///< T

  /// shape_code [N,D], texture_code [N,T] -> N meshes of one topology; differentiable in both.
  virtual DecodedShape decode(const at::Tensor& shape_code,
                              const at::Tensor& texture_code) const = 0;

  /// [N]: log density of the codes up to a constant.
  virtual at::Tensor log_prior(const at::Tensor& shape_code,
                               const at::Tensor& texture_code) const = 0;

  /// [N,3] colours of a car's paint -> [N,T] texture codes with about that paint: where a fit
  /// starts.
  virtual at::Tensor texture_from_paint(const at::Tensor& paint) const = 0;

  /// Learns from a corpus; the same corpus and seed give the same bits.
  virtual void train(const std::vector<CorpusItem>& corpus, const TrainingOptions& options) = 0;

  /// The trained state as one versioned file. `load` throws a UserError that names the file where
  /// it is of another plugin, version or number of dimensions.
  virtual void save(const std::string& path) const = 0;
  virtual void load(const std::string& path) = 0;
};

}  // namespace monodr
