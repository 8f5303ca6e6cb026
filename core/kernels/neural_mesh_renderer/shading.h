// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "kernels/neural_mesh_renderer/settings.h"

namespace monodr::neural_mesh_renderer {

using Triple = std::array<double, 3>;

/// What a point of a triangle shows: barycentric weights w_k on the image, depth
/// z = 1 / sum_k w_k / z_k and the corners' shares w_k z / z_k of everything interpolated in space.
struct SurfacePoint {
  Triple weight, share;
  double depth;
};

/// The triangles of one item prepared for interpolation. Positions are in samples: sample i has its
/// centre at the integer i, as in the paper, so that x = samples * u - 0.5.
class Shading {
 public:
  std::vector<double> x, y;  ///< [vertices]

  void place(const ScreenMesh& mesh, int samples);
  /// Planes of all triangles. place() comes first.
  void prepare(const ScreenMesh& mesh);
  /// Factors of all triangles; none if the light changes no colour.
  template <typename Scalar>
  void light(const CameraMesh<Scalar>& camera_mesh, const ScreenMesh& mesh, const Light& light);

  SurfacePoint at(const ScreenMesh& mesh,
                  std::size_t triangle,
                  double sample_x,
                  double sample_y) const;
  /// Colour before the light.
  Triple own_colour(const ScreenMesh& mesh, std::size_t triangle, const SurfacePoint& point) const;
  /// Colour of a sample.
  Triple colour(const ScreenMesh& mesh, std::size_t triangle, int sample_x, int sample_y) const;
  Triple factor(std::size_t triangle) const {
    return factors_.empty() ? Triple{1, 1, 1} : factors_[triangle];
  }
  /// Inverse depth at (x, y) is linear: inverse_depth_at(...) and its slope along x.
  double inverse_depth_at(std::size_t triangle, double sample_x, double sample_y) const {
    const Plane& plane = planes_[triangle];
    return plane.depth0 + plane.depth_x * (sample_x - plane.x0) +
           plane.depth_y * (sample_y - plane.y0);
  }
  double inverse_depth_along_x(std::size_t triangle) const { return planes_[triangle].depth_x; }

  /// Adds the gradients of a point with respect to its depth and to its own colour; `to_factor` is
  /// kept for light_backward().
  void add_depth_gradient(const ScreenMesh& mesh,
                          std::size_t triangle,
                          const SurfacePoint& point,
                          double to_depth,
                          int samples,
                          ScreenMeshGradient& gradient) const;
  void add_colour_gradient(const ScreenMesh& mesh,
                           std::size_t triangle,
                           const SurfacePoint& point,
                           const Triple& to_colour,
                           ScreenMeshGradient& gradient);
  /// Hands the gradient of the factors to the vertices that span the normals.
  template <typename Scalar>
  void light_backward(const CameraMesh<Scalar>& camera_mesh,
                      const ScreenMesh& mesh,
                      const Light& light,
                      Scalar* to_vertices) const;

 private:
  /// w_k = (k == 0) + slope_x[k] (x - x0) + slope_y[k] (y - y0), counted from corner 0.
  struct Plane {
    double x0, y0;
    Triple slope_x, slope_y;
    double depth0, depth_x, depth_y;  ///< of inverse depth
  };

  std::vector<Plane> planes_;
  std::vector<Triple> factors_, to_factors_;
};

}  // namespace monodr::neural_mesh_renderer
