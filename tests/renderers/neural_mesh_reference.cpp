// SPDX-License-Identifier: Apache-2.0
#include "renderers/neural_mesh_reference.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace monodr::test {
namespace {

/// A corner in sample coordinates whose sample centres are integers (the paper's p), and its depth.
struct Corner {
  double p[2];
  double z;
  int vertex;
};
using Face = std::array<Corner, 3>;

/// The maps of samples that the paper's gradient is defined on.
struct Maps {
  int height, width;
  std::vector<int> face;                      ///< -1 where none
  std::vector<std::array<double, 3>> weight;  ///< barycentric, on the image
  std::vector<double> depth;
  std::vector<std::array<double, 4>> value, gradient;  ///< silhouette, red, green, blue

  int index(int x, int y) const { return y * width + x; }
};

bool faces_away(const Face& f) {
  // Here y points down, so the paper's inequality, written for y up, turns round.
  return (f[2].p[1] - f[0].p[1]) * (f[1].p[0] - f[0].p[0]) >
         (f[1].p[1] - f[0].p[1]) * (f[2].p[0] - f[0].p[0]);
}

double area(const Corner& a, const Corner& b, double x, double y) {
  return (b.p[0] - a.p[0]) * (y - a.p[1]) - (b.p[1] - a.p[1]) * (x - a.p[0]);
}

/// Barycentric weights of a sample, or false if the face does not cover it.
bool weights_at(const Face& f, double x, double y, std::array<double, 3>& w) {
  const double whole = area(f[0], f[1], f[2].p[0], f[2].p[1]);
  if (whole == 0) return false;
  for (int k = 0; k < 3; ++k) {
    w[k] = area(f[(k + 1) % 3], f[(k + 2) % 3], x, y) / whole;
    if (w[k] < 0) return false;
  }
  return true;
}

void draw(const std::vector<Face>& faces, const PaperOptions& options, Maps& maps) {
  for (int y = 0; y < maps.height; ++y)
    for (int x = 0; x < maps.width; ++x) {
      const int i = maps.index(x, y);
      for (std::size_t n = 0; n < faces.size(); ++n) {
        std::array<double, 3> w;
        if (faces_away(faces[n]) || !weights_at(faces[n], x, y, w)) continue;
        double inverse = 0;
        for (int k = 0; k < 3; ++k) inverse += w[k] / faces[n][k].z;
        const double z = 1 / inverse;
        if (z <= options.near || z >= options.far || z >= maps.depth[i]) continue;
        maps.depth[i] = z;
        maps.face[i] = int(n);
        maps.weight[i] = w;
      }
    }
}

/// The gradient of one edge p0 -> p1 of face `number` with third corner p2 along one axis.
/// `axis` 0: corners move in x.
void edge(const Maps& maps,
          const std::vector<Face>& faces,
          int number,
          int k,
          int axis,
          double epsilon,
          std::vector<double>& to_along) {
  const Corner corner[3] = {
      faces[number][k], faces[number][(k + 1) % 3], faces[number][(k + 2) % 3]};
  const int other = 1 - axis;  // which coordinate names the scan line
  const int lines = axis == 0 ? maps.height : maps.width;
  const int length = axis == 0 ? maps.width : maps.height;
  const auto at = [&](int d0, int d1) {
    return axis == 0 ? maps.index(d1, d0) : maps.index(d0, d1);
  };
  const auto slope = [&](const Corner& a, const Corner& b) {
    return (b.p[axis] - a.p[axis]) / (b.p[other] - a.p[other]);
  };
  const double from = corner[0].p[other], to = corner[1].p[other];
  for (int d0 = 0; d0 < lines; ++d0) {
    if (d0 < std::min(from, to) || d0 > std::max(from, to) || from == to) continue;
    const double cross = corner[0].p[axis] + slope(corner[0], corner[1]) * (d0 - from);
    // The inner side is that of the third corner.
    const double edge_at_third =
        corner[0].p[axis] + slope(corner[0], corner[1]) * (corner[2].p[other] - from);
    const int direction = corner[2].p[axis] < edge_at_third ? 1 : -1;
    const double in_real = direction > 0 ? std::floor(cross) : std::ceil(cross);
    if (!(in_real >= 0 && in_real < length)) continue;
    const int d1_in = int(in_real), d1_out = d1_in + direction;
    if (d1_out < 0 || d1_out >= length) continue;
    const auto& value_in = maps.value[at(d0, d1_in)];
    const auto& value_out = maps.value[at(d0, d1_out)];
    const auto contribute = [&](int d1, const std::array<double, 4>& value_there) {
      const int i = at(d0, d1);
      double s = 0;
      for (int c = 0; c < 4; ++c) s += (maps.value[i][c] - value_there[c]) * maps.gradient[i][c];
      if (s <= 0) return;
      const double moved = d1 - cross;
      for (int end = 0; end < 2; ++end) {
        const double far_end = end == 0 ? to : from;
        if (far_end == d0) continue;
        const double share = (far_end - d0) / (to - from) * (end == 0 ? 1 : -1);
        double distance = moved / share;
        distance += distance > 0 ? epsilon : -epsilon;
        to_along[corner[end].vertex] -= s / distance;
      }
    };
    if (maps.face[at(d0, d1_in)] == number)
      for (int d1 = d1_out; d1 >= 0 && d1 < length; d1 += direction) contribute(d1, value_in);
    for (int d1 = d1_in; d1 >= 0 && d1 < length; d1 -= direction)
      if (maps.face[at(d0, d1)] == number) contribute(d1, value_out);
  }
}

std::vector<Face> faces_of(const RenderInput& input, int item, const PaperOptions& options) {
  const auto vertex = input.vertices.accessor<double, 3>();
  const auto camera = input.intrinsics.accessor<double, 3>();
  const auto index = input.faces.accessor<std::int64_t, 2>();
  std::vector<Face> faces;
  for (std::int64_t n = 0; n < input.faces.size(0); ++n) {
    Face face;
    for (int k = 0; k < 3; ++k) {
      const auto v = vertex[item][index[n][k]];
      face[k].vertex = int(index[n][k]);
      face[k].z = v[2];
      // Pixel i has its centre at i + 0.5; the paper's sample i at i.
      for (int axis = 0; axis < 2; ++axis)
        face[k].p[axis] =
            options.samples * (camera[item][axis][axis] * v[axis] / v[2] + camera[item][axis][2]) -
            0.5;
    }
    faces.push_back(face);
  }
  if (!options.fill_back) return faces;
  const std::size_t count = faces.size();
  for (std::size_t n = 0; n < count; ++n) faces.push_back({faces[n][2], faces[n][1], faces[n][0]});
  return faces;
}

}  // namespace

