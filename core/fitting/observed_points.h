// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "plugin/batch.h"

namespace monodr {

/// The measured points of one object of a batch, camera frame, metres: pixels with a depth under the mask that are known,
/// taken back into space at their centres, row after row.
///
/// `erosion`: the mask's border moves inward by so many pixels first, since depth bleeds across it; halved until a third
/// of the points and no fewer than 8 remain, so that a car far away keeps some.
std::vector<Eigen::Vector3f> observed_points(const ObservationBatch& batch,
                                             int64_t object,
                                             int erosion = 0);

/// At most `count` of them, spread evenly over their order.
std::vector<Eigen::Vector3f> thinned(const std::vector<Eigen::Vector3f>& points, size_t count);

}  // namespace monodr
