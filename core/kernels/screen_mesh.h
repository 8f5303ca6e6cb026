// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace monodr {

/// What decides which faces reach the image.
struct Projection {
  double near = 0;             ///< m, depth at which faces are cut off
  bool cull_backfaces = true;  ///< leave out faces whose outer side looks away
};

/// A triangle of less than twice this area (px^2) has no inside and is left out.
inline constexpr double kMinimumDoubleArea = 1e-8;

/// One item of the batch as the caller gives it; pointers into row-major arrays.
template <typename Scalar>
struct CameraMesh {
  const Scalar* vertices = nullptr;     ///< [V,3] camera frame, metres
  const Scalar* colours = nullptr;      ///< [V,3] or null
  const Scalar* intrinsics = nullptr;   ///< [3,3], pixels
  const std::int64_t* faces = nullptr;  ///< [F,3]; a face with a negative index is padding
  std::int64_t vertex_count = 0, face_count = 0;
};

/// Gradients with respect to the members of CameraMesh; every pointer may be null.
template <typename Scalar>
struct CameraMeshGradient {
  Scalar* vertices = nullptr;
  Scalar* colours = nullptr;
  Scalar* intrinsics = nullptr;
};

/// A vertex made by cutting the edge from -> to at the near plane: (1 - share) from + share to.
struct CutVertex {
  int from = 0, to = 0;
  double share = 0;
};

/// The mesh on the image: vertices projected, faces cut at the near plane, back faces and faces
/// without area left out, every remaining triangle wound so that its double area is positive.
/// Double precision, so that a rasterizer can subtract its own origin before it rounds to float.
struct ScreenMesh {
  std::vector<double> u, v;               ///< pixels
  std::vector<double> inverse_depth;      ///< 1/m; 0 for a vertex before the near plane, never used
  std::vector<double> colours;            ///< [vertices,3]; empty without colours
  std::vector<std::int32_t> triangle[3];  ///< vertex indices, one array a corner
  std::vector<CutVertex> cuts;  ///< what the vertices behind the given ones were made from

  std::size_t triangle_count() const { return triangle[0].size(); }
};

/// Gradients with respect to u, v, inverse_depth and colours of a ScreenMesh.
struct ScreenMeshGradient {
  std::vector<double> u, v, inverse_depth, colours;

  void reset(const ScreenMesh& mesh);
};

/// Projects one item:  u = fx x/z + cx,  v = fy y/z + cy.  Fails for a vertex or a camera that is not
/// finite and for a face that names no vertex; the message says that it is `item` of the batch.
/// Reuses the memory of `screen`.
template <typename Scalar>
void project(const CameraMesh<Scalar>& mesh,
             const Projection& projection,
             std::int64_t item,
             ScreenMesh& screen);

/// The transpose of project(): adds to what `gradient` points to.
template <typename Scalar>
void project_backward(const CameraMesh<Scalar>& mesh,
                      const ScreenMesh& screen,
                      ScreenMeshGradient& screen_gradient,
                      const CameraMeshGradient<Scalar>& gradient);

}  // namespace monodr
