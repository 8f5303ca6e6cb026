// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract_channels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <Eigen/Geometry>
#include <algorithm>

#include "base/error.h"
#include "plugin/channels.h"
#include "plugin/draw.h"

namespace monodr {
namespace {

using Eigen::Vector3d;

constexpr int kWidth = 64, kHeight = 48, kCells = 4;
constexpr double kFocal = 90, kCentreX = 32.2, kCentreY = 23.7;

/// The points canonical (a, b, 0.3 a - 0.2 b), a and b in [-0.5,0.5], at  origin + a along + b up  in the camera frame.
struct Rectangle {
  Vector3d origin, along, up;

  Vector3d normal() const { return up.cross(along).normalized(); }
  static Vector3d canonical(double a, double b) { return {a, b, 0.3 * a - 0.2 * b}; }

  struct Hit {
    double a, b, depth;
    bool inside() const { return std::abs(a) < 0.5 && std::abs(b) < 0.5; }
  };
  Hit seen_from(double u, double v) const {
    const Vector3d ray((u - kCentreX) / kFocal, (v - kCentreY) / kFocal, 1);
    const Vector3d across = along.cross(up);
    const double depth = across.dot(origin) / across.dot(ray);
    const Vector3d point = depth * ray - origin;
    return {point.cross(up).dot(across) / across.squaredNorm(),
            along.cross(point).dot(across) / across.squaredNorm(),
            depth};
  }
  /// Filled from one pixel before to one behind.
  bool fills(int x, int y) const {
    for (const double dx : {-0.5, 1.5})
      for (const double dy : {-0.5, 1.5})
        if (!seen_from(x + dx, y + dy).inside()) return false;
    return true;
  }
};

const Rectangle kRectangles[] = {{{0.1, 0, 6}, {2.5, 0.3, 1.0}, {0.3, 1.6, 3.5}},
                                 {{-0.2, 0.1, 7}, {2.4, -0.2, -3.0}, {0.1, 2.2, -1.5}}};

RenderInput rectangles() {
  std::vector<double> posed, canonical;
  const auto add = [](std::vector<double>& list, const Vector3d& point) {
    list.insert(list.end(), point.data(), point.data() + 3);
  };
  for (const Rectangle& rectangle : kRectangles)
    for (int j = 0; j <= kCells; ++j)
      for (int i = 0; i <= kCells; ++i) {
        const double a = double(i) / kCells - 0.5, b = double(j) / kCells - 0.5;
        add(canonical, Rectangle::canonical(a, b));
        add(posed, rectangle.origin + a * rectangle.along + b * rectangle.up);
      }
  std::vector<int64_t> faces;
  for (int j = 0; j < kCells; ++j)
    for (int i = 0; i < kCells; ++i) {
      const int64_t p = j * (kCells + 1) + i, q = p + kCells + 1;
      faces.insert(faces.end(), {p, q, p + 1, p + 1, q, q + 1});
    }
  RenderInput input;
  const int64_t items = std::size(kRectangles);
  input.vertices = at::tensor(posed, at::kDouble).reshape({items, -1, 3});
  input.canonical = at::tensor(canonical, at::kDouble).reshape({items, -1, 3});
  input.colours = at::full_like(input.vertices, 0.5);
  input.faces = at::tensor(faces, at::kLong).reshape({-1, 3});
  input.intrinsics =
      at::tensor({kFocal, 0.0, kCentreX, 0.0, kFocal, kCentreY, 0.0, 0.0, 1.0}, at::kDouble)
          .reshape({1, 3, 3})
          .repeat({items, 1, 1});
  return input;
}

/// The largest relative error of the depth where a rectangle fills the neighbourhood.
double depth_error(const at::Tensor& depth) {
  double worst = 0;
  const auto drawn = depth.accessor<double, 3>();
  for (int n = 0; n < int(std::size(kRectangles)); ++n)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        if (kRectangles[n].fills(x, y))
          worst = std::max(
              worst, std::abs(drawn[n][y][x] / kRectangles[n].seen_from(x + .5, y + .5).depth - 1));
  return worst;
}

std::string off(const std::string& channel,
                const at::Tensor& image,
                double tolerance,
                const std::function<Vector3d(const Rectangle&, const Rectangle::Hit&)>& expected) {
  const auto drawn = image.accessor<double, 4>();
  for (int n = 0; n < int(std::size(kRectangles)); ++n)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x) {
        if (!kRectangles[n].fills(x, y)) continue;
        const Vector3d wanted = expected(kRectangles[n], kRectangles[n].seen_from(x + .5, y + .5));
        const Vector3d found(drawn[n][0][y][x], drawn[n][1][y][x], drawn[n][2][y][x]);
        if ((found - wanted).cwiseAbs().maxCoeff() <= tolerance) continue;  // NaN fails
        return fmt::format(
            "item {}, pixel ({}, {}): {} is ({:.6g}, {:.6g}, {:.6g}), but the surface point seen "
            "there has "
            "({:.6g}, {:.6g}, {:.6g}); a difference of {:.2g} is allowed",
            n,
            x,
            y,
            channel,
            found[0],
            found[1],
            found[2],
            wanted[0],
            wanted[1],
            wanted[2],
            tolerance);
      }
  return "";
}

}  // namespace

