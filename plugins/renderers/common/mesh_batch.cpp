// SPDX-License-Identifier: Apache-2.0
#include "common/mesh_batch.h"

#include "base/error.h"

namespace monodr {

void check_render_input(const RenderInput& input, const RenderRequest& request) {
  const at::Tensor& vertices = input.vertices;
  MONODR_CHECK(vertices.dim() == 3 && vertices.size(2) == 3, "vertices must be [N,V,3]");
  MONODR_CHECK(vertices.scalar_type() == at::kFloat || vertices.scalar_type() == at::kDouble,
               "vertices must be float32 or float64");
  MONODR_CHECK(input.faces.scalar_type() == at::kLong && input.faces.size(-1) == 3 &&
                   (input.faces.dim() == 2 ||
                    (input.faces.dim() == 3 && input.faces.size(0) == vertices.size(0))),
               "faces must be int64 [F,3] or [N,F,3]");
  MONODR_CHECK(input.intrinsics.dim() == 3 && input.intrinsics.size(0) == vertices.size(0) &&
                   input.intrinsics.scalar_type() == vertices.scalar_type(),
               "intrinsics must be [N,3,3] of the vertices' type");
  MONODR_CHECK(request.height > 0 && request.width > 0, "the image must have pixels");
  MONODR_CHECK(!request.channels.colour ||
                   (input.colours.defined() && input.colours.sizes() == vertices.sizes() &&
                    input.colours.scalar_type() == vertices.scalar_type()),
               "colour needs colours [N,V,3] of the vertices' type");
}

void throw_mesh_fault(const std::string& renderer,
                      MeshFault fault,
                      std::int64_t item,
                      std::int64_t index) {
  if (fault == MeshFault::vertex_not_finite)
    throw UserError(
        fmt::format("{}: vertex {} of batch item {} is NaN or infinite; vertices must be finite (a "
                    "fit that diverges does this: lower its step size)",
                    renderer,
                    index,
                    item));
  throw UserError(fmt::format(
      "{}: face {} of batch item {} names a vertex that does not exist", renderer, index, item));
}

}  // namespace monodr
