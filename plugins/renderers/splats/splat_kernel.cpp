// SPDX-License-Identifier: Apache-2.0
#include "splats/splat_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace monodr::splats {
namespace {

constexpr double kFlattest = 0.02;  // of |n r|: planes seen from their edge meet the ray anywhere
constexpr double kBlurReach = 2.5;  // standard deviations

template <typename T>
struct Vector {
  T x, y, z;
};
template <typename T>
Vector<T> vector_at(const T* values, std::int64_t i) {
  return {values[3 * i], values[3 * i + 1], values[3 * i + 2]};
}
template <typename T>
T dot(const Vector<T>& a, const Vector<T>& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/// Where a surfel meets a pixel.
template <typename T>
struct Hit {
  int pixel, point;
  T z, share, cover;  ///< share = q
};

/// Pixels first.x .. last.x - 1 and so on.
struct Window {
  int left, top, right, bottom;
};

template <typename T>
class Camera {
 public:
  Camera(const T* k, const Settings& settings)
      : fx_(k[0]), cx_(k[2]), fy_(k[4]), cy_(k[5]), settings_(settings) {}

  Vector<T> ray(int pixel) const {
    const T u = static_cast<T>(pixel % settings_.width) + T(0.5);
    const T v = static_cast<T>(pixel / settings_.width) + T(0.5);
    return {(u - cx_) / fx_, (v - cy_) / fy_, T(1)};
  }
  T column(const Vector<T>& p) const { return fx_ * p.x / p.z + cx_; }
  T row(const Vector<T>& p) const { return fy_ * p.y / p.z + cy_; }
  T fx() const { return fx_; }
  T fy() const { return fy_; }
  T squared_focal() const { return fx_ * fy_; }

  /// The pixels that a ball of `radius` metres around `p`, widened by `margin` pixels, may cover.
  Window window(const Vector<T>& p, T radius, T margin) const {
    const T z = p.z - radius;
    if (!(z > T(0.05))) return {0, 0, settings_.width, settings_.height};
    const T u = column(p), v = row(p);
    const T across = fx_ * radius * (1 + std::abs(p.x) / p.z) / z + margin;
    const T down = fy_ * radius * (1 + std::abs(p.y) / p.z) / z + margin;
    const auto limited = [](T value, int most) {
      return static_cast<int>(std::clamp(value, T(0), static_cast<T>(most)));
    };
    return {limited(std::floor(u - across), settings_.width),
            limited(std::floor(v - down), settings_.height),
            limited(std::ceil(u + across), settings_.width),
            limited(std::ceil(v + down), settings_.height)};
  }

 private:
  T fx_, cx_, fy_, cy_;
  const Settings& settings_;
};

/// A surfel before it meets a ray.
template <typename T>
struct Spot {
  Vector<T> p, n;
  T radius, towards, column, row, squared_reach;
};

template <typename T>
Spot<T> spot_of(const Scene<T>& scene, const Settings& settings, const Camera<T>& camera, int i) {
  Spot<T> spot{};
  spot.p = vector_at(scene.positions, i);
  spot.n = vector_at(scene.normals, i);
  spot.radius = scene.radii[i];
  if (settings.footprint == Footprint::disc) {
    spot.towards = dot(spot.n, spot.p);
    spot.squared_reach = spot.radius * spot.radius;
  } else {
    spot.column = camera.column(spot.p);
    spot.row = camera.row(spot.p);
    const T blur = static_cast<T>(kBlurReach * settings.blur);
    spot.squared_reach =
        camera.squared_focal() * spot.radius * spot.radius / (spot.p.z * spot.p.z) + blur * blur;
  }
  return spot;
}

/// False where the surfel does not show at the pixel.
template <typename T>
bool meet(const Spot<T>& spot,
          const Settings& settings,
          const Camera<T>& camera,
          int pixel,
          Hit<T>& hit) {
  hit.pixel = pixel;
  T squared = 0;
  if (settings.footprint == Footprint::disc) {
    const Vector<T> r = camera.ray(pixel);
    const T slope = dot(spot.n, r);
    if (!(slope < T(-kFlattest))) return false;
    hit.z = spot.towards / slope;
    const Vector<T> d{hit.z * r.x - spot.p.x, hit.z * r.y - spot.p.y, hit.z - spot.p.z};
    squared = dot(d, d);
  } else {
    hit.z = spot.p.z;
    const T u = static_cast<T>(pixel % settings.width) + T(0.5) - spot.column;
    const T v = static_cast<T>(pixel / settings.width) + T(0.5) - spot.row;
    squared = u * u + v * v;
  }
  if (!(squared < spot.squared_reach) || !(hit.z > T(settings.near)) || !(hit.z < T(settings.far)))
    return false;
  hit.share = squared / spot.squared_reach;
  hit.cover = T(settings.opacity) * (1 - hit.share) * (1 - hit.share);
  return true;
}

/// All hits of an item, pixel by pixel, at each in the order of the points.
template <typename T>
struct Hits {
  std::vector<Hit<T>> sorted;
  std::vector<int> first;  ///< [H * W + 1]
};

template <typename T>
Hits<T> find_hits(const Scene<T>& scene, const Settings& settings, const Camera<T>& camera) {
  std::vector<Hit<T>> hits;
  const int pixels = settings.height * settings.width;
  for (int i = 0; i < static_cast<int>(scene.points); ++i) {
    const Vector<T> p = vector_at(scene.positions, i);
    if (!(p.z > T(settings.near)) || !(p.z < T(settings.far)) || !(scene.radii[i] > 0)) continue;
    const Spot<T> spot = spot_of(scene, settings, camera, i);
    if (settings.footprint == Footprint::disc && !(spot.towards < 0)) continue;
    const T margin =
        settings.footprint == Footprint::spot ? static_cast<T>(kBlurReach * settings.blur) : T(0);
    const Window window = camera.window(p, spot.radius, margin + 1);
    Hit<T> hit{};
    hit.point = i;
    for (int v = window.top; v < window.bottom; ++v)
      for (int u = window.left; u < window.right; ++u)
        if (meet(spot, settings, camera, v * settings.width + u, hit)) hits.push_back(hit);
  }
  Hits<T> result;
  result.first.assign(static_cast<std::size_t>(pixels) + 1, 0);
  for (const Hit<T>& hit : hits) ++result.first[static_cast<std::size_t>(hit.pixel) + 1];
  for (std::size_t p = 1; p < result.first.size(); ++p) result.first[p] += result.first[p - 1];
  std::vector<int> next(result.first.begin(), result.first.end() - 1);
  result.sorted.resize(hits.size());
  for (const Hit<T>& hit : hits)
    result.sorted[static_cast<std::size_t>(next[static_cast<std::size_t>(hit.pixel)]++)] = hit;
  return result;
}

/// exp((nearest - z) / gamma) of each hit of a pixel, without the cover.
template <typename T>
void weights_of(const Hit<T>* hits, int count, double gamma, std::vector<T>& weights) {
  T nearest = hits[0].z;
  for (int k = 1; k < count; ++k) nearest = std::min(nearest, hits[k].z);
  weights.resize(static_cast<std::size_t>(count));
  for (int k = 0; k < count; ++k)
    weights[static_cast<std::size_t>(k)] = std::exp((nearest - hits[k].z) / T(gamma));
}

/// The gradient of one hit's z and share in its surfel.
template <typename T>
class HitGradient {
 public:
  HitGradient(const Scene<T>& scene,
              const Settings& settings,
              const Camera<T>& camera,
              const Gradients<T>& to)
      : scene_(scene), settings_(settings), camera_(camera), to_(to) {}

  void add(const Hit<T>& hit, T of_z, T of_cover) {
    const T of_share =
        settings_.cover_moves ? -2 * T(settings_.opacity) * (1 - hit.share) * of_cover : T(0);
    const Spot<T> spot = spot_of(scene_, settings_, camera_, hit.point);
    const T of_squared = of_share / spot.squared_reach;
    const T of_reach = -of_share * hit.share / spot.squared_reach;  // of its square
    T* position = to_.positions + 3 * static_cast<std::int64_t>(hit.point);
    if (settings_.footprint == Footprint::disc) {
      const Vector<T> r = camera_.ray(hit.pixel);
      const Vector<T> d{hit.z * r.x - spot.p.x, hit.z * r.y - spot.p.y, hit.z - spot.p.z};
      const T slope = dot(spot.n, r);
      const T scale = (of_z + 2 * dot(d, r) * of_squared) / slope;
      add_to(position, spot.n, scale);
      add_to(position, d, -2 * of_squared);
      // z = n p / n r, so that dz/dn = (p - z r) / n r = -d / n r.
      add_to(to_.normals + 3 * static_cast<std::int64_t>(hit.point), d, -scale);
      to_.radii[hit.point] += 2 * spot.radius * of_reach;
      return;
    }
    const T u = static_cast<T>(hit.pixel % settings_.width) + T(0.5) - spot.column;
    const T v = static_cast<T>(hit.pixel / settings_.width) + T(0.5) - spot.row;
    const T of_column = -2 * u * of_squared, of_row = -2 * v * of_squared;
    const T z = spot.p.z;
    position[0] += of_column * camera_.fx() / z;
    position[1] += of_row * camera_.fy() / z;
    const T squared = camera_.squared_focal() * spot.radius * spot.radius / (z * z);
    position[2] +=
        of_z - (of_column * camera_.fx() * spot.p.x + of_row * camera_.fy() * spot.p.y) / (z * z) -
        2 * squared / z * of_reach;
    to_.radii[hit.point] += 2 * camera_.squared_focal() * spot.radius / (z * z) * of_reach;
  }

 private:
  static void add_to(T* to, const Vector<T>& direction, T scale) {
    to[0] += scale * direction.x;
    to[1] += scale * direction.y;
    to[2] += scale * direction.z;
  }

  const Scene<T>& scene_;
  const Settings& settings_;
  const Camera<T>& camera_;
  const Gradients<T>& to_;
};

}  // namespace

template <typename T>
void draw(const Scene<T>& scene, const Settings& settings, const Pictures<T>& pictures) {
  const Camera<T> camera(scene.intrinsics, settings);
  const Hits<T> hits = find_hits(scene, settings, camera);
  const int pixels = settings.height * settings.width;
  std::vector<T> weights;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    const Hit<T>* here = hits.sorted.data() + hits.first[static_cast<std::size_t>(pixel)];
    const int count = hits.first[static_cast<std::size_t>(pixel) + 1] -
                      hits.first[static_cast<std::size_t>(pixel)];
    if (pictures.silhouette != nullptr) {
      T through = 1;
      for (int k = 0; k < count; ++k) through *= 1 - here[k].cover;
      pictures.silhouette[pixel] = 1 - through;
    }
    if (pictures.depth == nullptr && pictures.colour == nullptr) continue;
    T sum = 0, depth = 0, colour[3] = {0, 0, 0};
    if (count > 0) weights_of(here, count, settings.gamma, weights);
    for (int k = 0; k < count; ++k) {
      const T weight = here[k].cover * weights[static_cast<std::size_t>(k)];
      sum += weight;
      depth += weight * here[k].z;
      if (pictures.colour != nullptr)
        for (int c = 0; c < 3; ++c) colour[c] += weight * scene.colours[3 * here[k].point + c];
    }
    const T scale = sum > 0 ? 1 / sum : T(0);
    if (pictures.depth != nullptr) pictures.depth[pixel] = scale * depth;
    if (pictures.colour != nullptr)
      for (int c = 0; c < 3; ++c) pictures.colour[c * pixels + pixel] = scale * colour[c];
  }
}

