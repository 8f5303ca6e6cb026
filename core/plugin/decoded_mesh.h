// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "geometry/mesh.h"
#include "plugin/shape_prior.h"

namespace monodr {

/// Item `n` of a decoded batch as a mesh: without padding, whatever frame its vertices are in. Of surfels alone, their
/// positions without faces.
Mesh mesh_of(const DecodedShape& shape, int64_t n);

}  // namespace monodr