std::vector<std::string> channels_to_check(const Renderer& renderer) {
  std::vector<std::string> names = {"silhouette", "depth", "colour", "normals", "nocs"};
  for (const std::string& own : renderer.own_channels())
    if (std::find(names.begin(), names.end(), own) == names.end()) names.push_back(own);
  return names;
}

const at::Tensor& channel_of(const Rendering& rendering, const std::string& name) {
  static const at::Tensor absent;
  if (name == "silhouette") return rendering.silhouette;
  if (name == "depth") return rendering.depth;
  if (name == "colour") return rendering.colour;
  const auto found = rendering.attributes.find(name);
  return found == rendering.attributes.end() ? absent : found->second;
}

Channels channels_alone(const std::vector<std::string>& names) {
  Channels channels;
  for (const std::string& name : names)
    if (name == "silhouette")
      channels.silhouette = true;
    else if (name == "depth")
      channels.depth = true;
    else if (name == "colour")
      channels.colour = true;
    else
      channels.attributes.push_back(name);
  return channels;
}

Rendering draw_checked(const Renderer& renderer,
                       RenderInput input,
                       const at::Tensor& reference,
                       const RenderRequest& request) {
  if (renderer.draws().surfels) {
    const int64_t items = input.vertices.size(0);
    const at::Tensor faces = input.faces;
    const at::Tensor of_each = faces.dim() == 3 ? reference.expand({items, -1, -1}) : reference;
    input.surfels = surfels_of(sample_surface(of_each, faces, renderer.surfels_of_a_mesh()),
                               input.vertices,
                               faces,
                               input.colours,
                               input.canonical);
  }
  return draw(renderer, input, request);
}

std::string channels_off_the_surface(const Renderer& renderer) {
  const RenderInput input = rectangles();
  const RenderRequest request{
      {.depth = true, .attributes = {"nocs", "normals"}}, kHeight, kWidth, 1.0};
  const Rendering drawn = draw_checked(renderer, input, input.canonical.narrow(0, 0, 1), request);
  const at::Tensor nocs = drawn.attributes.at("nocs"), normals = drawn.attributes.at("normals");
  const double low = nocs.min().item<double>(), high = nocs.max().item<double>();
  if (!(low >= -1e-6 && high <= 1 + 1e-6))
    return fmt::format("nocs goes from {:.6g} to {:.6g}, but it must stay in [0,1]", low, high);
  auto error = off("normals", normals, 1e-6, [](const Rectangle& rectangle, const auto&) {
    return rectangle.normal();
  });
  if (!error.empty()) return error;
  const double depth = depth_error(drawn.depth);
  if (!(depth <= 0.01)) return "";
  double tolerance = 1e-9 + 4 * depth;
  if (renderer.draws().surfels) {
    // A disc of the rectangle's area / count, reached over by twice its radius, of sides no shorter than 2.4 m.
    tolerance += 2 * std::sqrt(12 / (3.14 * double(renderer.surfels_of_a_mesh()))) / 2.4;
  }
  return off("nocs", nocs, tolerance, [](const Rectangle&, const Rectangle::Hit& hit) {
    return Vector3d(Rectangle::canonical(hit.a, hit.b) + Vector3d::Constant(0.5));
  });
}

}  // namespace monodr
