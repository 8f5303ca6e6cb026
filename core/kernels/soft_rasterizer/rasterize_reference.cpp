// SPDX-License-Identifier: Apache-2.0
// The method in double precision, one pixel and one triangle at a time. Serves float64 inputs
// (gradient checks) and is what the tests hold the SIMD loops against: keep it plain.
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/soft_rasterizer/rasterize.h"

namespace monodr::soft_rasterizer {
namespace {

struct Vector2 {
  double x = 0, y = 0;
};
Vector2 operator-(Vector2 a, Vector2 b) {
  return {a.x - b.x, a.y - b.y};
}
Vector2 operator*(double s, Vector2 a) {
  return {s * a.x, s * a.y};
}
double dot(Vector2 a, Vector2 b) {
  return a.x * b.x + a.y * b.y;
}
double cross(Vector2 a, Vector2 b) {
  return a.x * b.y - a.y * b.x;
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// What one triangle is to one pixel.
struct Fragment {
  std::array<std::int32_t, 3> vertex;
  std::array<Vector2, 3> corner;
  Vector2 pixel;
  double double_area = 0;
  bool inside = false;
  double least_inward = 0;      ///< px, to the nearest edge's line, positive inside
  double squared_distance = 0;  ///< px^2, to the border
  int nearest_edge = 0;
  double share = 0;  ///< position of the border's nearest point on that edge, 0..1

  Fragment(const ScreenMesh& mesh, std::size_t triangle, Vector2 p) : pixel(p) {
    for (int k = 0; k < 3; ++k) {
      vertex[k] = mesh.triangle[k][triangle];
      corner[k] = {mesh.u[vertex[k]], mesh.v[vertex[k]]};
    }
    double_area = cross(corner[1] - corner[0], corner[2] - corner[0]);
    least_inward = INFINITY;
    squared_distance = INFINITY;
    for (int k = 0; k < 3; ++k) {
      const Vector2 edge = corner[(k + 1) % 3] - corner[k], offset = pixel - corner[k];
      const double inward = cross(edge, offset) / std::sqrt(dot(edge, edge));
      least_inward = std::min(least_inward, inward);
      const double t = std::clamp(dot(offset, edge) / dot(edge, edge), 0.0, 1.0);
      const Vector2 e = offset - t * edge;
      if (dot(e, e) < squared_distance) {
        squared_distance = dot(e, e);
        nearest_edge = k;
        share = t;
      }
    }
    inside = least_inward > 0;
  }

  bool counts(const Settings& settings) const {
    return inside || squared_distance < settings.squared_radius;
  }
  double cover(const Settings& settings) const {
    return sigmoid((inside ? 1 : -1) * squared_distance / settings.sigma);
  }
  /// Adds `gradient`, with respect to the squared distance signed negative inside.
  void distance_backward(double gradient, ScreenMeshGradient& out) const {
    const int k = nearest_edge, next = (k + 1) % 3;
    const Vector2 foot = corner[k] - (-share) * (corner[next] - corner[k]);
    const Vector2 e = (inside ? -2.0 : 2.0) * gradient * (pixel - foot);
    out.u[vertex[k]] -= (1 - share) * e.x;
    out.v[vertex[k]] -= (1 - share) * e.y;
    out.u[vertex[next]] -= share * e.x;
    out.v[vertex[next]] -= share * e.y;
  }
};

/// Depth and colour of a triangle at a pixel.
struct Shade {
  std::array<double, 3> raw;     ///< barycentric coordinates
  std::array<double, 3> weight;  ///< the same, clipped to >= 0 and scaled to sum 1
  double clipped_sum = 1;
  std::array<double, 3> inverse_depth;
  std::array<std::array<double, 3>, 3> vertex_colour{};  ///< [corner][channel]
  double depth = 0;
  std::array<double, 3> colour{};

  Shade(const ScreenMesh& mesh, const Fragment& fragment, bool clip) {
    for (int k = 0; k < 3; ++k) {
      const Vector2 from = fragment.corner[(k + 1) % 3], to = fragment.corner[(k + 2) % 3];
      raw[k] = cross(to - from, fragment.pixel - from) / fragment.double_area;
      weight[k] = clip ? std::max(raw[k], 0.0) : raw[k];
    }
    clipped_sum = clip ? weight[0] + weight[1] + weight[2] : 1;
    double inverse = 0;
    for (int k = 0; k < 3; ++k) {
      weight[k] /= clipped_sum;
      inverse_depth[k] = mesh.inverse_depth[fragment.vertex[k]];
      inverse += weight[k] * inverse_depth[k];
    }
    depth = 1 / inverse;
    if (mesh.colours.empty()) return;
    for (int k = 0; k < 3; ++k)
      for (int channel = 0; channel < 3; ++channel) {
        vertex_colour[k][channel] = mesh.colours[3 * fragment.vertex[k] + channel];
        colour[channel] += depth * weight[k] * inverse_depth[k] * vertex_colour[k][channel];
      }
  }

  /// Adds the gradient with respect to depth and colour of this pixel.
  void backward(const Fragment& fragment,
                double to_depth,
                const std::array<double, 3>& to_colour,
                bool clip,
                ScreenMeshGradient& out) const {
    std::array<double, 3> to_weight;
    double along_weight = 0;
    for (int k = 0; k < 3; ++k) {
      // depth = 1 / q and colour = sum (w_k q_k c_k) / q with q = sum w_k q_k
      double to_product = -depth * depth * to_depth;  // with respect to w_k q_k
      for (int channel = 0; channel < 3; ++channel) {
        to_product += to_colour[channel] * depth * (vertex_colour[k][channel] - colour[channel]);
        if (!out.colours.empty())
          out.colours[3 * fragment.vertex[k] + channel] +=
              to_colour[channel] * depth * weight[k] * inverse_depth[k];
      }
      out.inverse_depth[fragment.vertex[k]] += to_product * weight[k];
      to_weight[k] = to_product * inverse_depth[k];
      along_weight += to_weight[k] * weight[k];
    }
    if (clip)
      for (int k = 0; k < 3; ++k)
        to_weight[k] = raw[k] > 0 ? (to_weight[k] - along_weight) / clipped_sum : 0;
    // A barycentric coordinate w_k moves with corner m by -w_m grad w_k.
    for (int k = 0; k < 3; ++k) {
      const Vector2 edge = fragment.corner[(k + 2) % 3] - fragment.corner[(k + 1) % 3];
      const Vector2 slope = (1 / fragment.double_area) * Vector2{-edge.y, edge.x};
      for (int m = 0; m < 3; ++m) {
        out.u[fragment.vertex[m]] -= to_weight[k] * raw[m] * slope.x;
        out.v[fragment.vertex[m]] -= to_weight[k] * raw[m] * slope.y;
      }
    }
  }
};

double exponent_of(double depth, const Settings& settings) {
  return (settings.far - depth) / ((settings.far - settings.near) * settings.gamma);
}
double background_exponent(const Settings& settings) {
  return kBackgroundHeight / settings.gamma;
}

template <class Function>
void for_each_pixel(const Settings& settings, const Function& function) {
  for (int y = 0; y < settings.height; ++y)
    for (int x = 0; x < settings.width; ++x)
      function(y * settings.width + x, Vector2{x + 0.5, y + 0.5});
}

void draw_silhouette(const ScreenMesh& mesh, const Settings& settings, double* silhouette) {
  for_each_pixel(settings, [&](int pixel, Vector2 p) {
    double background = 1;
    for (std::size_t n = 0; n < mesh.triangle_count(); ++n) {
      const Fragment fragment(mesh, n, p);
      if (fragment.counts(settings)) background *= 1 - fragment.cover(settings);
    }
    silhouette[pixel] = 1 - background;
  });
}

void draw_silhouette_backward(const ScreenMesh& mesh,
                              const Settings& settings,
                              const double* silhouette,
                              const double* gradient,
                              ScreenMeshGradient& out) {
  for_each_pixel(settings, [&](int pixel, Vector2 p) {
    if (gradient[pixel] == 0) return;
    for (std::size_t n = 0; n < mesh.triangle_count(); ++n) {
      const Fragment fragment(mesh, n, p);
      if (!fragment.counts(settings)) continue;
      // dalpha/dD = (1 - alpha) / (1 - D),  dD/dd = -D (1 - D) / sigma
      const double to_distance =
          -gradient[pixel] * (1 - silhouette[pixel]) * fragment.cover(settings) / settings.sigma;
      fragment.distance_backward(to_distance, out);
    }
  });
}

void draw_hard(const ScreenMesh& mesh, const Settings& settings, const Images<double>& images) {
  const int area = settings.height * settings.width;
  for_each_pixel(settings, [&](int pixel, Vector2 p) {
    images.nearest[pixel] = -1;
    double nearest = settings.far;
    std::array<double, 3> colour{};
    for (std::size_t n = 0; n < mesh.triangle_count(); ++n) {
      const Fragment fragment(mesh, n, p);
      if (!(fragment.least_inward >= -kCoverageTolerance)) continue;
      const Shade shade(mesh, fragment, false);
      if (!(shade.depth > 0 && shade.depth < nearest)) continue;
      nearest = shade.depth;
      colour = shade.colour;
      images.nearest[pixel] = std::int32_t(n);
    }
    if (images.depth != nullptr) images.depth[pixel] = images.nearest[pixel] < 0 ? 0 : nearest;
    if (images.colour != nullptr)
      for (int channel = 0; channel < 3; ++channel)
        images.colour[channel * area + pixel] = colour[channel];
  });
}

std::array<double, 3> colour_at(const double* image, int area, int pixel) {
  if (image == nullptr) return {};
  return {image[pixel], image[area + pixel], image[2 * area + pixel]};
}

void draw_hard_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        const Images<const double>& images,
                        const ImageGradients<double>& gradients,
                        ScreenMeshGradient& out) {
  const int area = settings.height * settings.width;
  for_each_pixel(settings, [&](int pixel, Vector2 p) {
    if (images.nearest[pixel] < 0) return;
    const Fragment fragment(mesh, images.nearest[pixel], p);
    Shade(mesh, fragment, false)
        .backward(fragment,
                  gradients.depth != nullptr ? gradients.depth[pixel] : 0,
                  colour_at(gradients.colour, area, pixel),
                  false,
                  out);
  });
}

/// Calls function(fragment, shade) for the triangles that count at a pixel and lie before far.
template <class Function>
void for_each_shade(const ScreenMesh& mesh,
                    const Settings& settings,
                    Vector2 p,
                    const Function& function) {
  for (std::size_t n = 0; n < mesh.triangle_count(); ++n) {
    const Fragment fragment(mesh, n, p);
    if (!fragment.counts(settings)) continue;
    const Shade shade(mesh, fragment, true);
    if (shade.depth <= settings.far) function(fragment, shade);
  }
}

void draw_softmax(const ScreenMesh& mesh, const Settings& settings, const Images<double>& images) {
  const int area = settings.height * settings.width;
  for_each_pixel(settings, [&](int pixel, Vector2 p) {
    double largest = background_exponent(settings);
    for_each_shade(mesh, settings, p, [&](const Fragment&, const Shade& shade) {
      largest = std::max(largest, exponent_of(shade.depth, settings));
    });
    double weight = 0, depth = 0;
    std::array<double, 3> colour{};
    for_each_shade(mesh, settings, p, [&](const Fragment& fragment, const Shade& shade) {
      const double w =
          fragment.cover(settings) * std::exp(exponent_of(shade.depth, settings) - largest);
      weight += w;
      depth += w * shade.depth;
      for (int channel = 0; channel < 3; ++channel) colour[channel] += w * shade.colour[channel];
    });
    const double with_background = weight + std::exp(background_exponent(settings) - largest);
    images.exponent[pixel] = largest;
    images.weight[pixel] = weight;
    if (images.depth != nullptr) images.depth[pixel] = weight > 0 ? depth / weight : 0;
    if (images.colour != nullptr)
      for (int channel = 0; channel < 3; ++channel)
        images.colour[channel * area + pixel] = colour[channel] / with_background;
  });
}

void draw_softmax_backward(const ScreenMesh& mesh,
                           const Settings& settings,
                           const Images<const double>& images,
                           const ImageGradients<double>& gradients,
                           ScreenMeshGradient& out) {
  const int area = settings.height * settings.width;
  const double exponent_slope = -1 / ((settings.far - settings.near) * settings.gamma);
  for_each_pixel(settings, [&](int pixel, Vector2 p) {
    const double largest = images.exponent[pixel], weight = images.weight[pixel];
    if (!(weight > 0)) return;
    const double with_background = weight + std::exp(background_exponent(settings) - largest);
    const double to_depth = gradients.depth != nullptr ? gradients.depth[pixel] : 0;
    const std::array<double, 3> to_colour = colour_at(gradients.colour, area, pixel);
    const double blended_depth = gradients.depth != nullptr ? images.depth[pixel] : 0;
    const std::array<double, 3> blended =
        colour_at(gradients.colour != nullptr ? images.colour : nullptr, area, pixel);
    for_each_shade(mesh, settings, p, [&](const Fragment& fragment, const Shade& shade) {
      const double cover = fragment.cover(settings);
      const double relative = std::exp(exponent_of(shade.depth, settings) - largest);
      double to_weight = to_depth * (shade.depth - blended_depth) / weight;
      std::array<double, 3> to_shade;
      for (int channel = 0; channel < 3; ++channel) {
        to_weight +=
            to_colour[channel] * (shade.colour[channel] - blended[channel]) / with_background;
        to_shade[channel] = to_colour[channel] * cover * relative / with_background;
      }
      const double to_shade_depth =
          to_depth * cover * relative / weight + to_weight * cover * relative * exponent_slope;
      fragment.distance_backward(-to_weight * relative * cover * (1 - cover) / settings.sigma, out);
      shade.backward(fragment, to_shade_depth, to_shade, true, out);
    });
  });
}

}  // namespace

void rasterize(const ScreenMesh& mesh, const Settings& settings, const Images<double>& images) {
  if (images.silhouette != nullptr) draw_silhouette(mesh, settings, images.silhouette);
  if (!images.shaded()) return;
  if (settings.softmax)
    draw_softmax(mesh, settings, images);
  else
    draw_hard(mesh, settings, images);
}

void rasterize_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        const Images<const double>& images,
                        const ImageGradients<double>& gradients,
                        ScreenMeshGradient& out) {
  if (gradients.silhouette != nullptr)
    draw_silhouette_backward(mesh, settings, images.silhouette, gradients.silhouette, out);
  if (!gradients.shaded()) return;
  if (settings.softmax)
    draw_softmax_backward(mesh, settings, images, gradients, out);
  else
    draw_hard_backward(mesh, settings, images, gradients, out);
}

}  // namespace monodr::soft_rasterizer
