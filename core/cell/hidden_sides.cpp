// SPDX-License-Identifier: Apache-2.0
#include "cell/hidden_sides.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "geometry/enclosing_box.h"

namespace monodr {
namespace {

constexpr double kNearest = 0.1;  // m before the camera's plane

bool is_free(const Observation& seen, size_t side) {
  return seen.free_sides.at(side) > 0.5f;
}

/// Around all points in front of the camera; of infinite negative extent where there are none.
Box2d around(const Camera& camera, const FittedObject& fit) {
  EnclosingBox box;
  const auto add = [&](const Eigen::Vector3d& point) {
    if (point.z() + camera.offset.z() < kNearest) return;
    const Eigen::Vector2d pixel = camera.project(point);
    box.add(pixel.x(), pixel.y());
  };
  for (const Eigen::Vector3f& vertex : fit.mesh.vertices) add(vertex.cast<double>());
  if (fit.mesh.vertices.empty())
    for (const Eigen::Vector3d& corner : fit.box.corners()) add(corner);
  return box.box();
}

}  // namespace

Box2d with_hidden_sides(const Observation& seen, const FittedObject& fit) {
  const Camera& camera = seen.camera;
  const Box2d fitted = around(camera, fit);
  Box2d box = seen.box;
  if (!is_free(seen, 0)) box.left = std::min(box.left, std::max(0.0, fitted.left));
  if (!is_free(seen, 1)) box.top = std::min(box.top, std::max(0.0, fitted.top));
  if (!is_free(seen, 2))
    box.right = std::max(box.right, std::min<double>(camera.width, fitted.right));
  if (!is_free(seen, 3))
    box.bottom = std::max(box.bottom, std::min<double>(camera.height, fitted.bottom));
  return box;
}

bool may_come_from(const Observation& seen, const Box2d& reported) {
  const auto fits = [&](size_t side, double own, double other, double outwards) {
    return own == other || (!is_free(seen, side) && (other - own) * outwards > 0);
  };
  return fits(0, seen.box.left, reported.left, -1) && fits(1, seen.box.top, reported.top, -1) &&
         fits(2, seen.box.right, reported.right, 1) && fits(3, seen.box.bottom, reported.bottom, 1);
}

void add_hidden_sides(const ObservationSet& set, std::vector<FittedObject>& fits) {
  MONODR_CHECK(set.whole_boxes.size() == set.observations.size(),
               "{} observations, but {} are known to be whole or not",
               set.observations.size(),
               set.whole_boxes.size());
  std::map<std::pair<std::string, int>, const Observation*> seen;
  for (size_t i = 0; i < set.observations.size(); ++i)
    if (!set.whole_boxes[i])
      seen[{set.observations[i].frame, set.observations[i].object}] = &set.observations[i];
  for (FittedObject& fit : fits) {
    const auto found = seen.find({fit.frame, fit.object});
    if (found == seen.end() || !fit.failure.empty() || !fit.has_box()) continue;
    fit.box2d = with_hidden_sides(*found->second, fit);
  }
}

}  // namespace monodr
