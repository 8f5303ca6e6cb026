// SPDX-License-Identifier: Apache-2.0
#include "renderers/scenes.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "base/random.h"
#include "base/text.h"

namespace monodr::test {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

at::Tensor to_tensor(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  return at::tensor(values, at::kDouble).reshape(shape);
}

}  // namespace

Registry& renderer_registry() {
  static Registry registry({environment("MONODR_BINARY_DIR") + "/plugins"});
  return registry;
}

std::unique_ptr<Renderer> make_renderer(const std::string& name,
                                        const std::map<std::string, ParameterValue>& given) {
  Registry& registry = renderer_registry();
  const PluginDescriptor& descriptor = registry.find(PluginKind::renderer, name);
  std::map<std::string, GivenValue> values;
  for (const auto& [key, value] : given) values[key] = {value, {}, {}};
  return registry.make<Renderer>(name, Parameters(descriptor.info.parameters, values, name));
}

Icosphere icosphere(int level) {
  const double g = (1 + std::sqrt(5.0)) / 2;
  std::vector<std::array<double, 3>> points{{-1, g, 0},
                                            {1, g, 0},
                                            {-1, -g, 0},
                                            {1, -g, 0},
                                            {0, -1, g},
                                            {0, 1, g},
                                            {0, -1, -g},
                                            {0, 1, -g},
                                            {g, 0, -1},
                                            {g, 0, 1},
                                            {-g, 0, -1},
                                            {-g, 0, 1}};
  std::vector<std::array<int, 3>> faces{
      {0, 11, 5},  {0, 5, 1},  {0, 1, 7},  {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4},
      {11, 10, 2}, {10, 7, 6}, {7, 1, 8},  {3, 9, 4},  {3, 4, 2},   {3, 2, 6}, {3, 6, 8},
      {3, 8, 9},   {4, 9, 5},  {2, 4, 11}, {6, 2, 10}, {8, 6, 7},   {9, 8, 1}};
  for (int step = 0; step < level; ++step) {
    std::map<std::pair<int, int>, int> middle_of;
    const auto middle = [&](int a, int b) {
      const auto [entry, fresh] = middle_of.try_emplace(std::minmax(a, b), int(points.size()));
      if (fresh)
        points.push_back({(points[a][0] + points[b][0]) / 2,
                          (points[a][1] + points[b][1]) / 2,
                          (points[a][2] + points[b][2]) / 2});
      return entry->second;
    };
    std::vector<std::array<int, 3>> finer;
    for (const auto& [a, b, c] : faces) {
      const int ab = middle(a, b), bc = middle(b, c), ca = middle(c, a);
      finer.insert(finer.end(), {{a, ab, ca}, {b, bc, ab}, {c, ca, bc}, {ab, bc, ca}});
    }
    faces = finer;
    for (auto& p : points) {
      const double scale = 1 / std::hypot(p[0], p[1], p[2]);
      for (double& x : p) x *= scale;
    }
  }
  std::vector<double> flat;
  for (const auto& p : points) flat.insert(flat.end(), p.begin(), p.end());
  std::vector<std::int64_t> indices;
  for (const auto& f : faces) indices.insert(indices.end(), f.begin(), f.end());
  return {to_tensor(flat, {std::int64_t(points.size()), 3}),
          at::tensor(indices, at::kLong).reshape({std::int64_t(faces.size()), 3})};
}

at::Tensor square_intrinsics(int count, int size, double focal_length) {
  return to_tensor({focal_length, 0, size / 2.0, 0, focal_length, size / 2.0, 0, 0, 1}, {3, 3})
      .unsqueeze(0)
      .repeat({count, 1, 1});
}

RenderInput ellipsoids(int count, int level, int size) {
  const Icosphere sphere = icosphere(level);
  std::vector<at::Tensor> items;
  for (int n = 0; n < count; ++n) {
    const double c = std::cos(0.3 + 0.4 * n), s = std::sin(0.3 + 0.4 * n);
    const at::Tensor turn = to_tensor({c, 0, s, 0, 1, 0, -s, 0, c}, {3, 3});
    const at::Tensor radii = to_tensor({1.95, 0.8, 0.8}, {3});
    const at::Tensor place = to_tensor({0.1 * n, -0.05 * n, 8.0}, {3});
    items.push_back(at::matmul(sphere.vertices * radii, turn.t()) + place);
  }
  RenderInput input;
  input.vertices = at::stack(items);
  input.faces = sphere.faces;
  input.colours = ((sphere.vertices + 1) / 2).unsqueeze(0).repeat({count, 1, 1});
  input.intrinsics = square_intrinsics(count, size, 1.3 * size);
  return input;
}

