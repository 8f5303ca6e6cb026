// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "fitting/start_rows.h"
#include "plugin/batch.h"
#include "plugin/box_corners.h"
#include "plugin/predictor.h"

namespace monodr {

/// Object coordinates (Wang et al., Normalized Object Coordinate Space, CVPR 2019): where in the object's upright box a point
/// lies, along length, height and width from 0 to 1, as the channel "nocs" has them:
///
///     c = diag(length, height, width)^-1 R_y(rotation_y)^T (p - centre) + 1/2

/// [B,3,S,S] of what each pixel measures, by one box an object; of no meaning where there is no depth.
at::Tensor coordinates_in(const UprightBoxes& boxes, const ObservationBatch& batch);

/// [B] what a predictor's coordinates and presence cost beside boxes that are known, as SDFLabel's network learns them (Zakharov
/// et al., CVPR 2020): the mean cross entropy of the three coordinates over the pixels with a depth whose point is in the box, the
/// share of a coordinate going to the two bins around it, plus twice that of the mask over the known pixels. Differentiable in
/// the proposals.
at::Tensor coordinate_loss(const Proposals& proposals,
                           const UprightBoxes& known,
                           const ObservationBatch& batch);

/// The coordinates' distributions as those of the mirror image: left is right, in the picture and across the object.
at::Tensor mirrored_coordinates(const at::Tensor& coordinates);

/// [B,4,S,S] as ObservationBatch::coordinates: of each distribution the mean of its likeliest bin and that bin's neighbours.
at::Tensor read_coordinates(const Proposals& proposals);

/// A box as coordinates say it.
struct CoordinatePose {
  StartPose pose;
  double scale = 1;  ///< of its size to the class's mean
};

/// The similarity, about the vertical, between the coordinates in a box of the class's mean size and the points that the same
/// pixels measure (geometry/similarity.h: RANSAC and Procrustes with SDFLabel's constants): of pixels with a depth under the
/// mask that are likelier the object's than not. Nothing where they are too few, or do not agree.
std::optional<CoordinatePose> pose_from_coordinates(const ObservationBatch& batch,
                                                    const at::Tensor& coordinates,
                                                    int64_t object);

}  // namespace monodr
