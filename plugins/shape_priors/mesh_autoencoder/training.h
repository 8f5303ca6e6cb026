// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <vector>

#include "decoder.h"
#include "plugin/shape_prior.h"

namespace monodr::mesh_autoencoder {

/// Registered meshes as matrices: one row a mesh, 3 H columns coordinate by coordinate.
struct TrainingSet {
  Eigen::MatrixXd shapes;
  Eigen::MatrixXd colours;
  /// [3H]: how much a column's error counts (root of the area around the vertex).
  Eigen::RowVectorXd weights;
};

struct NetworkOptions {
  int latent_dims = 8;
  int texture_dims = 4;
  int hidden = 64;
  int components = 64;
  int steps = 1500;
  double learning_rate = 0.01;
  double code_noise = 0.05;  ///< deviation of the noise on standardised codes while training
  std::uint64_t seed = 0;
  /// As in TrainingOptions.
  std::function<bool(double share, double loss)> progress;
  std::function<void(const std::function<TensorTable()>&)> checkpoint;
  TensorTable resume;
};

struct TrainedDecoder {
  DecoderWeights weights;
  bool stopped = false;   ///< by progress(); the weights are then not to be used
  Eigen::MatrixXd codes;  ///< [meshes, D+T] of the training meshes
};

/// An auto-encoder of the shapes, then one of the colours given the shape codes; both begin as PCA
/// and are trained by Adam on the whole corpus at once. The loss is the share of the (weighted)
/// variance of shapes or colours that is left unexplained.
///
/// The codes that come out are white over the corpus (mean 0, covariance 1), and ordered: the first
/// dimension moves the shape most.
TrainedDecoder train_decoder(const TrainingSet& set, const NetworkOptions& options);

}  // namespace monodr::mesh_autoencoder
