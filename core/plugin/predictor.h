// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "plugin/batch.h"
#include "plugin/tensor_table.h"

namespace monodr {

/// HOW TO ADD A PREDICTOR: as a renderer (plugin/renderer.h), under plugins/predictors/, checked by
/// check_predictor_contract(registry, "NAME"). A predictor is a network and nothing more: what it learns from, the
/// optimiser, checkpoints and files are not its own (methods/predictor_training.h).

/// What its answers are made of: K heads, each with a whole state of the fit.
struct PredictorLayout {
  int proposals = 1;                                 ///< K
  int shape_dimensions = 0, texture_dimensions = 0;  ///< D, T: of the shape prior's codes

  static constexpr int kPosition = 0, kDepth = 2, kSize = 3, kHeading = 6, kShape = 7;
  int texture() const { return kShape + shape_dimensions; }
  int columns() const { return texture() + texture_dimensions; }
};

/// What a predictor says of B objects. All of it is relative to what the 2-D box says by itself, so that a network that
/// has learned nothing (zeros) is where a fit without it starts.
struct Proposals {
  /// [B,bins] log-probability of the allocentric heading alpha over the whole circle, the sum of the probabilities is
  /// 1; the number of bins is even, and bin i is centred at (i + 1/2) 2 pi / bins.
  at::Tensor heading;
  at::Tensor log_probability;  ///< [B,K] that head k is the best one; the probabilities sum to 1
  /// [B,K,columns], see PredictorLayout:
  ///   0-1  image position of the box's centre minus that of the 2-D box, in half crops
  ///   2    log of the depth over fy * class height / height of the 2-D box
  ///   3-5  log of height, width, length over the class mean
  ///   6    alpha, radians
  ///   7..  shape code (D), then texture code minus the code of the visible paint (T)
  at::Tensor state;
  /// [B,3,bins,S,S] of each pixel of the crop the log-probabilities of its object coordinates along length, height and width
  /// (the channel "nocs", plugin/channels.h): bin i is centred at (i + 1/2) / bins, at least 3. Distributions, since a car of
  /// which front and rear are mistaken has two coordinates and none between them. Undefined where it does not say them.
  at::Tensor coordinates = {};
  at::Tensor presence =
      {};  ///< [B,S,S] log-odds that the pixel shows the object; goes with `coordinates`
};

/// Evidence beyond picture, box and camera that a predictor looks at. What it does not name it must not be moved by.
struct PredictorInputs {
  bool mask = false, depth = false;
};

class Predictor {
 public:
  virtual ~Predictor() = default;

  virtual PredictorInputs reads() const = 0;
  /// Makes the weights anew; the same layout and seed give the same bits. Called before anything below.
  virtual void begin(const PredictorLayout& layout, std::uint64_t seed) = 0;
  /// The network's own float32 tensors by name: whoever writes into them trains it, or restores what was trained.
  virtual TensorTable weights() const = 0;
  /// Differentiable in the weights where gradients are switched on and the weights take them; then it may be called from
  /// several threads at once. Without gradients an object's answer has the same bits whatever stands beside it.
  virtual Proposals predict(const ObservationBatch& batch) const = 0;
};

/// The centre of a bin of Proposals::heading, radians in (0, 2 pi).
inline double heading_of_bin(std::int64_t bin, std::int64_t bins) {
  return (static_cast<double>(bin) + 0.5) * 2 * M_PI / static_cast<double>(bins);
}

}  // namespace monodr
