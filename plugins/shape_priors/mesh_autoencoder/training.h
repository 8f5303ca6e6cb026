// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>

#include "common/corpus_volumes.h"
#include "plugin/shape_prior.h"

namespace monodr::mesh_autoencoder {

struct Decoder;

/// Registered meshes as matrices: one row a mesh, 3 H columns coordinate by coordinate.
struct TrainingSet {
  Eigen::MatrixXd shapes;
  shape_priors::RowMatrix colours;
  /// [3H]: how much a column's error counts (root of the area around the vertex).
  Eigen::RowVectorXd weights;
};

struct NetworkParameters {
  int latent_dims = 8;
  int hidden = 64;
  int components = 64;
  int steps = 1500;
  double learning_rate = 0.01;
  double code_noise = 0.05;  ///< deviation of the noise on standardised codes while training
  TrainingRun training;
};

struct TrainedDecoder {
  std::shared_ptr<Decoder> decoder;  ///< null where progress() said stop
  Eigen::MatrixXd codes;             ///< [meshes,D] of the training meshes
  double loss = 0;
};

/// An auto-encoder of the shapes that begins as PCA and is trained by Adam on the whole corpus at
/// once. The loss is the share of the (weighted) variance that is left unexplained.
///
/// The codes that come out are white over the corpus (mean 0, covariance 1), and ordered: the first
/// dimension moves the shape most.
TrainedDecoder train_decoder(const TrainingSet& set, const NetworkParameters& parameters);

}  // namespace monodr::mesh_autoencoder
