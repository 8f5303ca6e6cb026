// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// DESCEND AND EXPLORE. Gradients lead to the nearest valley; an image of a car has several, and
/// they are known: the car turned by a quarter or front to back, the car mirrored in depth (whose
/// silhouette is the same from afar), and the car at another range with another size. So now and
/// then a hypothesis jumps into each of them. A jump is not judged at once: paint, shape and size
/// have adapted to the old place, and any other looks worse (61 % of the headings right with 0
/// trial steps, 76 % with 5, 91 % with 15, one start). All branches descend some trial steps, each
/// for itself, and then the best one goes on as the hypothesis.

/// The hypothesis as it is, heading + 90, - 90, + 180 degrees, - heading (allocentric), nearer and
/// smaller, farther and larger by 8 %.
constexpr int kBranches = 7;

/// States [N, columns] -> [N * kBranches, columns]; the branches of a hypothesis lie together, in
/// the order above.
at::Tensor with_jumps(const at::Tensor& state);

}  // namespace monodr
