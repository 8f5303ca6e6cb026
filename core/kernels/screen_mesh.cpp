// SPDX-License-Identifier: Apache-2.0
#include "kernels/screen_mesh.h"

#include <array>
#include <cinttypes>
#include <cmath>
#include <limits>

#include "kernels/failure.h"

namespace monodr {
namespace {

using Point = std::array<double, 3>;

template <typename Scalar>
struct Pinhole {
  double fx, fy, cx, cy;
  explicit Pinhole(const Scalar* k) : fx(k[0]), fy(k[4]), cx(k[2]), cy(k[5]) {}
  bool is_finite() const {
    return std::isfinite(fx) && std::isfinite(fy) && std::isfinite(cx) && std::isfinite(cy);
  }
};

template <typename Scalar>
Point vertex_at(const CameraMesh<Scalar>& mesh, int index) {
  const Scalar* p = mesh.vertices + 3 * index;
  return {double(p[0]), double(p[1]), double(p[2])};
}

Point blend(const Point& from, const Point& to, double share) {
  Point point;
  for (int axis = 0; axis < 3; ++axis) point[axis] = from[axis] + share * (to[axis] - from[axis]);
  return point;
}

template <typename Scalar>
Point point_of(const CameraMesh<Scalar>& mesh, const CutVertex& cut) {
  return blend(vertex_at(mesh, cut.from), vertex_at(mesh, cut.to), cut.share);
}

/// Fills the arrays of triangles. Without branches: which face is culled cannot be predicted.
class TriangleWriter {
 public:
  TriangleWriter(const Projection& projection, std::int64_t most, ScreenMesh& screen)
      : screen_(screen), cull_(projection.cull_backfaces) {
    for (auto& corner : screen.triangle) corner.resize(most);
  }
  /// Takes a triangle unless it is culled or has no area.
  void add(int a, int b, int c) {
    const double* u = screen_.u.data();
    const double* v = screen_.v.data();
    const double double_area = (u[b] - u[a]) * (v[c] - v[a]) - (v[b] - v[a]) * (u[c] - u[a]);
    const bool back = double_area > 0;
    screen_.triangle[0][count_] = a;
    screen_.triangle[1][count_] = back ? b : c;
    screen_.triangle[2][count_] = back ? c : b;
    // With v pointing down, the outer side of a face wound counter-clockwise has negative area.
    const double size = std::abs(double_area);
    count_ += (size >= kMinimumDoubleArea) & (size <= kMost) & !(cull_ & back);
  }
  void finish() {
    for (auto& corner : screen_.triangle) corner.resize(count_);
  }

 private:
  /// In double precision a vertex may be projected to infinity; its triangles have no area either.
  static constexpr double kMost = std::numeric_limits<double>::max();

