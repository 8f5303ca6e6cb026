// SPDX-License-Identifier: Apache-2.0
#include "chamfer_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace monodr {
namespace {

template <typename T>
struct Point {
  T x, y, z;
};

template <typename T>
Point<T> operator-(const Point<T>& a, const Point<T>& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}

template <typename T>
T dot(const Point<T>& a, const Point<T>& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

template <typename T>
Point<T> at(const T* values, std::int64_t i) {
  return {values[3 * i], values[3 * i + 1], values[3 * i + 2]};
}

template <typename T>
bool is_evidence(const PointSource<T>& source, int pixel) {
  return source.depth[pixel] > 0 && source.mask[pixel] > T(0.5) && source.known[pixel] > T(0.5);
}

/// Pixels with evidence as points in space; of more than `maximum` every so-many-th.
template <typename T>
std::vector<Point<T>> points_of(const PointSource<T>& source) {
  const int pixels = source.side * source.side;
  std::int64_t total = 0;
  for (int p = 0; p < pixels; ++p) total += is_evidence(source, p);
  const std::int64_t taken = std::min<std::int64_t>(total, source.maximum);
  const T fx = source.intrinsics[0], cx = source.intrinsics[2];
  const T fy = source.intrinsics[4], cy = source.intrinsics[5];
  std::vector<Point<T>> points;
  points.reserve(static_cast<std::size_t>(taken));
  std::int64_t seen = 0;
  for (int p = 0; p < pixels; ++p) {
    if (!is_evidence(source, p)) continue;
    const bool is_taken = (seen + 1) * taken / total > seen * taken / total;
    ++seen;
    if (!is_taken) continue;
    const T z = source.depth[p];
    const T u = static_cast<T>(p % source.side) + T(0.5);
    const T v = static_cast<T>(p / source.side) + T(0.5);
    points.push_back({(u - cx) / fx * z, (v - cy) / fy * z, z});
  }
  return points;
}

/// The point of a triangle nearest to p, as weights of its corners.
template <typename T>
struct Nearest {
  T weights[3];
  T squared_distance;
};

template <typename T>
T ratio(T numerator, T denominator) {
  return denominator > std::numeric_limits<T>::min() ? numerator / denominator : T(0);
}

template <typename T>
Nearest<T> with_distance(T wa, T wb, T wc, Point<T> a, Point<T> b, Point<T> c, Point<T> p) {
  const Point<T> difference{wa * a.x + wb * b.x + wc * c.x - p.x,
                            wa * a.y + wb * b.y + wc * c.y - p.y,
                            wa * a.z + wb * b.z + wc * c.z - p.z};
  return {{wa, wb, wc}, dot(difference, difference)};
}

/// The nearest point of the plane where it lies inside, else the best of the three edges. A
/// triangle without area has no plane to speak of; its edges do.
template <typename T>
Nearest<T> nearest_on_triangle(Point<T> a, Point<T> b, Point<T> c, Point<T> p) {
  const Point<T> ab = b - a, ac = c - a, ap = p - a;
  const T d00 = dot(ab, ab), d01 = dot(ab, ac), d11 = dot(ac, ac);
  const T d20 = dot(ap, ab), d21 = dot(ap, ac);
  const T determinant = d00 * d11 - d01 * d01;
  const T wb = ratio(d11 * d20 - d01 * d21, determinant);
  const T wc = ratio(d00 * d21 - d01 * d20, determinant);
  if (determinant > std::numeric_limits<T>::min() && wb >= 0 && wc >= 0 && wb + wc <= 1)
    return with_distance(1 - wb - wc, wb, wc, a, b, c, p);
  const auto share = [](T along, T length) { return std::clamp(ratio(along, length), T(0), T(1)); };
  const Point<T> bc = c - b;
  const T on_ab = share(d20, d00), on_ac = share(d21, d11),
          on_bc = share(dot(p - b, bc), dot(bc, bc));
  Nearest<T> best = with_distance(1 - on_ab, on_ab, T(0), a, b, c, p);
  for (const Nearest<T>& other : {with_distance(1 - on_ac, T(0), on_ac, a, b, c, p),
                                  with_distance(T(0), 1 - on_bc, on_bc, a, b, c, p)})
    if (other.squared_distance < best.squared_distance) best = other;
  return best;
}

/// Spheres around the triangles: most triangles are told apart by them without a closer look.
template <typename T>
class NearestTriangle {
 public:
  explicit NearestTriangle(const Triangles<T>& mesh)
      : mesh_(mesh), x_(mesh.count), y_(mesh.count), z_(mesh.count), distance_(mesh.count) {
    for (std::int64_t f = 0; f < mesh.count; ++f) {
      const Point<T> a = corner(f, 0), b = corner(f, 1), c = corner(f, 2);
      const Point<T> centre{(a.x + b.x + c.x) / 3, (a.y + b.y + c.y) / 3, (a.z + b.z + c.z) / 3};
      x_[f] = centre.x, y_[f] = centre.y, z_[f] = centre.z;
      for (const Point<T>& p : {a - centre, b - centre, c - centre})
        radius_ = std::max(radius_, std::sqrt(dot(p, p)));
    }
  }

  /// The face nearest to p and where on it.
  std::pair<std::int64_t, Nearest<T>> of(const Point<T>& p) {
    for (std::int64_t f = 0; f < mesh_.count; ++f) {
      const T dx = x_[f] - p.x, dy = y_[f] - p.y, dz = z_[f] - p.z;
      distance_[f] = dx * dx + dy * dy + dz * dz;
    }
    std::int64_t face = std::min_element(distance_.begin(), distance_.end()) - distance_.begin();
    Nearest<T> best = on(face, p);
    // A triangle whose centre is farther than the best distance plus the largest radius is farther.
    T reach = std::sqrt(best.squared_distance) + radius_;
    for (std::int64_t f = 0; f < mesh_.count; ++f) {
      if (!(distance_[f] <= reach * reach)) continue;
      const Nearest<T> other = on(f, p);
      if (!(other.squared_distance < best.squared_distance)) continue;
      best = other;
      face = f;
      reach = std::sqrt(best.squared_distance) + radius_;
    }
    return {face, best};
  }

 private:
  Point<T> corner(std::int64_t face, int i) const {
    return at(mesh_.vertices, mesh_.faces[3 * face + i]);
  }
  Nearest<T> on(std::int64_t face, const Point<T>& p) const {
    return nearest_on_triangle(corner(face, 0), corner(face, 1), corner(face, 2), p);
  }

  const Triangles<T>& mesh_;
  std::vector<T> x_, y_, z_, distance_;
  T radius_ = 0;
};

}  // namespace

template <typename T>
T chamfer_loss(const PointSource<T>& source, const Triangles<T>& mesh, T scale, T* state) {
  const std::vector<Point<T>> points = points_of(source);
  state[0] = static_cast<T>(points.size());
  if (points.empty() || mesh.count == 0) return 0;
  NearestTriangle<T> nearest(mesh);
  T sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto [face, place] = nearest.of(points[i]);
    T* kept = state + 1 + 4 * i;
    kept[0] = static_cast<T>(face);
    std::copy(place.weights, place.weights + 3, kept + 1);
    const T squared = place.squared_distance / (scale * scale);
    sum += squared / (1 + squared);
  }
  return sum / static_cast<T>(points.size());
}

