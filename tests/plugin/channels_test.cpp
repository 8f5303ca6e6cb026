// SPDX-License-Identifier: Apache-2.0
// Channels beyond colour, and surfels, with the renderers that come with monodr and one written here.
#include "plugin/channels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "plugin/registry.h"
#include "plugin/surfels.h"

namespace monodr {
namespace {

constexpr int64_t kSize = 64;

/// A closed ball of `rings` x 2 rings of faces, radius 0.5, in the canonical frame.
void make_ball(int64_t rings, at::Tensor& vertices, at::Tensor& faces) {
  std::vector<double> v;
  std::vector<int64_t> f;
  const int64_t around = 2 * rings;
  for (int64_t i = 0; i <= rings; ++i)
    for (int64_t j = 0; j < around; ++j) {
      const double a = M_PI * double(i) / double(rings), b = 2 * M_PI * double(j) / double(around);
      v.insert(
          v.end(),
          {0.5 * std::sin(a) * std::cos(b), 0.5 * std::cos(a), 0.5 * std::sin(a) * std::sin(b)});
    }
  const auto at_ring = [&](int64_t i, int64_t j) { return i * around + j % around; };
  for (int64_t i = 0; i < rings; ++i)
    for (int64_t j = 0; j < around; ++j) {
      if (i > 0) f.insert(f.end(), {at_ring(i, j), at_ring(i, j + 1), at_ring(i + 1, j)});
      if (i + 1 < rings)
        f.insert(f.end(), {at_ring(i, j + 1), at_ring(i + 1, j + 1), at_ring(i + 1, j)});
    }
  vertices = at::tensor(v, at::kDouble).view({1, -1, 3});
  faces = at::tensor(f, at::kLong).view({-1, 3});
}

struct Ball {
  at::Tensor canonical, faces, posed, intrinsics;
  at::Tensor centre = at::tensor({0.3, -0.1, 6.0}, at::kDouble).view({1, 1, 3});

  explicit Ball(int64_t rings) {
    make_ball(rings, canonical, faces);
    posed = 2 * canonical + centre;
    intrinsics = at::tensor({130.0, 0.0, 32.0, 0.0, 130.0, 32.0, 0.0, 0.0, 1.0}, at::kDouble)
                     .view({1, 3, 3});
  }
  RenderInput input() const { return {posed, faces, at::ones_like(posed), intrinsics}; }

  /// The surface point that pixel (x, y) sees, canonical, by the ball's equation; none where it misses.
  bool hit(int64_t x, int64_t y, std::array<double, 3>& point) const {
    const double ray[3] = {(double(x) + 0.5 - 32) / 130, (double(y) + 0.5 - 32) / 130, 1};
    const double c[3] = {0.3, -0.1, 6.0};
    double rr = 0, rc = 0, cc = 0;
    for (int i = 0; i < 3; ++i) rr += ray[i] * ray[i], rc += ray[i] * c[i], cc += c[i] * c[i];
    const double inside = rc * rc - rr * (cc - 1);
    if (inside < 0) return false;
    const double t = (rc - std::sqrt(inside)) / rr;
    for (int i = 0; i < 3; ++i) point[size_t(i)] = (t * ray[i] - c[i]) / 2;
    return true;
  }
};

class Channel : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Renderer> renderer() {
    Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
    return registry.make<Renderer>(
        GetParam(), Parameters(registry.find(PluginKind::renderer, GetParam()).info.parameters));
  }
};

TEST_P(Channel, CanonicalCoordinatesAndNormalsAreThoseOfThePointThatIsSeen) {
  const Ball ball(40);
  const RenderRequest request{{true, false, true, {"nocs", "normals"}}, kSize, kSize};
  const Rendering drawn = render_channels(*renderer(), ball.input(), ball.canonical, request);
  const at::Tensor nocs = drawn.attributes.at("nocs")[0],
                   normals = drawn.attributes.at("normals")[0];
  EXPECT_TRUE(drawn.colour.defined());
  int seen = 0;
  for (int64_t y = 1; y + 1 < kSize; ++y)
    for (int64_t x = 1; x + 1 < kSize; ++x) {
      std::array<double, 3> point{}, beside{};
      bool within = ball.hit(x, y, point);  // away from the rim, where samples of one pixel differ
      for (const int64_t dx : {-1, 1}) within = within && ball.hit(x + dx, y, beside);
      for (const int64_t dy : {-1, 1}) within = within && ball.hit(x, y + dy, beside);
      if (!within) continue;
      ++seen;
      double facing = 0;
      for (int64_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(nocs[i][y][x].item<double>(), point[size_t(i)] + 0.5, 0.02) << x << ", " << y;
        EXPECT_NEAR(normals[i][y][x].item<double>(), 2 * point[size_t(i)], 0.06) << x << ", " << y;
        facing += normals[i][y][x].item<double>() * normals[i][y][x].item<double>();
      }
      EXPECT_NEAR(facing, 1, 1e-9);
    }
  EXPECT_GT(seen, 1000);
  EXPECT_EQ(nocs.select(1, 0).abs().max().item<double>(), 0) << "0 where nothing is";
}

TEST_P(Channel, HasAGradientInWhatItShows) {
  Ball ball(10);
  const at::Tensor canonical = ball.canonical.clone().requires_grad_(true);
  const RenderRequest request{{false, false, false, {"nocs"}}, kSize, kSize};
  render_channels(*renderer(), ball.input(), canonical, request)
      .attributes.at("nocs")
      .select(1, 0)
      .sum()
      .backward();
  // Moved by one, the coordinate rises by one at every pixel that is covered.
  const at::Tensor nocs = render_channels(*renderer(),
                                          ball.input(),
                                          ball.canonical + at::tensor({1.0, 0.0, 0.0}, at::kDouble),
                                          request)
                              .attributes.at("nocs");
  const at::Tensor before =
      render_channels(*renderer(), ball.input(), ball.canonical, request).attributes.at("nocs");
  EXPECT_NEAR(canonical.grad().select(2, 0).sum().item<double>(),
              (nocs - before).select(1, 0).sum().item<double>(),
              1e-6);
}

INSTANTIATE_TEST_SUITE_P(OfEachRenderer,
                         Channel,
                         testing::Values("soft_rasterizer", "neural_mesh_renderer"));

TEST(Channels, APluginMayAddOne) {
  const AddedChannel height({"height",
                             "height above the ground",
                             false,
                             [](const at::Tensor&, const at::Tensor& posed, const at::Tensor&) {
                               return (-posed.select(2, 1)).unsqueeze(2).expand({-1, -1, 3});
                             }});
  Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
  const auto renderer = registry.make<Renderer>(
      "soft_rasterizer",
      Parameters(registry.find(PluginKind::renderer, "soft_rasterizer").info.parameters));
  const Ball ball(20);
  const Rendering drawn = render_channels(
      *renderer, ball.input(), ball.canonical, {{false, true, false, {"height"}}, kSize, kSize});
  // At the middle of the picture, y = (pixel - 32) / f z.
  const double z = drawn.depth[0][32][38].item<double>();
  EXPECT_NEAR(drawn.attributes.at("height")[0][0][32][38].item<double>(), -0.5 / 130 * z, 0.02);
  try {
    channel_named("heigth");
    FAIL() << "no exception";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("did you mean 'height'"));
  }
}

