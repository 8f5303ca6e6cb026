// SPDX-License-Identifier: Apache-2.0
#include "plugin/box_corners.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <array>

namespace monodr {
namespace {

constexpr double kRound = 0.01;  // metres

/// A box as the picture has it: what RoI-10D lifts.
struct Seen {
  at::Tensor across, down;  ///< [N] x/z and y/z of the centre
  at::Tensor depth;         ///< [N] of the centre
  at::Tensor dimensions;    ///< [N,3]
  at::Tensor alpha;         ///< [N]
};

Seen seen(const UprightBoxes& boxes) {
  const at::Tensor z = boxes.location.select(1, 2);
  const at::Tensor across = boxes.location.select(1, 0) / z;
  const at::Tensor y = boxes.location.select(1, 1) - boxes.dimensions.select(1, 0) / 2;
  return {across, y / z, z, boxes.dimensions, boxes.rotation_y - across.atan()};
}

UprightBoxes lifted(const Seen& box) {
  const at::Tensor y = box.down * box.depth + box.dimensions.select(1, 0) / 2;
  return {at::stack({box.across * box.depth, y, box.depth}, 1),
          box.dimensions,
          box.alpha + box.across.atan()};
}

}  // namespace

at::Tensor box_corners(const UprightBoxes& boxes) {
  const at::Tensor signs = at::tensor({-1., -1., -1., -1., 1.,  1.,  1.,  1.,   //
                                       -1., -1., 1.,  1.,  -1., -1., 1.,  1.,   //
                                       -1., 1.,  -1., 1.,  -1., 1.,  -1., 1.},  //
                                      boxes.location.options())
                               .view({3, 1, 8});
  const auto half = [&](int64_t i) { return boxes.dimensions.slice(1, i, i + 1) / 2; };
  const auto place = [&](int64_t i) { return boxes.location.slice(1, i, i + 1); };
  const at::Tensor ahead = half(2) * signs[0], across = half(1) * signs[2];
  const at::Tensor c = boxes.rotation_y.cos().unsqueeze(1);
  const at::Tensor s = boxes.rotation_y.sin().unsqueeze(1);
  return at::stack({place(0) + c * ahead + s * across,
                    place(1) - half(0) + half(0) * signs[1],
                    place(2) - s * ahead + c * across},
                   2);
}

at::Tensor corner_distance(const UprightBoxes& boxes, const UprightBoxes& targets) {
  const at::Tensor squares = (box_corners(boxes) - box_corners(targets)).square().sum(2);
  return (squares + kRound * kRound).sqrt().mean(1) - kRound;
}

at::Tensor lifted_corner_distance(const UprightBoxes& boxes, const UprightBoxes& targets) {
  const Seen own = seen(boxes), target = seen(targets);
  std::array<Seen, 4> mixed{target, target, target, target};
  mixed[0].across = own.across;
  mixed[0].down = own.down;
  mixed[1].depth = own.depth;
  mixed[2].dimensions = own.dimensions;
  mixed[3].alpha = own.alpha;
  at::Tensor sum;
  for (const Seen& box : mixed) {
    const at::Tensor distance = corner_distance(lifted(box), targets);
    sum = sum.defined() ? sum + distance : distance;
  }
  return sum;
}

}  // namespace monodr