template <typename T>
void draw_backward(const Scene<T>& scene,
                   const Settings& settings,
                   const Pictures<T>& pictures,
                   const Pictures<T>& incoming,
                   const Gradients<T>& gradients) {
  const Camera<T> camera(scene.intrinsics, settings);
  const Hits<T> hits = find_hits(scene, settings, camera);
  const int pixels = settings.height * settings.width;
  HitGradient<T> gradient(scene, settings, camera, gradients);
  std::vector<T> weights;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    const Hit<T>* here = hits.sorted.data() + hits.first[static_cast<std::size_t>(pixel)];
    const int count = hits.first[static_cast<std::size_t>(pixel) + 1] -
                      hits.first[static_cast<std::size_t>(pixel)];
    if (count == 0) continue;
    const bool surface = incoming.depth != nullptr || incoming.colour != nullptr;
    T sum = 0;
    if (surface) {
      weights_of(here, count, settings.gamma, weights);
      for (int k = 0; k < count; ++k) sum += here[k].cover * weights[static_cast<std::size_t>(k)];
    }
    for (int k = 0; k < count; ++k) {
      T of_z = 0, of_cover = 0;
      if (incoming.silhouette != nullptr)
        of_cover +=
            incoming.silhouette[pixel] * (1 - pictures.silhouette[pixel]) / (1 - here[k].cover);
      if (surface && sum > 0) {
        const T share = weights[static_cast<std::size_t>(k)] / sum;  // of the weight, by the cover
        T of_weight = 0;
        if (incoming.depth != nullptr) {
          of_weight += incoming.depth[pixel] * (here[k].z - pictures.depth[pixel]);
          of_z += incoming.depth[pixel] * share * here[k].cover;
        }
        if (incoming.colour != nullptr)
          for (int c = 0; c < 3; ++c) {
            const T in = incoming.colour[c * pixels + pixel];
            const std::int64_t at = 3 * static_cast<std::int64_t>(here[k].point) + c;
            of_weight += in * (scene.colours[at] - pictures.colour[c * pixels + pixel]);
            gradients.colours[at] += in * share * here[k].cover;
          }
        of_cover += of_weight * share;
        of_z -= of_weight * share * here[k].cover / T(settings.gamma);
      }
      if (of_z != 0 || of_cover != 0) gradient.add(here[k], of_z, of_cover);
    }
  }
}

template void draw(const Scene<float>&, const Settings&, const Pictures<float>&);
template void draw(const Scene<double>&, const Settings&, const Pictures<double>&);
template void draw_backward(const Scene<float>&,
                            const Settings&,
                            const Pictures<float>&,
                            const Pictures<float>&,
                            const Gradients<float>&);
template void draw_backward(const Scene<double>&,
                            const Settings&,
                            const Pictures<double>&,
                            const Pictures<double>&,
                            const Gradients<double>&);

}  // namespace monodr::splats