template <typename T>
void chamfer_gradient(const PointSource<T>& source,
                      const Triangles<T>& mesh,
                      T scale,
                      const T* state,
                      T factor,
                      T* out) {
  const std::vector<Point<T>> points = points_of(source);
  if (mesh.count == 0) return;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const T* kept = state + 1 + 4 * i;
    const std::int64_t* face = mesh.faces + 3 * static_cast<std::int64_t>(kept[0]);
    const T* w = kept + 1;
    const Nearest<T> place = with_distance(w[0],
                                           w[1],
                                           w[2],
                                           at(mesh.vertices, face[0]),
                                           at(mesh.vertices, face[1]),
                                           at(mesh.vertices, face[2]),
                                           points[i]);
    const T saturation = 1 + place.squared_distance / (scale * scale);
    const T slope =
        factor * 2 / (scale * scale * saturation * saturation * static_cast<T>(points.size()));
    for (int axis = 0; axis < 3; ++axis) {
      T difference = axis == 0 ? -points[i].x : axis == 1 ? -points[i].y : -points[i].z;
      for (int c = 0; c < 3; ++c) difference += w[c] * mesh.vertices[3 * face[c] + axis];
      for (int c = 0; c < 3; ++c) out[3 * face[c] + axis] += slope * w[c] * difference;
    }
  }
}

template float chamfer_loss(const PointSource<float>&, const Triangles<float>&, float, float*);
template double chamfer_loss(const PointSource<double>&, const Triangles<double>&, double, double*);
template void chamfer_gradient(
    const PointSource<float>&, const Triangles<float>&, float, const float*, float, float*);
template void chamfer_gradient(
    const PointSource<double>&, const Triangles<double>&, double, const double*, double, double*);

}  // namespace monodr
