// SPDX-License-Identifier: Apache-2.0
#include "scenarios.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/error.h"
#include "renderers/scenes.h"

namespace monodr::bench {
namespace {

/// An icosahedron with every edge split in `frequency` parts, pushed out to the unit sphere:
/// 20 frequency^2 faces.
test::Icosphere geodesic_sphere(int frequency) {
  const test::Icosphere base = test::icosphere(0);
  const auto corner = base.vertices.accessor<double, 2>();
  const auto face = base.faces.accessor<std::int64_t, 2>();
  std::vector<double> points;
  std::vector<std::int64_t> faces;
  std::map<std::array<std::int64_t, 6>, std::int64_t> known;
  const auto vertex = [&](std::int64_t f, int i, int j) {
    // Weight of each corner; sorted, they name a point on an edge alike from both its faces.
    std::array<std::array<std::int64_t, 2>, 3> part{
        {{face[f][0], frequency - i - j}, {face[f][1], i}, {face[f][2], j}}};
    for (auto& [index, weight] : part)
      if (weight == 0) index = -1;
    std::array<double, 3> p{};
    for (const auto& [index, weight] : part)
      for (int axis = 0; axis < 3 && weight > 0; ++axis)
        p[axis] += double(weight) * corner[index][axis];
    std::sort(part.begin(), part.end());
    const auto [entry, fresh] =
        known.try_emplace({part[0][0], part[0][1], part[1][0], part[1][1], part[2][0], part[2][1]},
                          std::int64_t(known.size()));
    if (fresh) {
      const double scale = 1 / std::hypot(p[0], p[1], p[2]);
      for (double x : p) points.push_back(x * scale);
    }
    return entry->second;
  };
  for (std::int64_t f = 0; f < 20; ++f)
    for (int i = 0; i < frequency; ++i)
      for (int j = 0; i + j < frequency; ++j) {
        faces.insert(faces.end(), {vertex(f, i, j), vertex(f, i + 1, j), vertex(f, i, j + 1)});
        if (i + j + 1 < frequency)
          faces.insert(faces.end(),
                       {vertex(f, i + 1, j), vertex(f, i + 1, j + 1), vertex(f, i, j + 1)});
      }
  return {at::tensor(points, at::kDouble).reshape({-1, 3}),
          at::tensor(faces, at::kLong).reshape({-1, 3})};
}

test::Icosphere sphere_named(const std::string& mesh) {
  if (mesh == "ico3") return test::icosphere(3);
  if (mesh == "ico4") return test::icosphere(4);
  if (mesh == "geo20k") return geodesic_sphere(32);
  if (mesh == "geo100k") return geodesic_sphere(71);
  throw UserError("no mesh '" + mesh + "'; there are ico3, ico4, geo20k, geo100k");
}

Rendering hard_render(const RenderInput& input, int size) {
  const auto renderer = test::make_renderer("soft_rasterizer",
                                            {{"sigma", 1e-4},
                                             {"sigma_start", 1e-4},
                                             {"near", 1.0},
                                             {"far", 100.0},
                                             {"cull_backfaces", false}});
  return renderer->render(input, {{true, true, true}, size, size, 1.0});
}

}  // namespace

Scene make_scene(const std::string& mesh, int batch, int size) {
  const test::Icosphere sphere = sphere_named(mesh);
  const at::Tensor radii = at::tensor({1.95, 0.8, 0.8}, at::kDouble);
  std::vector<at::Tensor> vertices, intrinsics;
  for (int b = 0; b < batch; ++b) {
    const double yaw = 0.3 + 0.4 * b, c = std::cos(yaw), s = std::sin(yaw);
    const at::Tensor turn =
        at::tensor({c, 0.0, s, 0.0, 1.0, 0.0, -s, 0.0, c}, at::kDouble).reshape({3, 3});
    const at::Tensor p =
        at::matmul(sphere.vertices * radii, turn.t()) + at::tensor({0.0, 0.0, 15.0}, at::kDouble);
    const at::Tensor plane = p.slice(1, 0, 2) / p.slice(1, 2, 3);
    const double longest = (plane.amax(0) - plane.amin(0)).max().item().toDouble();
    vertices.push_back(p);
    intrinsics.push_back(test::square_intrinsics(1, size, 0.6 * 2 / longest * size / 2.0)[0]);
  }
  Scene scene;
  scene.input.faces = sphere.faces;
  scene.input.intrinsics = at::stack(intrinsics).to(at::kFloat);
  scene.input.colours =
      ((sphere.vertices + 1) / 2).to(at::kFloat).unsqueeze(0).repeat({batch, 1, 1});
  scene.input.vertices = at::stack(vertices).to(at::kFloat);
  RenderInput moved = scene.input;
  moved.vertices = scene.input.vertices + at::tensor({0.3f, 0.1f, 0.0f});
  const Rendering target = hard_render(moved, size);
  scene.target_hit = target.depth > 0;
  scene.target_silhouette = scene.target_hit.to(at::kFloat);
  scene.target_depth = target.depth;
  scene.target_colour = target.colour;
  scene.input.vertices.set_requires_grad(true);
  scene.input.colours.set_requires_grad(true);
  return scene;
}

std::int64_t count_pairs(const Scene& scene, int size, double squared_radius_px) {
  const at::Tensor p = scene.input.vertices.detach().to(at::kDouble);
  const at::Tensor k = scene.input.intrinsics.to(at::kDouble);
  const at::Tensor uv =
      (p.slice(2, 0, 2) / p.slice(2, 2, 3)) * k.select(2, 0).select(1, 0).reshape({-1, 1, 1}) +
      size / 2.0;
  const auto at_vertex = uv.accessor<double, 3>();
  const auto face = scene.input.faces.accessor<std::int64_t, 2>();
  const double radius = std::sqrt(squared_radius_px);
  std::int64_t pairs = 0;
  for (std::int64_t b = 0; b < p.size(0); ++b)
    for (std::int64_t f = 0; f < scene.input.faces.size(0); ++f) {
      double u[3], v[3];
      for (int c = 0; c < 3; ++c) {
        u[c] = at_vertex[b][face[f][c]][0];
        v[c] = at_vertex[b][face[f][c]][1];
      }
      const auto [u0, u1] = std::minmax({u[0], u[1], u[2]});
      const auto [v0, v1] = std::minmax({v[0], v[1], v[2]});
      for (int y = std::max(0, int(v0 - radius)); y < size && y + 0.5 <= v1 + radius; ++y)
        for (int x = std::max(0, int(u0 - radius)); x < size && x + 0.5 <= u1 + radius; ++x) {
          bool left = true, right = true, near = false;
          for (int c = 0; c < 3; ++c) {
            const int n = (c + 1) % 3;
            const double du = u[n] - u[c], dv = v[n] - v[c];
            const double px = x + 0.5 - u[c], py = y + 0.5 - v[c];
            left = left && du * py - dv * px > 0;
            right = right && du * py - dv * px < 0;
            const double t = std::clamp((px * du + py * dv) / (du * du + dv * dv), 0.0, 1.0);
            near = near || std::hypot(px - t * du, py - t * dv) < radius;
          }
          pairs += left || right || near;
        }
    }
  return pairs;
}

}  // namespace monodr::bench
