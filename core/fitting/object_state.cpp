// SPDX-License-Identifier: Apache-2.0
#include "fitting/object_state.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "geometry/depth_limits.h"

namespace monodr {

at::Tensor StateLayout::learning_rates(const LearningRates& rates) const {
  at::Tensor result = at::empty({columns()}, at::kFloat);
  result.slice(0, kPosition, kDepth).fill_(rates.position);
  result.slice(0, kDepth, kSize).fill_(rates.depth);
  result.slice(0, kSize, kHeading).fill_(rates.size);
  result.slice(0, kHeading, kPitch).fill_(rates.heading);
  result.slice(0, kPitch, kShape).fill_(rates.tilt);
  result.slice(0, kShape, texture()).fill_(rates.shape);
  result.slice(0, texture(), columns()).fill_(rates.texture);
  return result;
}

HypothesisBatch hypotheses_from_state(const at::Tensor& state,
                                      const at::Tensor& object,
                                      const StateLayout& layout,
                                      const ObservationBatch& batch) {
  const double half = static_cast<double>(batch.mask.size(-1)) / 2;
  const at::Tensor k = batch.intrinsics.index_select(0, object);
  const at::Tensor z = state.select(1, StateLayout::kDepth)
                           .clamp(std::log(kNearestFitted), std::log(kFarthestFitted))
                           .exp();
  const at::Tensor u = (state.select(1, 0) + 1) * half, v = (state.select(1, 1) + 1) * half;
  const at::Tensor x = (u - k.select(1, 0).select(1, 2)) / k.select(1, 0).select(1, 0) * z;
  const at::Tensor y = (v - k.select(1, 1).select(1, 2)) / k.select(1, 1).select(1, 1) * z;

  HypothesisBatch hypothesis;
  hypothesis.object = object;
  hypothesis.dimensions = batch.size_mean.index_select(0, object) *
                          state.slice(1, StateLayout::kSize, StateLayout::kHeading).exp();
  hypothesis.location = at::stack({x, y + hypothesis.dimensions.select(1, 0) / 2, z}, 1);
  hypothesis.rotation_y = state.select(1, StateLayout::kHeading) + azimuth(x, z);
  hypothesis.pitch = state.select(1, StateLayout::kPitch);
  hypothesis.roll = state.select(1, StateLayout::kRoll);
  hypothesis.shape_code = state.slice(1, StateLayout::kShape, layout.texture());
  hypothesis.texture_code = state.slice(1, layout.texture(), layout.columns());
  return hypothesis;
}

at::Tensor azimuth(const at::Tensor& x, const at::Tensor& z) {
  return at::atan(x / z);
}

at::Tensor pose_vertices(const at::Tensor& canonical, const HypothesisBatch& hypothesis) {
  const at::Tensor height = hypothesis.dimensions.select(1, 0),
                   width = hypothesis.dimensions.select(1, 1),
                   length = hypothesis.dimensions.select(1, 2);
  const at::Tensor c = hypothesis.rotation_y.cos(), s = hypothesis.rotation_y.sin();
  const at::Tensor cp = hypothesis.pitch.cos(), sp = hypothesis.pitch.sin();
  const at::Tensor cr = hypothesis.roll.cos(), sr = hypothesis.roll.sin();
  const at::Tensor zero = at::zeros_like(c);
  const auto turned = [&](const at::Tensor& x, const at::Tensor& y, const at::Tensor& z) {
    return at::stack({c * x + s * z, y, c * z - s * x}, 1);
  };
  // Rows are the images of the canonical axes, so that row vectors multiply from the left.
  const at::Tensor axes = at::stack({turned(cp, sp, zero) * length.unsqueeze(1),
                                     turned(-sp * cr, cp * cr, sr) * height.unsqueeze(1),
                                     turned(sp * sr, -cp * sr, cr) * width.unsqueeze(1)},
                                    1);
  const at::Tensor lift = at::stack({zero, height / 2, zero}, 1);
  const at::Tensor centre = (hypothesis.location - lift).unsqueeze(1);
  return at::baddbmm(centre, canonical, axes);
}

Surfels posed_surfels(const Surfels& canonical, const HypothesisBatch& hypothesis) {
  const at::Tensor size = at::stack({hypothesis.dimensions.select(1, 2),
                                     hypothesis.dimensions.select(1, 0),
                                     hypothesis.dimensions.select(1, 1)},
                                    1)
                              .unsqueeze(1);
  Surfels posed = canonical;
  posed.positions = pose_vertices(canonical.positions, hypothesis);
  // With p = R S x + c a normal becomes R S^-1 n = (R S) S^-2 n.
  const at::Tensor turned = pose_vertices(canonical.normals / size.square(), hypothesis) -
                            pose_vertices(at::zeros_like(canonical.normals), hypothesis);
  posed.normals = turned / turned.square().sum(2, true).clamp_min(1e-24).sqrt();
  // The larger stretch in the disc's plane: of the two whose squares have the sum |S|^2 - |S n|^2 and the product
  // |S^-1 n|^2 det(S)^2.
  const at::Tensor half = (size.square().sum(2) - (canonical.normals * size).square().sum(2)) / 2;
  const at::Tensor product = (canonical.normals / size).square().sum(2) * size.square().prod(2);
  posed.radii = canonical.radii * (half + (half.square() - product).clamp_min(1e-12).sqrt()).sqrt();
  posed.canonical = canonical.positions;
  return posed;
}

}  // namespace monodr