PaperResult render_as_the_paper(const RenderInput& input,
                                int item,
                                int height,
                                int width,
                                const PaperOptions& options,
                                const std::vector<double>& to_silhouette,
                                const std::vector<double>& to_depth,
                                const std::vector<double>& to_colour) {
  const std::vector<Face> faces = faces_of(input, item, options);
  const auto colours = input.colours.accessor<double, 3>();
  const int a = options.samples, pixels = height * width;
  Maps maps;
  maps.height = a * height;
  maps.width = a * width;
  const std::size_t count = std::size_t(maps.height) * maps.width;
  maps.face.assign(count, -1);
  maps.weight.resize(count);
  maps.depth.assign(count, options.far);
  maps.value.resize(count);
  maps.gradient.resize(count);
  draw(faces, options, maps);

  PaperResult result;
  result.silhouette.assign(pixels, 0);
  result.depth.assign(pixels, 0);
  result.colour.assign(3 * pixels, 0);
  std::vector<int> hits(pixels, 0);
  const std::size_t vertices = input.vertices.size(1);
  for (auto* gradient : {&result.to_u, &result.to_v, &result.to_z}) gradient->assign(vertices, 0);
  result.to_colours.assign(3 * vertices, 0);
  const auto share = [&](int i, int k) {  // of corner k in what sample i shows
    return maps.weight[i][k] * maps.depth[i] / faces[maps.face[i]][k].z;
  };
  for (int y = 0; y < maps.height; ++y)
    for (int x = 0; x < maps.width; ++x) {
      const int i = maps.index(x, y), pixel = y / a * width + x / a;
      auto& value = maps.value[i];
      value = {0, options.background[0], options.background[1], options.background[2]};
      if (maps.face[i] >= 0) {
        value = {1, 0, 0, 0};
        for (int k = 0; k < 3; ++k)
          for (int c = 0; c < 3; ++c)
            value[1 + c] += share(i, k) * colours[item][faces[maps.face[i]][k].vertex][c];
        hits[pixel] += 1;
        result.depth[pixel] += maps.depth[i];
      }
      result.silhouette[pixel] += value[0] / (a * a);
      if (!to_silhouette.empty()) maps.gradient[i][0] = to_silhouette[pixel] / (a * a);
      for (int c = 0; c < 3; ++c) {
        result.colour[c * pixels + pixel] += value[1 + c] / (a * a);
        if (!to_colour.empty()) maps.gradient[i][1 + c] = to_colour[c * pixels + pixel] / (a * a);
      }
    }
  for (int pixel = 0; pixel < pixels; ++pixel)
    if (hits[pixel] > 0) result.depth[pixel] /= hits[pixel];

  for (int y = 0; y < maps.height; ++y)
    for (int x = 0; x < maps.width; ++x) {
      const int i = maps.index(x, y), pixel = y / a * width + x / a;
      if (maps.face[i] < 0) continue;
      const Face& face = faces[maps.face[i]];
      for (int k = 0; k < 3; ++k)
        for (int c = 0; c < 3; ++c)
          result.to_colours[3 * face[k].vertex + c] += maps.gradient[i][1 + c] * share(i, k);
      if (to_depth.empty()) continue;
      // z = 1 / sum w/z_k: dz/dz_k = w_k z^2 / z_k^2; a corner's move by dp changes the weights at
      // a fixed sample as if the sample had moved by -w_k dp.
      const double g = to_depth[pixel] / hits[pixel];
      const double whole = area(face[0], face[1], face[2].p[0], face[2].p[1]);
      double slope[2] = {0, 0};  // of 1/z
      for (int m = 0; m < 3; ++m) {
        const Corner& b = face[(m + 1) % 3];
        const Corner& c = face[(m + 2) % 3];
        slope[0] -= (c.p[1] - b.p[1]) / whole / face[m].z;
        slope[1] += (c.p[0] - b.p[0]) / whole / face[m].z;
      }
      const double z = maps.depth[i];
      for (int k = 0; k < 3; ++k) {
        const double w = maps.weight[i][k];
        result.to_z[face[k].vertex] += g * w * z * z / (face[k].z * face[k].z);
        result.to_u[face[k].vertex] += g * z * z * w * slope[0] * a;
        result.to_v[face[k].vertex] += g * z * z * w * slope[1] * a;
      }
    }

  // dist of the paper is in units of [-1, 1]: half the raster is one.
  const double epsilon = options.epsilon * std::min(maps.height, maps.width) / 2;
  std::vector<double> to_x(vertices, 0), to_y(vertices, 0);
  for (std::size_t n = 0; n < faces.size(); ++n)
    for (int k = 0; k < 3 && !faces_away(faces[n]); ++k) {
      edge(maps, faces, int(n), k, 0, epsilon, to_x);
      edge(maps, faces, int(n), k, 1, epsilon, to_y);
    }
  for (std::size_t v = 0; v < vertices; ++v) {
    result.to_u[v] += a * to_x[v];
    result.to_v[v] += a * to_y[v];
  }
  return result;
}

}  // namespace monodr::test