/// Draws discs into a z-buffer, one pixel and one disc at a time.
class DiscRenderer : public Renderer {
 public:
  GeometryKinds draws() const override { return {false, true}; }
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    const Surfels& s = input.surfels;
    const at::Tensor depth = at::zeros({1, request.height, request.width}, at::kDouble);
    const auto p = s.positions.accessor<double, 3>(), n = s.normals.accessor<double, 3>();
    const auto r = s.radii.accessor<double, 2>();
    const auto k = input.intrinsics.accessor<double, 3>();
    auto out = depth.accessor<double, 3>();
    for (int64_t y = 0; y < request.height; ++y)
      for (int64_t x = 0; x < request.width; ++x) {
        const double ray[3] = {(double(x) + 0.5 - k[0][0][2]) / k[0][0][0],
                               (double(y) + 0.5 - k[0][1][2]) / k[0][1][1],
                               1};
        for (int64_t d = 0; d < s.positions.size(1); ++d) {
          double above = 0, along = 0, off = 0;
          for (int64_t i = 0; i < 3; ++i)
            above += n[0][d][i] * p[0][d][i], along += n[0][d][i] * ray[i];
          if (along > -1e-3) continue;  // seen from behind or edge on
          const double z = above / along;
          for (int64_t i = 0; i < 3; ++i)
            off += (z * ray[i] - p[0][d][i]) * (z * ray[i] - p[0][d][i]);
          if (off <= r[0][d] * r[0][d] && z > 0.5 && (out[0][y][x] == 0 || z < out[0][y][x]))
            out[0][y][x] = z;
        }
      }
    return {depth.gt(0).to(at::kDouble), depth, {}};
  }
};

TEST(Surfels, OfAMeshCloseItsSurface) {
  const Ball ball(16);
  RenderInput input = ball.input();
  input.surfels = surfels_of(ball.posed, ball.faces, input.colours);
  const Rendering drawn = DiscRenderer().render(input, {{true, true, false}, kSize, kSize});
  int wrong = 0, covered = 0;
  for (int64_t y = 0; y < kSize; ++y)
    for (int64_t x = 0; x < kSize; ++x) {
      std::array<double, 3> point{};
      const bool hit = ball.hit(x, y, point);
      covered += hit;
      wrong += hit != (drawn.silhouette[0][y][x].item<double>() > 0.5);
      if (hit && drawn.depth[0][y][x].item<double>() > 0)
        EXPECT_NEAR(drawn.depth[0][y][x].item<double>(), 6.0 + 2 * point[2], 0.12)
            << x << ", " << y;
    }
  EXPECT_LT(wrong, covered / 20);
  // Normals point outward, to the camera on the side that is seen.
  const at::Tensor outward =
      (input.surfels.normals * (input.surfels.positions - ball.centre)).sum(2);
  EXPECT_GT(outward.min().item<double>(), 0);
}

TEST(Surfels, AreDifferentiableAndPassOverPadding) {
  Ball ball(4);
  const at::Tensor vertices = ball.posed.clone().requires_grad_(true);
  const at::Tensor padded = at::cat({ball.faces, at::full({3, 3}, -1, at::kLong)}).unsqueeze(0);
  const Surfels of_padded = surfels_of(vertices, padded, {});
  const Surfels plain = surfels_of(vertices, ball.faces, {});
  const int64_t count = ball.faces.size(0);
  EXPECT_TRUE(of_padded.positions.slice(1, 0, count).equal(plain.positions));
  EXPECT_EQ(of_padded.radii.slice(1, count).abs().max().item<double>(), 0);
  of_padded.normals.select(2, 0).sum().backward();
  EXPECT_TRUE(vertices.grad().isfinite().all().item<bool>());
  EXPECT_GT(vertices.grad().abs().sum().item<double>(), 0);
  EXPECT_TRUE(vertex_normals(ball.posed, padded).allclose(vertex_normals(ball.posed, ball.faces)));
}

}  // namespace
}  // namespace monodr
