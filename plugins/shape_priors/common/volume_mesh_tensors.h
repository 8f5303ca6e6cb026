// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "half_volume.h"
#include "plugin/shape_prior.h"

namespace monodr::shape_priors {

/// Signed distances [N,G] and colours [N,3,G] on the samples of a half volume -> N meshes in the
/// canonical box, each with a topology of its own (see DecodedShape for the padding). Autograd runs
/// from vertices and colours to both inputs, through the place of every vertex between its two
/// samples (volume_mesh.h); which samples are inside does not change.
DecodedShape meshes_of_volumes(const std::shared_ptr<const HalfVolume>& volume,
                               const at::Tensor& field,
                               const at::Tensor& colours);

}  // namespace monodr::shape_priors
