// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "fitting/box_prior.h"
#include "fitting/object_state.h"
#include "fitting/observation_batch.h"
#include "plugin/renderer.h"

namespace monodr {

/// The observation of a solid box as the renderer draws it: mask and depth, a grey picture.
inline Observation observed_box(const Box3d& box, const Renderer& renderer, int size) {
  Observation o;
  o.frame = "000001";
  o.camera = {{721.5, 721.5, 609.6, 172.9}, {0, 0, 0}, 1242, 375};
  o.box = {1e9, 1e9, -1e9, -1e9};
  for (const Eigen::Vector3d& corner : box.corners()) {
    const Eigen::Vector2d pixel = o.camera.project(corner);
    o.box = {std::min(o.box.left, pixel.x()),
             std::min(o.box.top, pixel.y()),
             std::max(o.box.right, pixel.x()),
             std::max(o.box.bottom, pixel.y())};
  }
  o.crop = crop_around(o.box, 1.3, size);
  const auto pixels = static_cast<size_t>(size) * static_cast<size_t>(size);
  o.image.assign(3 * pixels, 0.4F);
  o.known.assign(pixels, 1);
  o.mask.assign(pixels, 0);
  o.depth.assign(pixels, 0);
  const ObservationBatch batch = make_observation_batch({o}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
  const SolidBoxPrior prior;
  const auto row = [](std::initializer_list<double> values) {
    return at::tensor(std::vector<float>(values.begin(), values.end())).view({1, 3});
  };
  HypothesisBatch truth;
  truth.location = row({box.location.x(), box.location.y(), box.location.z()});
  truth.dimensions = row({box.height, box.width, box.length});
  truth.rotation_y = at::full({1}, box.rotation_y, at::kFloat);
  truth.pitch = truth.roll = at::zeros({1});
  const DecodedShape shape = prior.decode(at::zeros({1, 2}), at::zeros({1, 3}));
  RenderRequest request;
  request.channels = {true, true, false};
  request.height = request.width = size;
  const Rendering seen = renderer.render(
      {pose_vertices(shape.vertices, truth), shape.faces, shape.colours, batch.intrinsics},
      request);
  const at::Tensor mask = (seen.silhouette > 0.5).to(at::kFloat).contiguous();
  const at::Tensor depth = (seen.depth * mask).contiguous();
  std::copy_n(mask.data_ptr<float>(), mask.numel(), o.mask.begin());
  std::copy_n(depth.data_ptr<float>(), depth.numel(), o.depth.begin());
  return o;
}

}  // namespace monodr
