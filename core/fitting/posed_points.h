// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// points [N,V,3] -> centre + points axes: row vectors times axes [N,3,3], shifted by centre [N,3]. Differentiable in
/// all three, float32 or float64.
///
/// Not at::baddbmm: how that sums a gradient over the V points depends on V, and where the objects of a batch have
/// meshes of their own, V is the number of points of the largest. Here points are added one by one, in double, so that
/// those which only pad a mesh (their gradient is zero) change no bit.
at::Tensor posed_points(const at::Tensor& points, const at::Tensor& axes, const at::Tensor& centre);

}  // namespace monodr
