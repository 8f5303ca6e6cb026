// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace monodr::shape_priors {

/// A linear change of codes (rows) and its inverse:
///     white = raw to_white,    raw = white from_white.
struct CodeChange {
  Eigen::MatrixXd to_white, from_white;
};

/// The change of `codes` [S,D] (mean 0) after which they are white (covariance 1) over the corpus
/// and their dimensions are ordered by how much of the variance of `samples` [S,F] (mean 0) follows
/// them linearly. Signs: the sample column that follows a dimension most grows with it.
CodeChange whitening(const Eigen::MatrixXd& codes, const Eigen::MatrixXd& samples);

/// The same for codes whose first `given` columns stay as they are: the others become white,
/// ordered, and uncorrelated with those.
CodeChange whitening_beside(const Eigen::MatrixXd& codes,
                            int given,
                            const Eigen::MatrixXd& samples);

/// The paint [S,3] of each row of `colours` [S,3H] (all red, all green, all blue): the median
/// colour of those vertices whose colour differs most from row to row (the others are glass, rubber
/// and lamps, much the same on all cars).
Eigen::MatrixXd paints(const Eigen::MatrixXd& colours);

/// [4,T]: [paint, 1] -> texture code. The first three texture dimensions are the white principal
/// components of the corpus's paints, the rest are left at 0.
Eigen::MatrixXd paint_to_texture(const Eigen::MatrixXd& paint, int textures);

}  // namespace monodr::shape_priors
