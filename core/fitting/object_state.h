// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/batch.h"
#include "plugin/shape_prior.h"
#include "plugin/surfels.h"
#include "settings/fit.h"

namespace monodr {

/// What a fit optimises for each hypothesis, as one row of a matrix [N, columns]:
///
///   0-1  image position of the box's centre: pixel = S/2 (1 + value), S = crop size
///   2    log of the centre's depth in metres
///   3-5  log of height, width, length over the class mean
///   6    allocentric heading alpha, radians (rotation_y = alpha + atan2(x, z))
///   7-8  pitch (nose down) and roll (towards the right), radians; 0 unless they are asked for
///   9..  shape code (D), then texture code (T)
///
/// Position and depth are apart because the image fixes the one sharply and the other hardly; the
/// logarithms make steps relative; the allocentric angle keeps the appearance while the position
/// moves. One matrix, so that Adam and pruning touch all groups in a few operations.
struct StateLayout {
  int shape_dimensions = 0, texture_dimensions = 0;

  static constexpr int kPosition = 0, kDepth = 2, kSize = 3, kHeading = 6, kPitch = 7, kRoll = 8,
                       kShape = 9;
  int texture() const { return kShape + shape_dimensions; }
  int columns() const { return texture() + texture_dimensions; }

  /// [columns]: the learning rate of each column.
  at::Tensor learning_rates(const LearningRates& rates) const;
};

/// The hypotheses that the rows of `state` describe; differentiable in `state`. `object` maps rows
/// to the batch. `vertices` and `faces` are left out: Objective adds them.
HypothesisBatch hypotheses_from_state(const at::Tensor& state,
                                      const at::Tensor& object,
                                      const StateLayout& layout,
                                      const ObservationBatch& batch);

/// The direction of points ahead of the camera, from the optical axis to the right, radians: atan(x / z), z > 0. Not
/// at::atan2, nor at::pow or at::sigmoid anywhere in a fit: on this LibTorch they round what is left over behind the
/// last whole vector otherwise than the rest, so that a row's bits depend on how many rows stand beside it.
at::Tensor azimuth(const at::Tensor& x, const at::Tensor& z);

/// Canonical vertices [N,V,3] into the camera frame, one matrix product for all:
///     p = R diag(length, height, width) v + location - (0, height/2, 0),
///     R = Ry(rotation_y) Rz(pitch) Rx(roll).
/// A tilted car turns about the centre of its box; the box that is reported stays upright, as KITTI
/// has no other.
at::Tensor pose_vertices(const at::Tensor& canonical, const HypothesisBatch& hypothesis);

/// The same of surfels; a disc becomes an ellipse, and is replaced by the disc around it.
Surfels posed_surfels(const Surfels& canonical, const HypothesisBatch& hypothesis);

}  // namespace monodr
