// SPDX-License-Identifier: Apache-2.0
// Channels beyond colour, and surfels, with the renderers that come with monodr and one written here.
#include "plugin/channels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "plugin/contract.h"
#include "plugin/disc_renderer.h"
#include "plugin/draw.h"
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
  RenderInput input() const {
    return {posed, faces, at::ones_like(posed), intrinsics, {}, canonical};
  }

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

std::unique_ptr<Renderer> make_renderer(const std::string& name) {
  Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
  return registry.make<Renderer>(
      name, Parameters(registry.find(PluginKind::renderer, name).info.parameters));
}

class Channel : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Renderer> renderer() { return make_renderer(GetParam()); }
};

TEST_P(Channel, CanonicalCoordinatesAndNormalsAreThoseOfThePointThatIsSeen) {
  const Ball ball(40);
  const RenderRequest request{{true, false, true, {"nocs", "normals"}}, kSize, kSize};
  const Rendering drawn = draw(*renderer(), ball.input(), request);
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
  const RenderRequest request{{.attributes = {"nocs"}}, kSize, kSize};
  const auto first_coordinate = [&](const at::Tensor& canonical) {
    RenderInput input = Ball(10).input();
    input.canonical = canonical;
    return draw(*renderer(), input, request).attributes.at("nocs").select(1, 0);
  };
  const at::Tensor canonical = Ball(10).canonical.clone().requires_grad_(true);
  first_coordinate(canonical).sum().backward();
  // Moved by one, the coordinate rises by one at every pixel that is covered.
  const at::Tensor moved = canonical.detach() + at::tensor({1.0, 0.0, 0.0}, at::kDouble);
  EXPECT_NEAR(canonical.grad().select(2, 0).sum().item<double>(),
              (first_coordinate(moved) - first_coordinate(canonical.detach())).sum().item<double>(),
              1e-6);
}

INSTANTIATE_TEST_SUITE_P(OfEachRenderer,
                         Channel,
                         testing::Values("soft_rasterizer", "neural_mesh_renderer"));

TEST(Channels, OneOfAnyNumberOfComponentsMayBeAdded) {
  add_channel({"five",
               "the first number of each point, times 1 to 5",
               5,
               false,
               [](const SurfacePoints& points) {
                 return points.canonical.select(2, 0).unsqueeze(2) *
                        at::arange(1, 6, points.canonical.options());
               }});
  const auto renderer = make_renderer("soft_rasterizer");
  const Rendering drawn =
      draw(*renderer, Ball(20).input(), {{.attributes = {"five", "nocs"}}, kSize, kSize});
  const at::Tensor five = drawn.attributes.at("five");
  ASSERT_EQ(five.sizes(), at::IntArrayRef({1, 5, kSize, kSize}));
  const at::Tensor there = drawn.attributes.at("nocs").abs().sum(1).gt(0);
  const at::Tensor x = (drawn.attributes.at("nocs").select(1, 0) - 0.5) * there;
  for (int64_t c = 0; c < 5; ++c)
    EXPECT_TRUE(five.select(1, c).allclose(double(c + 1) * x, 1e-9, 1e-9)) << c;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Channels, ANameIsTakenOnceAndAMissingOneIsNamedWithItsNeighbour) {
  const ChannelDefinition definition = channel_named("nocs");
  EXPECT_THAT(message_of([&] { add_channel(definition); }), testing::HasSubstr("'nocs'"));
  ChannelDefinition empty;
  empty.name = "empty";
  EXPECT_THAT(message_of([&] { add_channel(empty); }), testing::HasSubstr("no attributes"));
  EXPECT_THAT(message_of([] { channel_named("nosc"); }), testing::HasSubstr("did you mean 'nocs'"));
}

/// Draws how thick the silhouette is by a way of its own, and nothing else.
class ThicknessRenderer : public Renderer {
 public:
  std::vector<std::string> own_channels() const override { return {"thickness"}; }
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    Rendering out;
    asked.push_back(request.channels.attributes);
    if (request.channels.colour)
      out.colour =
          at::zeros({input.vertices.size(0), 3, request.height, request.width}, at::kDouble);
    if (!request.channels.attributes.empty())
      out.attributes["thickness"] = at::ones({1, 1, request.height, request.width}, at::kDouble);
    return out;
  }
  mutable std::vector<std::vector<std::string>> asked;
};

TEST(Channels, ARendererDrawsItsOwn) {
  const ThicknessRenderer renderer;
  const Rendering drawn =
      draw(renderer, Ball(4).input(), {{.attributes = {"normals", "thickness"}}, kSize, kSize});
  EXPECT_EQ(drawn.attributes.at("thickness").min().item<double>(), 1);
  EXPECT_TRUE(drawn.attributes.at("normals").defined());
  using Names = std::vector<std::string>;
  EXPECT_EQ(renderer.asked, (std::vector<Names>{{"thickness"}, {}}));
}

