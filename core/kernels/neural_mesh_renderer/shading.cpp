// SPDX-License-Identifier: Apache-2.0
#include "kernels/neural_mesh_renderer/shading.h"

#include <algorithm>
#include <cmath>

namespace monodr::neural_mesh_renderer {
namespace {

Triple difference(const Triple& a, const Triple& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

Triple cross(const Triple& a, const Triple& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double dot(const Triple& a, const Triple& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Triple direction_of(const Light& light) {
  return {light.direction[0], light.direction[1], light.direction[2]};
}

/// A vertex of the screen mesh in the camera frame, and the given vertices it is blended from.
template <typename Scalar>
class CameraPoints {
 public:
  CameraPoints(const CameraMesh<Scalar>& camera_mesh, const ScreenMesh& mesh)
      : camera_mesh_(camera_mesh), mesh_(mesh) {}

  Triple at(std::int32_t vertex) const {
    if (vertex < camera_mesh_.vertex_count) return given(vertex);
    const auto& cut = mesh_.cuts[vertex - camera_mesh_.vertex_count];
    const Triple from = given(cut.from), to = given(cut.to);
    Triple point;
    for (int axis = 0; axis < 3; ++axis)
      point[axis] = from[axis] + cut.share * (to[axis] - from[axis]);
    return point;
  }

  /// A cut vertex also slides along its edge, but that leaves the normal as it is.
  void add(std::int32_t vertex, const Triple& gradient, Scalar* to_vertices) const {
    if (vertex < camera_mesh_.vertex_count) return add_scaled(vertex, 1, gradient, to_vertices);
    const auto& cut = mesh_.cuts[vertex - camera_mesh_.vertex_count];
    add_scaled(cut.from, 1 - cut.share, gradient, to_vertices);
    add_scaled(cut.to, cut.share, gradient, to_vertices);
  }

 private:
  Triple given(std::int32_t vertex) const {
    const Scalar* p = camera_mesh_.vertices + 3 * std::size_t(vertex);
    return {double(p[0]), double(p[1]), double(p[2])};
  }
  static void add_scaled(std::int32_t vertex,
                         double scale,
                         const Triple& gradient,
                         Scalar* to_vertices) {
    for (int axis = 0; axis < 3; ++axis)
      to_vertices[3 * std::size_t(vertex) + axis] += Scalar(scale * gradient[axis]);
  }

  const CameraMesh<Scalar>& camera_mesh_;
  const ScreenMesh& mesh_;
};

/// A triangle's two sides and their product, which points to the viewer: corners run clockwise on
/// the image as v points down.
struct Normal {
  Triple side1, side2, product;
  double length;

  template <typename Scalar>
  Normal(const CameraPoints<Scalar>& points, const ScreenMesh& mesh, std::size_t triangle) {
    const Triple corner = points.at(mesh.triangle[0][triangle]);
    side1 = difference(points.at(mesh.triangle[1][triangle]), corner);
    side2 = difference(points.at(mesh.triangle[2][triangle]), corner);
    product = cross(side2, side1);
    length = std::sqrt(dot(product, product));
  }
};

}  // namespace

void Shading::place(const ScreenMesh& mesh, int samples) {
  x.resize(mesh.u.size());
  y.resize(mesh.v.size());
  for (std::size_t n = 0; n < mesh.u.size(); ++n) {
    x[n] = samples * mesh.u[n] - 0.5;
    y[n] = samples * mesh.v[n] - 0.5;
  }
}

void Shading::prepare(const ScreenMesh& mesh) {
  planes_.resize(mesh.triangle_count());
  for (std::size_t n = 0; n < planes_.size(); ++n) {
    const std::int32_t a = mesh.triangle[0][n], b = mesh.triangle[1][n], c = mesh.triangle[2][n];
    Plane& plane = planes_[n];
    plane.x0 = x[a];
    plane.y0 = y[a];
    const double bx = x[b] - x[a], by = y[b] - y[a], cx = x[c] - x[a], cy = y[c] - y[a];
    const double inverse = 1 / (bx * cy - by * cx);
    plane.slope_x = {0, cy * inverse, -by * inverse};
    plane.slope_y = {0, -cx * inverse, bx * inverse};
    plane.slope_x[0] = -plane.slope_x[1] - plane.slope_x[2];
    plane.slope_y[0] = -plane.slope_y[1] - plane.slope_y[2];
    const double qa = mesh.inverse_depth[a];
    const double qb = mesh.inverse_depth[b] - qa, qc = mesh.inverse_depth[c] - qa;
    plane.depth0 = qa;
    plane.depth_x = plane.slope_x[1] * qb + plane.slope_x[2] * qc;
    plane.depth_y = plane.slope_y[1] * qb + plane.slope_y[2] * qc;
  }
}

SurfacePoint Shading::at(const ScreenMesh& mesh,
                         std::size_t triangle,
                         double sample_x,
                         double sample_y) const {
  const Plane& plane = planes_[triangle];
  const double from_x = sample_x - plane.x0, from_y = sample_y - plane.y0;
  SurfacePoint point;
  // Rounding may put a sample on an edge a hair outside; weights are clamped as published.
  double sum = 0, inverse_depth = 0;
  for (int k = 0; k < 3; ++k) {
    const double weight = (k == 0 ? 1 : 0) + plane.slope_x[k] * from_x + plane.slope_y[k] * from_y;
    point.weight[k] = std::clamp(weight, 0.0, 1.0);
    sum += point.weight[k];
  }
  for (int k = 0; k < 3; ++k) {
    point.weight[k] /= sum;
    point.share[k] = point.weight[k] * mesh.inverse_depth[mesh.triangle[k][triangle]];
    inverse_depth += point.share[k];
  }
  point.depth = 1 / inverse_depth;
  for (double& share : point.share) share *= point.depth;
  return point;
}

Triple Shading::own_colour(const ScreenMesh& mesh,
                           std::size_t triangle,
                           const SurfacePoint& point) const {
  Triple colour{};
  for (int k = 0; k < 3; ++k) {
    const double* corner = mesh.colours.data() + 3 * std::size_t(mesh.triangle[k][triangle]);
    for (int channel = 0; channel < 3; ++channel)
      colour[channel] += point.share[k] * corner[channel];
  }
  return colour;
}

Triple Shading::colour(const ScreenMesh& mesh,
                       std::size_t triangle,
                       int sample_x,
                       int sample_y) const {
  Triple colour = own_colour(mesh, triangle, at(mesh, triangle, sample_x, sample_y));
  const Triple scale = factor(triangle);
  for (int channel = 0; channel < 3; ++channel) colour[channel] *= scale[channel];
  return colour;
}

void Shading::add_depth_gradient(const ScreenMesh& mesh,
                                 std::size_t triangle,
                                 const SurfacePoint& point,
                                 double to_depth,
                                 int samples,
                                 ScreenMeshGradient& gradient) const {
  const Plane& plane = planes_[triangle];
  const double to_inverse = -to_depth * point.depth * point.depth;
  for (int k = 0; k < 3; ++k) {
    const std::int32_t vertex = mesh.triangle[k][triangle];
    const double to_weighted = to_inverse * point.weight[k];
    // What is interpolated linearly moves with corner k by -w_k times its slope.
    gradient.inverse_depth[vertex] += to_weighted;
    gradient.u[vertex] -= to_weighted * plane.depth_x * samples;
    gradient.v[vertex] -= to_weighted * plane.depth_y * samples;
  }
}

void Shading::add_colour_gradient(const ScreenMesh& mesh,
                                  std::size_t triangle,
                                  const SurfacePoint& point,
                                  const Triple& to_colour,
                                  ScreenMeshGradient& gradient) {
  const Triple scale = factor(triangle);
  for (int k = 0; k < 3; ++k) {
    double* to_corner = gradient.colours.data() + 3 * std::size_t(mesh.triangle[k][triangle]);
    for (int channel = 0; channel < 3; ++channel)
      to_corner[channel] += to_colour[channel] * scale[channel] * point.share[k];
  }
  if (factors_.empty()) return;
  const Triple own = own_colour(mesh, triangle, point);
  for (int channel = 0; channel < 3; ++channel)
    to_factors_[triangle][channel] += to_colour[channel] * own[channel];
}

template <typename Scalar>
void Shading::light(const CameraMesh<Scalar>& camera_mesh,
                    const ScreenMesh& mesh,
                    const Light& light) {
  const std::size_t count = changes_colour(light) ? mesh.triangle_count() : 0;
  factors_.resize(count);
  to_factors_.assign(count, Triple{});
  const CameraPoints points(camera_mesh, mesh);
  for (std::size_t n = 0; n < count; ++n) {
    const Normal normal(points, mesh, n);
    const double facing =
        normal.length > 0 ? std::max(0.0, dot(normal.product, direction_of(light)) / normal.length)
                          : 0;
    for (int channel = 0; channel < 3; ++channel)
      factors_[n][channel] = light.ambient * light.ambient_colour[channel] +
                             light.directional * light.directional_colour[channel] * facing;
  }
}

template <typename Scalar>
void Shading::light_backward(const CameraMesh<Scalar>& camera_mesh,
                             const ScreenMesh& mesh,
                             const Light& light,
                             Scalar* to_vertices) const {
  if (to_vertices == nullptr || light.directional == 0) return;
  const CameraPoints points(camera_mesh, mesh);
  for (std::size_t n = 0; n < factors_.size(); ++n) {
    double to_facing = 0;
    for (int channel = 0; channel < 3; ++channel)
      to_facing += light.directional * light.directional_colour[channel] * to_factors_[n][channel];
    if (to_facing == 0) continue;
    const Normal normal(points, mesh, n);
    if (!(normal.length > 0)) continue;
    const double facing = dot(normal.product, direction_of(light)) / normal.length;
    if (facing <= 0) continue;
    Triple to_product;  // facing = product . direction / |product|
    for (int axis = 0; axis < 3; ++axis)
      to_product[axis] = to_facing *
                         (light.direction[axis] - facing * normal.product[axis] / normal.length) /
                         normal.length;
    // product = side2 x side1, so that g . product = side2 . (side1 x g) = side1 . (g x side2).
    const Triple to_side1 = cross(to_product, normal.side2);
    const Triple to_side2 = cross(normal.side1, to_product);
    points.add(mesh.triangle[1][n], to_side1, to_vertices);
    points.add(mesh.triangle[2][n], to_side2, to_vertices);
    points.add(mesh.triangle[0][n],
               {-to_side1[0] - to_side2[0], -to_side1[1] - to_side2[1], -to_side1[2] - to_side2[2]},
               to_vertices);
  }
}

template void Shading::light(const CameraMesh<float>&, const ScreenMesh&, const Light&);
template void Shading::light(const CameraMesh<double>&, const ScreenMesh&, const Light&);
template void Shading::light_backward(const CameraMesh<float>&,
                                      const ScreenMesh&,
                                      const Light&,
                                      float*) const;
template void Shading::light_backward(const CameraMesh<double>&,
                                      const ScreenMesh&,
                                      const Light&,
                                      double*) const;

}  // namespace monodr::neural_mesh_renderer
