// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "half_volume.h"
#include "plugin/shape_prior.h"

namespace monodr::shape_priors {

using RowMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A corpus on the samples of a half volume, one row a mesh.
struct CorpusVolumes {
  RowMatrix fields;  ///< [S,G] truncated signed distances
  /// [S,3G] all red, all green, all blue: the colour of the nearest point of the surface; beyond
  /// the truncation that of the nearest samples that have one.
  RowMatrix colours;
  /// [G] share of the meshes whose surface is nearer than one spacing.
  Eigen::RowVectorXd surface_share;

  bool empty() const { return fields.rows() == 0; }
};

/// On all threads; the result does not depend on how many. The right half of a mesh is taken to be
/// the mirror image of the left one. Throws UserError for a mesh that is not closed or encloses
/// hardly anything. `progress(share)`: returning false stops, and the volumes come back empty.
CorpusVolumes sample_corpus(const HalfVolume& volume,
                            const std::vector<CorpusItem>& corpus,
                            const std::function<bool(double)>& progress);

}  // namespace monodr::shape_priors
