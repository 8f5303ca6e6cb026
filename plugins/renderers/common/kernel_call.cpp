// SPDX-License-Identifier: Apache-2.0
#include "common/kernel_call.h"

#include <algorithm>

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

monodr_meshes meshes_of(const RenderInput& input) {
  monodr_meshes meshes{input.vertices.scalar_type() == at::kFloat ? MONODR_FLOAT32 : MONODR_FLOAT64,
                       input.vertices.size(0),
                       input.vertices.size(1),
                       input.faces.size(-2),
                       array_of(input.vertices),
                       array_of(input.colours),
                       array_of(input.intrinsics),
                       array_of(input.faces)};
  if (input.faces.dim() == 2) {  // the same for all items
    std::copy_backward(meshes.faces.stride, meshes.faces.stride + 2, meshes.faces.stride + 3);
    meshes.faces.stride[0] = 0;
  }
  return meshes;
}

monodr_images images_of(const Rendering& images) {
  return {array_of(images.silhouette), array_of(images.depth), array_of(images.colour)};
}

void check_kernel_call(const std::string& renderer, int status) {
  if (status == MONODR_OK) return;
  const bool finite = status != MONODR_NOT_FINITE;
  if (!finite || status == MONODR_BAD_INDEX)
    throw UserError(
        fmt::format("{}: {}{}",
                    renderer,
                    monodr_last_message(),
                    finite ? "" : " (a fit that diverges does this: lower its step size)"));
  MONODR_CHECK(false, "{}: {}", renderer, monodr_last_message());
}

}  // namespace monodr