  ScreenMesh& screen_;
  bool cull_;
  std::size_t count_ = 0;
};

template <typename Scalar>
int cut_edge(const CameraMesh<Scalar>& mesh,
             int from,
             int to,
             const Projection& projection,
             ScreenMesh& screen) {
  const Point a = vertex_at(mesh, from), b = vertex_at(mesh, to);
  const CutVertex cut{from, to, (projection.near - a[2]) / (b[2] - a[2])};
  const Point point = blend(a, b, cut.share);
  const Pinhole camera(mesh.intrinsics);
  screen.cuts.push_back(cut);
  screen.u.push_back(camera.fx * point[0] / projection.near + camera.cx);
  screen.v.push_back(camera.fy * point[1] / projection.near + camera.cy);
  screen.inverse_depth.push_back(1 / projection.near);
  if (mesh.colours != nullptr) {
    for (int channel = 0; channel < 3; ++channel) {
      const double from_colour = mesh.colours[3 * from + channel];
      const double to_colour = mesh.colours[3 * to + channel];
      screen.colours.push_back(from_colour + cut.share * (to_colour - from_colour));
    }
  }
  return int(screen.u.size()) - 1;
}

/// Sutherland-Hodgman against one plane: what is left of a triangle has three or four corners.
template <typename Scalar>
void add_cut_triangle(const CameraMesh<Scalar>& mesh,
                      const std::int64_t* face,
                      const Projection& projection,
                      ScreenMesh& screen,
                      TriangleWriter& triangles) {
  std::array<int, 4> corners{};
  int count = 0;
  for (int k = 0; k < 3; ++k) {
    const int here = int(face[k]), next = int(face[(k + 1) % 3]);
    const bool here_visible = mesh.vertices[3 * here + 2] >= projection.near;
    const bool next_visible = mesh.vertices[3 * next + 2] >= projection.near;
    if (here_visible) corners[count++] = here;
    if (here_visible != next_visible)
      corners[count++] = cut_edge(mesh, here, next, projection, screen);
  }
  for (int k = 2; k < count; ++k) triangles.add(corners[0], corners[k - 1], corners[k]);
}

}  // namespace

void ScreenMeshGradient::reset(const ScreenMesh& mesh) {
  u.assign(mesh.u.size(), 0);
  v.assign(mesh.u.size(), 0);
  inverse_depth.assign(mesh.u.size(), 0);
  colours.assign(mesh.colours.size(), 0);
}

template <typename Scalar>
void project(const CameraMesh<Scalar>& mesh,
             const Projection& projection,
             std::int64_t item,
             ScreenMesh& screen) {
  const Pinhole camera(mesh.intrinsics);
  if (!camera.is_finite())
    fail(MONODR_NOT_FINITE,
         "intrinsics of batch item %" PRId64 " are NaN or infinite; they must be finite",
         item);
  screen.u.resize(mesh.vertex_count);
  screen.v.resize(mesh.vertex_count);
  screen.inverse_depth.resize(mesh.vertex_count);
  screen.cuts.clear();
  for (std::int64_t index = 0; index < mesh.vertex_count; ++index) {
    const Scalar* p = mesh.vertices + 3 * index;
    if (!std::isfinite(p[0]) || !std::isfinite(p[1]) || !std::isfinite(p[2]))
      fail(MONODR_NOT_FINITE,
           "vertex %" PRId64 " of batch item %" PRId64
           " is NaN or infinite; vertices must be finite",
           index,
           item);
    const double inverse_depth = p[2] >= projection.near ? 1 / double(p[2]) : 0;
    screen.u[index] = camera.fx * p[0] * inverse_depth + camera.cx;
    screen.v[index] = camera.fy * p[1] * inverse_depth + camera.cy;
    screen.inverse_depth[index] = inverse_depth;
  }
  if (mesh.colours != nullptr)
    screen.colours.assign(mesh.colours, mesh.colours + 3 * mesh.vertex_count);
  else
    screen.colours.clear();
  TriangleWriter triangles(projection, 2 * mesh.face_count, screen);
  for (std::int64_t index = 0; index < mesh.face_count; ++index) {
    const std::int64_t* face = mesh.faces + 3 * index;
    if (face[0] < 0 || face[1] < 0 || face[2] < 0) continue;
    if (face[0] >= mesh.vertex_count || face[1] >= mesh.vertex_count ||
        face[2] >= mesh.vertex_count)
      fail(MONODR_BAD_INDEX,
           "face %" PRId64 " of batch item %" PRId64 " names a vertex that does not exist",
           index,
           item);
    int visible = 0;
    for (int k = 0; k < 3; ++k) visible += screen.inverse_depth[face[k]] > 0;
    if (visible == 3)
      triangles.add(int(face[0]), int(face[1]), int(face[2]));
    else if (visible > 0)
      add_cut_triangle(mesh, face, projection, screen, triangles);
  }
  triangles.finish();
}

namespace {

/// Hands the gradient of the cut vertices to the two vertices each was made from; a cut vertex
/// slides along its edge when either end moves in z, because it has to stay on the near plane.
template <typename Scalar>
void cuts_backward(const CameraMesh<Scalar>& mesh,
                   const ScreenMesh& screen,
                   const ScreenMeshGradient& screen_gradient,
                   const CameraMeshGradient<Scalar>& gradient,
                   std::array<double, 4>& camera_gradient) {
  const Pinhole camera(mesh.intrinsics);
  for (std::size_t n = 0; n < screen.cuts.size(); ++n) {
    const CutVertex& cut = screen.cuts[n];
    const std::size_t index = mesh.vertex_count + n;
    const Point a = vertex_at(mesh, cut.from), b = vertex_at(mesh, cut.to);
    const Point point = point_of(mesh, cut);
    const double du = screen_gradient.u[index], dv = screen_gradient.v[index];
    const double scale = screen.inverse_depth[index];
    const Point to_point{du * camera.fx * scale, dv * camera.fy * scale, 0};
    camera_gradient[0] += du * point[0] * scale;
    camera_gradient[1] += dv * point[1] * scale;
    camera_gradient[2] += du;
    camera_gradient[3] += dv;

    double to_share = to_point[0] * (b[0] - a[0]) + to_point[1] * (b[1] - a[1]);
    if (mesh.colours != nullptr) {
      for (int channel = 0; channel < 3; ++channel) {
        const double g = screen_gradient.colours[3 * index + channel];
        to_share += g * (mesh.colours[3 * cut.to + channel] - mesh.colours[3 * cut.from + channel]);
        if (gradient.colours != nullptr) {
          gradient.colours[3 * cut.from + channel] += Scalar((1 - cut.share) * g);
          gradient.colours[3 * cut.to + channel] += Scalar(cut.share * g);
        }
      }
    }
    if (gradient.vertices == nullptr) continue;
    for (int axis = 0; axis < 2; ++axis) {
      gradient.vertices[3 * cut.from + axis] += Scalar((1 - cut.share) * to_point[axis]);
      gradient.vertices[3 * cut.to + axis] += Scalar(cut.share * to_point[axis]);
    }
    gradient.vertices[3 * cut.from + 2] -= Scalar(to_share * (1 - cut.share) / (b[2] - a[2]));
    gradient.vertices[3 * cut.to + 2] -= Scalar(to_share * cut.share / (b[2] - a[2]));
  }
}

}  // namespace

template <typename Scalar>
void project_backward(const CameraMesh<Scalar>& mesh,
                      const ScreenMesh& screen,
                      ScreenMeshGradient& screen_gradient,
                      const CameraMeshGradient<Scalar>& gradient) {
  const Pinhole camera(mesh.intrinsics);
  std::array<double, 4> camera_gradient{};  // fx, fy, cx, cy
  cuts_backward(mesh, screen, screen_gradient, gradient, camera_gradient);
  for (std::int64_t n = 0; n < mesh.vertex_count; ++n) {
    const double scale = screen.inverse_depth[n];
    if (scale == 0) continue;
    const double du = screen_gradient.u[n], dv = screen_gradient.v[n];
    const double x = mesh.vertices[3 * n] * scale, y = mesh.vertices[3 * n + 1] * scale;
    camera_gradient[0] += du * x;
    camera_gradient[1] += dv * y;
    camera_gradient[2] += du;
    camera_gradient[3] += dv;
    if (gradient.vertices == nullptr) continue;
    const double along_x = du * camera.fx * scale, along_y = dv * camera.fy * scale;
    gradient.vertices[3 * n] += Scalar(along_x);
    gradient.vertices[3 * n + 1] += Scalar(along_y);
    gradient.vertices[3 * n + 2] -=
        Scalar(along_x * x + along_y * y + screen_gradient.inverse_depth[n] * scale * scale);
  }
  if (gradient.colours != nullptr && mesh.colours != nullptr)
    for (std::int64_t n = 0; n < 3 * mesh.vertex_count; ++n)
      gradient.colours[n] += Scalar(screen_gradient.colours[n]);
  if (gradient.intrinsics != nullptr) {
    gradient.intrinsics[0] += Scalar(camera_gradient[0]);
    gradient.intrinsics[4] += Scalar(camera_gradient[1]);
    gradient.intrinsics[2] += Scalar(camera_gradient[2]);
    gradient.intrinsics[5] += Scalar(camera_gradient[3]);
  }
}

template void project(const CameraMesh<float>&, const Projection&, std::int64_t, ScreenMesh&);
template void project(const CameraMesh<double>&, const Projection&, std::int64_t, ScreenMesh&);
template void project_backward(const CameraMesh<float>&,
                               const ScreenMesh&,
                               ScreenMeshGradient&,
                               const CameraMeshGradient<float>&);
template void project_backward(const CameraMesh<double>&,
                               const ScreenMesh&,
                               ScreenMeshGradient&,
                               const CameraMeshGradient<double>&);

}  // namespace monodr
