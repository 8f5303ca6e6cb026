// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "evidence/dataset.h"
#include "fitting/fitted_object.h"

namespace monodr {

/// The 2-D box of a result. A detector draws what is visible of an object; KITTI's labels, with which results are compared,
/// take its hidden parts in. So where a side of the box is not the object's own border (Observation::free_sides: an occluder
/// or the image's border lies along it), the result ends where the fitted object does:
///
///     left = min(box.left, min over vertices v of project(v).x)      and alike for the other three,
///
/// clipped to the image. A free side stays as it was given, to the bit, and no side moves inwards. Vertices are those of the
/// fitted mesh, or the corners of the 3-D box where there is none; those nearer than 0.1 m to the camera's plane say nothing.
Box2d with_hidden_sides(const Observation& seen, const FittedObject& fit);

/// Whether with_hidden_sides may have made `reported` of what was seen, whatever the fit.
bool may_come_from(const Observation& seen, const Box2d& reported);

/// Gives `fits` of the set's observations, whose boxes show what is visible, such a box: all but those of
/// ObservationSet::whole_boxes. Fits without a pose, and of objects that are not in the set, stay as they are.
void add_hidden_sides(const ObservationSet& set, std::vector<FittedObject>& fits);

}  // namespace monodr
