// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "plugin/shape_prior.h"

namespace monodr {

struct ShapeFitSettings {
  int starts = 8;          ///< the mean shape and random codes
  int first_steps = 80;    ///< of all starts; then the best of each target goes on alone
  int first_points = 300;  ///< on each surface in those steps
  int steps = 120;
  double rate = 0.1;             ///< of Adam, decaying to nothing
  double regularisation = 1e-6;  ///< weight of -log_prior(code)
  int points = 1500;             ///< on each surface
};

/// What a prior can express of a shape: the code alone is fitted to geometry alone (no camera, no
/// silhouette, no pose), by descent through ShapePrior::decode on
///
///     L(code) = mean over p in S(code) of |p - T(p)|^2 + mean over t in T of |t - S(t)|^2
///               - regularisation * log_prior(code)
///
/// S: points on the decoded surface, T: points on the target's outer surface, T(p) and S(t) the
/// nearest of them, held fixed within a step (as in ICP); in lengths of the object, `shares` of which are
/// its proportions (geometry/shape_agreement.h).
///
/// Targets are closed canonical meshes. Returns one decoded mesh for each, uncoloured by fit
/// (texture code 0). The result does not depend on the number of threads.
std::vector<Mesh> fit_shapes(const ShapePrior& prior,
                             const std::vector<Mesh>& targets,
                             const Eigen::Vector3f& shares,
                             const ShapeFitSettings& options,
                             const std::function<void(double share)>& progress = {});

}  // namespace monodr
