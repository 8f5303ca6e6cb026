// SPDX-License-Identifier: Apache-2.0
#include "cell/refitted_meshes.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

/// The fit of the same 2-D box; each is taken once. Not to the bit: hidden sides are the fit's.
const FittedObject* take_fit_of(const Box2d& box, std::vector<const FittedObject*>& fits) {
  constexpr double kSame = 0.9;  // two detections of one picture do not overlap so much
  const auto overlap = [&](const FittedObject* fit) {
    return intersection_over_union(fit->box2d, box);
  };
  const auto found =
      std::max_element(fits.begin(), fits.end(), [&](const FittedObject* a, const FittedObject* b) {
        return overlap(a) < overlap(b);
      });
  if (found == fits.end() || overlap(*found) < kSame) return nullptr;
  const FittedObject* fit = *found;
  fits.erase(found);
  return fit;
}

}  // namespace

bool PoseDifference::is_another_result() const {
  constexpr double kSameLength = 0.05;         // m
  constexpr double kSameAngle = M_PI / 180.0;  // radians
  // Negated, so that what is not a number is another result, too.
  return !(location <= kSameLength && dimensions <= kSameLength && heading <= kSameAngle);
}

PoseDifference difference(const Box3d& a, const Box3d& b) {
  return {(a.location - b.location).norm(),
          std::max({std::abs(a.height - b.height),
                    std::abs(a.width - b.width),
                    std::abs(a.length - b.length)}),
          std::abs(wrap_angle(a.rotation_y - b.rotation_y))};
}

RefittedMeshes refitted_meshes(const CellOrder& order,
                               const std::vector<FrameAnnotations>& stored,
                               const std::string& title,
                               const CellProgress& progress) {
  const CellOutcome outcome = run_cell(order, progress, {.keep_meshes = true});
  std::map<std::string, std::vector<const FittedObject*>> fits_of;
  bool has_shapes = outcome.fits.empty();
  for (const FittedObject& fit : outcome.fits) {
    has_shapes = has_shapes || !fit.mesh.vertices.empty();
    if (fit.failure.empty()) fits_of[fit.frame].push_back(&fit);
  }
  if (!has_shapes)
    throw UserError(
        fmt::format("the method of this cell ({}) finds boxes without shapes, so there are no "
                    "meshes to write",
                    title));

  RefittedMeshes result;
  for (const FrameAnnotations& frame : stored) {
    FrameMeshes meshes{frame.frame, {title + ", frame " + frame.frame, {}}};
    for (size_t number = 0; number < frame.objects.size(); ++number) {
      const Annotation& before = frame.objects[number];
      const auto changed = [&](const std::string& how) {
        result.changed.push_back(fmt::format("{}/{}: {}", frame.frame, number, how));
      };
      const FittedObject* fit = take_fit_of(before.box2d, fits_of[frame.frame]);
      if (fit == nullptr) {
        changed("is not found any more");
        continue;
      }
      const PoseDifference moved = difference(fit->box, before.box3d);
      if (moved.is_another_result()) {
        changed(fmt::format("{:.2f} m and {:.1f} degrees away, dimensions {:.2f} m off",
                            moved.location,
                            moved.heading * 180 / M_PI,
                            moved.dimensions));
        continue;
      }
      result.location_moved = std::max(result.location_moved, moved.location);
      result.heading_moved = std::max(result.heading_moved, moved.heading);
      meshes.scene.objects.push_back({fmt::format("{}_{}", before.category, number), fit->mesh});
    }
    result.frames.push_back(std::move(meshes));
  }
  return result;
}

}  // namespace monodr
