// SPDX-License-Identifier: Apache-2.0
#include "plugin/facing_view.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <array>

#include "base/error.h"

namespace monodr {
namespace {

constexpr int64_t kLinear = 0, kNearest = 1, kBorder = 1;  // of at::grid_sampler_2d

/// One crop's old and new camera.
struct Turn {
  Eigen::Matrix3d camera, facing;  ///< K, K'
  Eigen::Matrix3d rotation;        ///< R

  Turn(const at::TensorAccessor<float, 2>& k, double side, double share) {
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column)
        camera(row, column) = static_cast<double>(k[row][column]);
    const Eigen::Vector3d ray = camera.inverse() * Eigen::Vector3d(side / 2, side / 2, 1);
    rotation = Eigen::Quaterniond::FromTwoVectors(ray, Eigen::Vector3d::UnitZ()).toRotationMatrix();
    const double longer = ray.norm() / share;
    facing << camera(0, 0) * longer, 0, side / 2, 0, camera(1, 1) * longer, side / 2, 0, 0, 1;
  }

  Eigen::Matrix3d to_crop() const { return camera * rotation.transpose() * facing.inverse(); }
  Eigen::Matrix3d to_view() const { return facing * rotation * camera.inverse(); }
};

/// Around the corners of `box` where `to_view` puts them.
void turn_box(at::TensorAccessor<float, 1> box, const Eigen::Matrix3d& to_view) {
  Eigen::AlignedBox2d around;
  for (const int x : {0, 2})
    for (const int y : {1, 3})
      around.extend(
          (to_view * Eigen::Vector3d(static_cast<double>(box[x]), static_cast<double>(box[y]), 1))
              .hnormalized());
  const std::array<double, 4> sides{
      around.min().x(), around.min().y(), around.max().x(), around.max().y()};
  for (int i = 0; i < 4; ++i) box[i] = static_cast<float>(sides[static_cast<std::size_t>(i)]);
}

/// Places of the crop that the view's pixels see, in -1..1 as at::grid_sampler_2d wants them, and how much longer than along the
/// old axis their depth is along the new one.
void see(const Turn& turn,
         int64_t size,
         at::TensorAccessor<float, 3> places,
         at::TensorAccessor<float, 2> longer) {
  const Eigen::Matrix3d to_crop = turn.to_crop();
  const Eigen::Matrix3d from_crop = turn.camera.inverse();
  const double half = static_cast<double>(size) / 2;
  for (int64_t v = 0; v < size; ++v)
    for (int64_t u = 0; u < size; ++u) {
      const Eigen::Vector3d seen(static_cast<double>(u) + 0.5, static_cast<double>(v) + 0.5, 1);
      const Eigen::Vector2d place = (to_crop * seen).hnormalized();
      places[v][u][0] = static_cast<float>(place.x() / half - 1);
      places[v][u][1] = static_cast<float>(place.y() / half - 1);
      longer[v][u] = static_cast<float>(turn.rotation.row(2) * from_crop * place.homogeneous());
    }
}

}  // namespace

ObservationBatch facing_view(const ObservationBatch& batch, double share) {
  MONODR_CHECK(share > 0, "a window needs an extent");
  const int64_t objects = batch.count(), size = batch.mask.size(-1);
  ObservationBatch view = batch;
  view.box = batch.box.clone();
  view.intrinsics = at::zeros_like(batch.intrinsics);
  at::Tensor places = at::empty({objects, size, size, 2}, at::kFloat),
             longer = at::empty({objects, size, size}, at::kFloat);
  const auto old_cameras = batch.intrinsics.accessor<float, 3>();
  auto cameras = view.intrinsics.accessor<float, 3>(), depth_factors = longer.accessor<float, 3>();
  auto place = places.accessor<float, 4>();
  auto boxes = view.box.accessor<float, 2>();
  for (int64_t b = 0; b < objects; ++b) {
    const Turn turn(old_cameras[b], static_cast<double>(size), share);
    see(turn, size, place[b], depth_factors[b]);
    turn_box(boxes[b], turn.to_view());
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column)
        cameras[b][row][column] = static_cast<float>(turn.facing(row, column));
  }
  const auto sampled = [&](const at::Tensor& pictures, int64_t how) {
    const at::Tensor planes = pictures.dim() == 3 ? pictures.unsqueeze(1) : pictures;
    return at::grid_sampler_2d(planes, places, how, kBorder, /*align_corners=*/false)
        .view_as(pictures);
  };
  view.image = sampled(batch.image, kLinear);
  view.mask = sampled(batch.mask, kLinear);
  view.known = sampled(batch.known, kNearest);
  view.depth = sampled(batch.depth, kNearest) * longer;
  return view;
}

}  // namespace monodr