namespace {

/// Smallest altitude of a triangle, in the unit of its corners.
double smallest_altitude(const double (&corner)[3][2]) {
  double longest = 0;
  for (int i = 0; i < 3; ++i)
    longest = std::max(
        longest,
        std::hypot(corner[(i + 1) % 3][0] - corner[i][0], corner[(i + 1) % 3][1] - corner[i][1]));
  const double area = (corner[1][0] - corner[0][0]) * (corner[2][1] - corner[0][1]) -
                      (corner[1][1] - corner[0][1]) * (corner[2][0] - corner[0][0]);
  return std::abs(area) / longest;
}

}  // namespace

RenderInput random_triangles(int count, int triangles, int size, unsigned seed) {
  // Barycentric coordinates of a sliver lose as many digits in single precision as it is thin.
  constexpr double kThinnest = 0.5;  // px
  Random random(seed);
  const auto uniform = [&] { return random.uniform(-1, 1); };
  std::vector<double> points, colours;
  for (int n = 0; n < count * triangles; ++n) {
    const double z = 7 + 4 * uniform(), u = uniform(), v = uniform();
    double corners[3][2];
    do {
      for (auto& corner : corners) {
        corner[0] = u + 0.5 * uniform();
        corner[1] = v + 0.5 * uniform();
      }
    } while (smallest_altitude(corners) * size / 2 < kThinnest);
    for (const auto& corner : corners) {
      const double depth = z + uniform();
      points.push_back(corner[0] * depth * 0.5);
      points.push_back(corner[1] * depth * 0.5);
      points.push_back(depth);
      for (int channel = 0; channel < 3; ++channel) colours.push_back((1 + uniform()) / 2);
    }
  }
  RenderInput input;
  input.vertices = to_tensor(points, {count, 3 * triangles, 3});
  input.colours = to_tensor(colours, {count, 3 * triangles, 3});
  input.faces = at::arange(3 * triangles, at::kLong).reshape({triangles, 3});
  input.intrinsics = square_intrinsics(count, size, size);
  return input;
}

RenderInput leaves(const RenderInput& input, at::ScalarType type) {
  const auto leaf = [&](const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    at::Tensor copy = tensor.detach().to(type).clone();
    copy.set_requires_grad(true);
    return copy;
  };
  return {leaf(input.vertices), input.faces, leaf(input.colours), leaf(input.intrinsics)};
}

std::string scenario_folder() {
  const std::string folder = environment("MONODR_SOURCE_DIR") + "/../shared/bench_scenarios";
  return std::filesystem::exists(folder) ? folder : "";
}

at::Tensor read_floats(const std::string& path, const std::vector<std::int64_t>& shape) {
  std::string bytes = read_file(path);
  return at::from_blob(bytes.data(), shape, at::kFloat).clone();
}

RenderInput scenario(int level, int batch, int size) {
  const std::string folder = scenario_folder();
  const int vertex_count = level == 3 ? 642 : 2562, face_count = level == 3 ? 1280 : 5120;
  const std::string suffix = fmt::format("l{}_b{}.f32", level, batch);
  RenderInput input;
  input.vertices = read_floats(folder + "/verts_" + suffix, {batch, vertex_count, 3});
  std::string faces = read_file(fmt::format("{}/faces_l{}.i64", folder, level));
  input.faces = at::from_blob(faces.data(), {face_count, 3}, at::kLong).clone();
  const at::Tensor focal = read_floats(folder + "/f_" + suffix, {batch, 1, 1});
  const at::Tensor diagonal = to_tensor({1, 0, 0, 0, 1, 0, 0, 0, 0}, {3, 3}).to(at::kFloat);
  input.intrinsics =
      square_intrinsics(batch, size, 0).to(at::kFloat) + diagonal * (focal * (size / 2.0));
  return input;
}

}  // namespace monodr::test