TEST(Channels, AreUnitedOnceEach) {
  const Channels both = Channels{.depth = true, .attributes = {"normals", "nocs"}} |
                        Channels{.attributes = {"nocs", "five", "normals"}};
  EXPECT_THAT(both.attributes, testing::ElementsAre("normals", "nocs", "five"));
  EXPECT_TRUE(both.depth);
  EXPECT_FALSE(Channels{}.any());
}

TEST(Surfels, OfAMeshCloseItsSurface) {
  const Ball ball(16);
  RenderInput input = ball.input();
  const SurfelSampling sampling = sample_surface(ball.canonical, ball.faces, 400);
  input.surfels = surfels_of(sampling, ball.posed, ball.faces, input.colours, ball.canonical);
  const Rendering drawn =
      draw(DiscRenderer(), input, {{true, true, false, {"nocs", "normals"}}, kSize, kSize});
  const at::Tensor nocs = drawn.attributes.at("nocs"), normals = drawn.attributes.at("normals");
  int wrong = 0, covered = 0;
  for (int64_t y = 0; y < kSize; ++y)
    for (int64_t x = 0; x < kSize; ++x) {
      std::array<double, 3> point{};
      const bool hit = ball.hit(x, y, point);
      covered += hit;
      wrong += hit != (drawn.depth[0][y][x].item<double>() > 0);
      if (!hit || drawn.depth[0][y][x].item<double>() == 0) continue;
      EXPECT_NEAR(drawn.depth[0][y][x].item<double>(), 6.0 + 2 * point[2], 0.2) << x << ", " << y;
      for (int64_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(nocs[0][i][y][x].item<double>(), point[size_t(i)] + 0.5, 0.11);
        EXPECT_NEAR(normals[0][i][y][x].item<double>(), 2 * point[size_t(i)], 0.35);
      }
    }
  EXPECT_LT(wrong, covered / 20);
  const at::Tensor outward =
      (input.surfels.normals * (input.surfels.positions - ball.centre)).sum(2);
  EXPECT_GT(outward.min().item<double>(), 0);
}

TEST(Surfels, LieByAreaAndStayWhereTheyAreOnEveryShape) {
  // Two triangles beside each other, the second with three times the area of the first.
  const at::Tensor vertices =
      at::tensor({0., 0., 0., 1., 0., 0., 0., 1., 0., 0., -3., 0.}, at::kDouble).view({1, 4, 3});
  const at::Tensor faces = at::tensor(std::vector<int64_t>{0, 1, 2, 0, 3, 1}).view({2, 3});
  const SurfelSampling sampling = sample_surface(vertices, faces, 400);
  EXPECT_EQ(sampling.faces.eq(1).sum().item<int64_t>(), 300);
  EXPECT_TRUE(sampling.weights.sum(1).allclose(at::ones({400}, at::kDouble)));
  EXPECT_GE(sampling.weights.min().item<double>(), 0);
  const Surfels surfels = surfels_of(sampling, vertices, faces, {});
  // Evenly spread, their mean is the centroid; the discs together have four times the area of 2.
  const at::Tensor first = surfels.positions[0].narrow(0, 0, 100).mean(0);
  EXPECT_NEAR(first[0].item<double>(), 1 / 3., 0.02);
  EXPECT_NEAR(first[1].item<double>(), 1 / 3., 0.02);
  EXPECT_NEAR(surfels.radii.square().sum().item<double>() * M_PI, 4 * 2., 1e-9);
  // Another shape of the topology: the same points of the same faces, discs as large as its own area asks.
  const Surfels stretched = surfels_of(sampling, 2 * vertices, faces, {});
  EXPECT_TRUE(stretched.positions.allclose(2 * surfels.positions));
  EXPECT_TRUE(stretched.radii.allclose(2 * surfels.radii));
}

TEST(Surfels, AreDifferentiableAndPassOverPadding) {
  Ball ball(4);
  const at::Tensor vertices = ball.posed.clone().requires_grad_(true);
  const at::Tensor padded = at::cat({ball.faces, at::full({3, 3}, -1, at::kLong)}).unsqueeze(0);
  const Surfels of_padded =
      surfels_of(sample_surface(ball.canonical, padded, 50), vertices, padded, {});
  const Surfels plain =
      surfels_of(sample_surface(ball.canonical, ball.faces, 50), vertices, ball.faces, {});
  EXPECT_TRUE(of_padded.positions.equal(plain.positions));
  EXPECT_TRUE(of_padded.radii.equal(plain.radii));
  EXPECT_GT(of_padded.radii.min().item<double>(), 0);
  (of_padded.normals.select(2, 0).sum() + of_padded.radii.sum() +
   of_padded.positions.select(2, 1).sum())
      .backward();
  EXPECT_TRUE(vertices.grad().isfinite().all().item<bool>());
  EXPECT_GT(vertices.grad().abs().sum().item<double>(), 0);
  EXPECT_TRUE(vertex_normals(ball.posed, padded).allclose(vertex_normals(ball.posed, ball.faces)));
}

}  // namespace
}  // namespace monodr
