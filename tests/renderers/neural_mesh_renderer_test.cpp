// SPDX-License-Identifier: Apache-2.0
// neural_mesh_renderer against a literal reading of the paper, and what it promises beyond the
// contract of every renderer.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "plugin/contract.h"
#include "renderers/neural_mesh_reference.h"
#include "renderers/scenes.h"

namespace monodr::test {
namespace {

using Given = std::map<std::string, ParameterValue>;

const std::string kName = "neural_mesh_renderer";
constexpr Channels kAll{true, true, true};

double number(const at::Tensor& tensor) {
  return tensor.item().toDouble();
}

std::vector<double> values(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const at::Tensor flat = tensor.detach().to(at::kDouble).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

at::Tensor noise(at::IntArrayRef shape, Random& random) {
  at::Tensor tensor = at::empty(shape, at::kDouble);
  for (std::int64_t n = 0; n < tensor.numel(); ++n)
    tensor.data_ptr<double>()[n] = random.normal(0, 1);
  return tensor;
}

/// Incoming gradients of one rendering; undefined = the channel is not asked for.
struct Incoming {
  at::Tensor silhouette, depth, colour;

  Channels channels() const { return {silhouette.defined(), depth.defined(), colour.defined()}; }
  at::Tensor loss(const Rendering& images) const {
    at::Tensor sum;
    const auto add = [&](const at::Tensor& weight, const at::Tensor& image) {
      if (!weight.defined()) return;
      const at::Tensor term = (weight.to(image.scalar_type()) * image).sum();
      sum = sum.defined() ? sum + term : term;
    };
    add(silhouette, images.silhouette);
    add(depth, images.depth);
    add(colour, images.colour);
    return sum;
  }
};

Incoming random_incoming(int count, int height, int width, Channels channels, Random& random) {
  Incoming incoming;
  if (channels.silhouette) incoming.silhouette = noise({count, height, width}, random);
  if (channels.depth) incoming.depth = noise({count, height, width}, random);
  if (channels.colour) incoming.colour = noise({count, 3, height, width}, random);
  return incoming;
}

/// Images and gradients as one list of tensors.
std::vector<at::Tensor> render_all(const Renderer& renderer,
                                   const RenderInput& input,
                                   const Incoming& incoming,
                                   int height,
                                   int width) {
  const RenderInput leaf = leaves(input, input.vertices.scalar_type());
  const Rendering images = renderer.render(leaf, {incoming.channels(), height, width, 1.0});
  incoming.loss(images).backward();
  std::vector<at::Tensor> all;
  for (const at::Tensor& image : {images.silhouette, images.depth, images.colour})
    all.push_back(image.defined() ? image.detach() : image);
  all.insert(all.end(), {leaf.vertices.grad(), leaf.colours.grad(), leaf.intrinsics.grad()});
  return all;
}

/// The same list by the literal reading of the paper; projection's derivative by the quotient rule.
std::vector<at::Tensor> reference_all(const RenderInput& input,
                                      const Incoming& incoming,
                                      int height,
                                      int width,
                                      const PaperOptions& options) {
  const std::int64_t count = input.vertices.size(0), vertices = input.vertices.size(1);
  at::Tensor silhouette = at::zeros({count, height, width}, at::kDouble);
  at::Tensor depth = at::zeros_like(silhouette);
  at::Tensor colour = at::zeros({count, 3, height, width}, at::kDouble);
  at::Tensor to_vertices = at::zeros({count, vertices, 3}, at::kDouble);
  at::Tensor to_colours = at::zeros_like(to_vertices);
  at::Tensor to_intrinsics = at::zeros({count, 3, 3}, at::kDouble);
  const auto as_tensor = [](const std::vector<double>& data) {
    return at::tensor(data, at::kDouble);
  };
  const auto item_values = [](const at::Tensor& tensor, std::int64_t n) {
    return tensor.defined() ? values(tensor[n]) : std::vector<double>{};
  };
  for (std::int64_t n = 0; n < count; ++n) {
    const PaperResult result = render_as_the_paper(input,
                                                   int(n),
                                                   height,
                                                   width,
                                                   options,
                                                   item_values(incoming.silhouette, n),
                                                   item_values(incoming.depth, n),
                                                   item_values(incoming.colour, n));
    silhouette[n].copy_(as_tensor(result.silhouette).reshape({height, width}));
    depth[n].copy_(as_tensor(result.depth).reshape({height, width}));
    colour[n].copy_(as_tensor(result.colour).reshape({3, height, width}));
    to_colours[n].copy_(as_tensor(result.to_colours).reshape({vertices, 3}));
    const auto [x, y, z] = std::tuple(input.vertices[n].select(1, 0),
                                      input.vertices[n].select(1, 1),
                                      input.vertices[n].select(1, 2));
    const at::Tensor u = as_tensor(result.to_u), v = as_tensor(result.to_v);
    const at::Tensor fx = input.intrinsics[n][0][0], fy = input.intrinsics[n][1][1];
    to_vertices[n].copy_(at::stack(
        {u * fx / z, v * fy / z, as_tensor(result.to_z) - (u * fx * x + v * fy * y) / (z * z)}, 1));
    to_intrinsics[n][0][0].copy_((u * x / z).sum());
    to_intrinsics[n][1][1].copy_((v * y / z).sum());
    to_intrinsics[n][0][2].copy_(u.sum());
    to_intrinsics[n][1][2].copy_(v.sum());
  }
  return {silhouette, depth, colour, to_vertices, to_colours, to_intrinsics};
}

const char* const kNames[] = {
    "silhouette", "depth", "colour", "to vertices", "to colours", "to intrinsics"};

void expect_close(const std::vector<at::Tensor>& found,
                  const std::vector<at::Tensor>& expected,
                  double tolerance) {
  for (std::size_t n = 0; n < found.size(); ++n) {
    if (!found[n].defined()) continue;
    const double scale = number(expected[n].norm()) + 1e-12;
    EXPECT_LT(number((found[n].to(at::kDouble) - expected[n]).norm()) / scale, tolerance)
        << kNames[n];
  }
}

RenderInput to_type(const RenderInput& input, at::ScalarType type) {
  return {input.vertices.to(type), input.faces, input.colours.to(type), input.intrinsics.to(type)};
}

TEST(NeuralMeshRenderer, KeepsTheContract) {
  const ContractReport report = check_renderer_contract(renderer_registry(), kName);
  EXPECT_TRUE(report.passed()) << report.to_text();
}

class AgainstThePaper : public testing::TestWithParam<Channels> {};

TEST_P(AgainstThePaper, RandomMeshes) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed);
  for (const bool anti_aliasing : {true, false})
    for (const bool fill_back : {true, false}) {
      SCOPED_TRACE(fmt::format("anti_aliasing {} fill_back {}", anti_aliasing, fill_back));
      PaperOptions options;
      options.samples = anti_aliasing ? 2 : 1;
      options.fill_back = fill_back;
      options.background[1] = 0.3;
      const auto renderer = make_renderer(kName,
                                          {{"anti_aliasing", anti_aliasing},
                                           {"fill_back", fill_back},
                                           {"background", std::vector<double>{0, 0.3, 0}}});
      const RenderInput one_face = random_triangles(2, 1, 24, static_cast<unsigned>(random.bits()));
      const RenderInput soup = random_triangles(2, 12, 24, static_cast<unsigned>(random.bits()));
      RenderInput closed = ellipsoids(2, 2, 24);
      // Off the samples' centres, where rounding decides what is in.
      closed.vertices = closed.vertices + 1e-3 * noise(closed.vertices.sizes(), random);
      for (const RenderInput& input : {one_face, soup, closed}) {
        const int height = 24, width = 31;
        const Incoming incoming = random_incoming(2, height, width, GetParam(), random);
        const auto expected = reference_all(input, incoming, height, width, options);
        expect_close(render_all(*renderer, input, incoming, height, width), expected, 1e-9);
      }
    }
}

TEST_P(AgainstThePaper, SinglePrecision) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed);
  const auto renderer = make_renderer(kName);
  RenderInput input = ellipsoids(2, 2, 32);
  input.vertices = input.vertices + 1e-3 * noise(input.vertices.sizes(), random);
  // Both see the same rounded numbers.
  input = to_type(to_type(input, at::kFloat), at::kDouble);
  const Incoming incoming = random_incoming(2, 32, 32, GetParam(), random);
  const auto expected = reference_all(input, incoming, 32, 32, {});
  expect_close(render_all(*renderer, to_type(input, at::kFloat), incoming, 32, 32), expected, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Channels,
                         AgainstThePaper,
                         testing::Values(Channels{true, false, false},
                                         Channels{false, true, false},
                                         Channels{false, false, true},
                                         kAll));

/// One triangle per three rows of `points`, white, before a camera of `size` pixels.
RenderInput triangles(const std::vector<double>& points, int size) {
  RenderInput input;
  input.vertices = at::tensor(points, at::kDouble).reshape({1, -1, 3});
  input.faces = at::arange(input.vertices.size(1), at::kLong).reshape({-1, 3});
  input.colours = at::ones_like(input.vertices);
  input.intrinsics = square_intrinsics(1, size, size);
  return input;
}

Incoming ones(int height, int width) {
  return {at::ones({1, height, width}, at::kDouble),
          at::ones({1, height, width}, at::kDouble),
          at::ones({1, 3, height, width}, at::kDouble)};
}

TEST(NeuralMeshRenderer, BorderDepthIsNotAveragedWithTheBackground) {
  // The left half of the image, 5 m away; its border splits pixel column 8 in two.
  const RenderInput half = triangles({-90,
                                      -90,
                                      5,
                                      0.15625,
                                      -90,
                                      5,
                                      0.15625,
                                      90,
                                      5,  //
                                      -90,
                                      -90,
                                      5,
                                      0.15625,
                                      90,
                                      5,
                                      -90,
                                      90,
                                      5},
                                     16);
  const Rendering images = make_renderer(kName)->render(half, {kAll, 16, 16, 1.0});
  EXPECT_NEAR(number(images.silhouette[0][4][8]), 0.5, 1e-12);
  EXPECT_NEAR(number(images.depth[0][4][8]), 5, 1e-12);
  EXPECT_NEAR(number(images.colour[0][1][4][8]), 0.5, 1e-12);
  EXPECT_EQ(number(images.depth[0][4][9]), 0);
}

TEST(NeuralMeshRenderer, RampOfASingleEdge) {
  // The same half plane without anti-aliasing; the edge lies at u = 8.2, sample position c = 7.7.
  const RenderInput half = leaves(triangles({-90,
                                             -90,
                                             5,
                                             0.0625,
                                             -90,
                                             5,
                                             0.0625,
                                             90,
                                             5,  //
                                             -90,
                                             -90,
                                             5,
                                             0.0625,
                                             90,
                                             5,
                                             -90,
                                             90,
                                             5},
                                            16),
                                  at::kDouble);
  const double epsilon = 1e-9;
  const auto renderer = make_renderer(kName, {{"anti_aliasing", false}, {"epsilon", epsilon}});
  const auto slope_at = [&](int column, double incoming) {
    const Rendering images = renderer->render(half, {{.silhouette = true}, 16, 16, 1.0});
    half.vertices.mutable_grad() = at::Tensor();
    (images.silhouette[0][3][column] * incoming).sum().backward();
    // Both ends together, per pixel instead of metre. The diagonal's ends are the other two.
    const at::Tensor by_x = half.vertices.grad()[0].select(1, 0);
    return number(by_x[1] + by_x[2] + by_x[4]) / 16 * 5;
  };
  // A pixel outside that wants cover pulls the edge; one that wants none does not push it.
  EXPECT_NEAR(slope_at(12, -1), -1 / (12 - 7.7), 1e-6);
  EXPECT_NEAR(slope_at(12, 1), 0, 1e-6);
  // A pixel inside that wants to be free lets it in.
  EXPECT_NEAR(slope_at(5, 1), 1 / (7.7 - 5), 1e-6);
  EXPECT_NEAR(slope_at(5, -1), 0, 1e-6);
}

TEST(NeuralMeshRenderer, LightFollowsTheVisibleSide) {
  // A wall that leans back, seen from its front and, turned over, from its back.
  const std::vector<double> corners{-30, 30, 5, 30, 30, 5, 0, -30, 11};
  RenderInput wall = triangles(corners, 16);
  const Given lit{{"light_ambient", 0.25},
                  {"light_directional", 0.5},
                  {"light_direction", std::vector<double>{0, -3, 0}}};
  const auto renderer = make_renderer(kName, lit);
  const double facing = 6 / std::hypot(6.0, 60.0);  // of the normal (0, -6, -60) and (0, -1, 0)
  for (int side = 0; side < 2; ++side) {
    const Rendering images = renderer->render(wall, {kAll, 16, 16, 1.0});
    EXPECT_NEAR(number(images.colour[0][0][8][8]), 0.25 + 0.5 * facing, 1e-12);
    Given front_only = lit;
    front_only["fill_back"] = false;
    const Rendering culled = make_renderer(kName, front_only)->render(wall, {kAll, 16, 16, 1.0});
    EXPECT_EQ(number(culled.silhouette.max()), side == 0 ? 1 : 0);
    EXPECT_EQ(number(culled.colour.max()), side == 0 ? number(images.colour.max()) : 0);
    wall.faces = wall.faces.flip(1);
  }
  const Rendering dark =
      make_renderer(kName, {{"light_ambient", 0.25}})->render(wall, {kAll, 16, 16});
  EXPECT_NEAR(number(dark.colour[0][0][8][8]), 0.25, 1e-12);
  const auto from_below = make_renderer(
      kName, {{"light_directional", 0.5}, {"light_direction", std::vector<double>{0, 1, 0}}});
  const Rendering images = from_below->render(wall, {kAll, 16, 16, 1.0});
  EXPECT_NEAR(number(images.colour[0][0][8][8]), 1, 1e-12);
}

TEST(NeuralMeshRenderer, GradientOfDepthAndLightMatchesDifferences) {
  // Over the whole image, so that no edge shows; white, so that colour is light alone.
  const RenderInput wall = triangles({-40, 30, 5, 30, 33, 6, 1, -50, 11}, 12);
  const Given lit{{"light_ambient", 0.3},
                  {"light_directional", 0.7},
                  {"light_direction", std::vector<double>{0.3, -1, -0.4}},
                  {"light_directional_colour", std::vector<double>{1, 0.5, 0.2}}};
  const auto renderer = make_renderer(kName, lit);
  Random random(5);
  const Incoming incoming = random_incoming(1, 12, 12, {false, true, true}, random);
  const auto gradient = render_all(*renderer, wall, incoming, 12, 12);
  for (int which = 0; which < 3; ++which) {
    const auto moved = [&](double by) {
      RenderInput other = wall;
      at::Tensor& tensor = which == 0   ? other.vertices
                           : which == 1 ? other.colours
                                        : other.intrinsics;
      at::Tensor direction = at::cos(at::arange(tensor.numel(), tensor.options()) * 2.3);
      direction = direction.reshape(tensor.sizes());
      if (which == 2) direction = direction * (tensor != 0);
      tensor = tensor + by * direction;
      const Rendering images = renderer->render(other, {incoming.channels(), 12, 12, 1.0});
      return std::pair(number(incoming.loss(images)), direction);
    };
    const auto [above, direction] = moved(1e-5);
    const double difference = (above - moved(-1e-5).first) / 2e-5;
    EXPECT_NEAR(number((gradient[3 + which] * direction).sum()),
                difference,
                1e-5 * (1 + std::abs(difference)))
        << kNames[3 + which];
  }
}

TEST(NeuralMeshRenderer, CutFaceShowsItsFarPartOnly) {
  // A floor 1 m below the camera, from behind it to 500 m ahead: the lower half of the image.
  const auto renderer = make_renderer(kName, {{"far", 1000.0}, {"anti_aliasing", false}});
  const RenderInput floor = triangles({-500, 1, -50, 500, 1, -50, 0, 1, 500}, 32);
  const Rendering images = renderer->render(floor, {kAll, 32, 32, 1.0});
  EXPECT_EQ(number(images.depth[0].slice(0, 0, 16).abs().max()), 0);
  for (int y = 18; y < 32; ++y)  // depth = f h / (y - cy)
    EXPECT_NEAR(number(images.depth[0][y][16]), 32.0 / (y + 0.5 - 16), 1e-9);
  for (const at::Tensor& tensor : render_all(*renderer, floor, ones(32, 32), 32, 32))
    EXPECT_TRUE(tensor.isfinite().all().item().toBool());
}

TEST(NeuralMeshRenderer, DegenerateFacesAddNothing) {
  const std::vector<double> good{-1, -1, 6, 1, -1, 6, 0, 1, 6};
  std::vector<double> more = good;
  for (const auto& flat :
       std::vector<std::vector<double>>{{0, 0, 5, 0, 0, 5, 0, 0, 5},       // a point
                                        {0, 0, 5, 1, 1, 5, 0, 0, 5},       // two corners alike
                                        {-1, 0, 5, 0, 0, 5, 1, 0, 5},      // in a line
                                        {0, 0, 5, 0, 0, 6, 0, 0, 7},       // seen from its end
                                        {-1, 0, -5, 1, 0, -5, 0, 1, -5}})  // behind the camera
    more.insert(more.end(), flat.begin(), flat.end());
  const auto renderer = make_renderer(kName);
  for (const auto type : {at::kFloat, at::kDouble}) {
    const auto clean =
        render_all(*renderer, to_type(triangles(good, 24), type), ones(24, 24), 24, 24);
    const auto dirty =
        render_all(*renderer, to_type(triangles(more, 24), type), ones(24, 24), 24, 24);
    for (int image = 0; image < 3; ++image) EXPECT_TRUE(clean[image].equal(dirty[image]));
    EXPECT_TRUE(dirty[3].slice(1, 0, 3).equal(clean[3]));
    EXPECT_EQ(number(dirty[3].slice(1, 3).abs().max()), 0);
  }
}

TEST(NeuralMeshRenderer, RefusesWhatItCannotDraw) {
  const auto renderer = make_renderer(kName);
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    RenderInput input = to_type(ellipsoids(3, 1, 16), at::kFloat);
    input.vertices[2][7][1] = bad;
    try {
      renderer->render(input, {kAll, 16, 16, 1.0});
      FAIL() << "rendered a vertex at " << bad;
    } catch (const UserError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("vertex 7 of batch item 2"), std::string::npos) << message;
    }
  }
  RenderInput input = ellipsoids(1, 1, 16);
  input.faces = input.faces.clone();
  input.faces[3][0] = 1000;
  EXPECT_THROW(renderer->render(input, {kAll, 16, 16, 1.0}), UserError);
  EXPECT_THROW(make_renderer(kName, {{"near", 5.0}, {"far", 4.0}}), UserError);
  EXPECT_THROW(make_renderer(kName, {{"light_direction", std::vector<double>{0, 0, 0}}}),
               UserError);
  EXPECT_THROW(make_renderer(kName, {{"background", std::vector<double>{0, 0}}}), UserError);
}

TEST(NeuralMeshRenderer, EmptyAndUnseenMeshes) {
  const auto renderer = make_renderer(kName);
  RenderInput none = triangles({0, 0, 5, 1, 0, 5, 0, 1, 5}, 16);
  none.faces = at::empty({0, 3}, at::kLong);
  const RenderInput aside = triangles({100, 0, 5, 101, 0, 5, 100, 1, 5}, 16);
  for (const RenderInput& input : {none, aside})
    for (const auto type : {at::kFloat, at::kDouble})
      for (const at::Tensor& tensor :
           render_all(*renderer, to_type(input, type), ones(16, 16), 16, 16))
        EXPECT_EQ(number(tensor.abs().max()), 0);
}

TEST(NeuralMeshRenderer, ImagesOfAllSizes) {
  const auto renderer = make_renderer(kName);
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 1024}, {1024, 1024}, {3, 2}}) {
    // The wall reaches far beyond the image on all sides.
    RenderInput wall = triangles({-1e6, -1e6, 5, 0, 2e6, 5, 1e6, -1e6, 5}, 32);
    wall.intrinsics = square_intrinsics(1, width, 32);
    const auto all =
        render_all(*renderer, to_type(wall, at::kFloat), ones(height, width), height, width);
    EXPECT_EQ(number(all[0].min()), 1) << height << " x " << width;
    EXPECT_NEAR(number(all[1].min()), 5, 1e-4);
    EXPECT_NEAR(number(all[1].max()), 5, 1e-4);
    EXPECT_TRUE(all[3].isfinite().all().item().toBool());
  }
}

TEST(NeuralMeshRenderer, SameBitsOnAnyNumberOfThreads) {
  const RenderInput input = to_type(ellipsoids(5, 3, 48), at::kFloat);
  Random random(3);
  const Incoming incoming = random_incoming(5, 48, 48, kAll, random);
  const auto renderer = make_renderer(kName);
  const auto expected = render_all(*renderer, input, incoming, 48, 48);
  for (const int threads : {1, 2, 2, 3}) {
    at::set_num_threads(threads);
    const auto found = render_all(*renderer, input, incoming, 48, 48);
    for (std::size_t n = 0; n < found.size(); ++n) EXPECT_TRUE(found[n].equal(expected[n]));
  }
  at::set_num_threads(1);
}

TEST(NeuralMeshRenderer, EveryInstructionSetGivesTheSameGradient) {
  const RenderInput input = to_type(ellipsoids(2, 3, 64), at::kFloat);
  Random random(5);
  const Incoming incoming = random_incoming(2, 64, 64, kAll, random);
  const auto renderer = make_renderer(kName);
  const auto best = render_all(*renderer, input, incoming, 64, 64);
  for (const std::int64_t target : {HWY_AVX3, HWY_AVX2, HWY_SSE4, HWY_SCALAR}) {
    if ((hwy::SupportedTargets() & target) == 0) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    const auto other = render_all(*renderer, input, incoming, 64, 64);
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
    for (int image = 0; image < 3; ++image) EXPECT_TRUE(other[image].equal(best[image]));
    expect_close({other[3], other[4], other[5]},
                 {best[3].to(at::kDouble), best[4].to(at::kDouble), best[5].to(at::kDouble)},
                 1e-5);
  }
}

TEST(NeuralMeshRenderer, ItemsWithoutGradientCostNoBackwardPass) {
  const RenderInput input = leaves(ellipsoids(3, 1, 24), at::kFloat);
  const auto renderer = make_renderer(kName);
  const at::Tensor weight = at::tensor({1.0f, 0.0f, 1.0f}).reshape({3, 1, 1});
  const Rendering images = renderer->render(input, {kAll, 24, 24, 1.0});
  const at::Tensor loss = ((images.silhouette + images.depth) * weight).sum();
  // Poison that no autograd counter sees: whoever looks at item 1 again must refuse it.
  const at::Tensor poisoned = input.vertices.detach()[1];
  std::fill_n(poisoned.data_ptr<float>(), poisoned.numel(), std::nanf(""));
  EXPECT_NO_THROW(loss.backward());
  EXPECT_EQ(number(input.vertices.grad()[1].abs().sum()), 0);
  EXPECT_GT(number(input.vertices.grad()[2].abs().sum()), 0);
}

/// 1 for images that are equal, also where a pixel is covered in part.
at::Tensor intersection_over_union(const at::Tensor& a, const at::Tensor& b) {
  return at::minimum(a, b).sum() / at::maximum(a, b).sum();
}

/// Adam with the published examples' moments.
class Adam {
 public:
  Adam(at::Tensor value, double rate) : value_(std::move(value)), rate_(rate) {
    first_ = at::zeros_like(value_);
    second_ = at::zeros_like(value_);
  }
  void step() {
    const at::Tensor gradient = value_.grad();
    at::NoGradGuard no_grad;
    ++steps_;
    first_ = 0.9 * first_ + 0.1 * gradient;
    second_ = 0.999 * second_ + 0.001 * gradient * gradient;
    const at::Tensor mean = first_ / (1 - std::pow(0.9, steps_));
    const at::Tensor square = second_ / (1 - std::pow(0.999, steps_));
    value_.sub_(rate_ * mean / (square.sqrt() + 1e-8));
    value_.mutable_grad() = at::Tensor();
  }

 private:
  at::Tensor value_, first_, second_;
  double rate_;
  int steps_ = 0;
};

TEST(NeuralMeshRenderer, FitsASphereToASilhouette) {
  const auto renderer = make_renderer(kName);
  const RenderRequest request{{.silhouette = true}, 64, 64, 1.0};
  RenderInput target = to_type(ellipsoids(1, 3, 64), at::kFloat);
  const at::Tensor wanted = renderer->render(target, request).silhouette;
  const Icosphere sphere = icosphere(2);
  RenderInput input = target;
  input.faces = sphere.faces;
  input.vertices =
      (sphere.vertices.unsqueeze(0) + at::tensor({0.3, 0.4, 8.0}, at::kDouble)).to(at::kFloat);
  input.vertices.set_requires_grad(true);
  Adam adam(input.vertices, 0.01);
  double before = 0;
  for (int step = 0; step < 300; ++step) {
    const at::Tensor silhouette = renderer->render(input, request).silhouette;
    if (step == 0) before = number(intersection_over_union(silhouette.detach(), wanted));
    (silhouette - wanted).square().sum().backward();
    adam.step();
  }
  const at::Tensor fitted = renderer->render(input, request).silhouette.detach();
  EXPECT_LT(before, 0.5);
  EXPECT_GT(number(intersection_over_union(fitted, wanted)), 0.97);
}

/// Camera-frame vertices of a mesh about the origin, seen from `eye` towards the origin, y down.
at::Tensor seen_from(const at::Tensor& vertices, const at::Tensor& eye) {
  const at::Tensor forward = -eye / eye.norm();
  const at::Tensor down = at::tensor({0.0, 1.0, 0.0}, eye.options());
  at::Tensor right = at::cross(down, forward);
  right = right / right.norm();
  const at::Tensor rotation = at::stack({right, at::cross(forward, right), forward});
  return at::matmul(vertices - eye, rotation.t()).unsqueeze(0);
}

TEST(NeuralMeshRenderer, RecoversACameraFromASilhouette) {
  const auto renderer = make_renderer(kName);
  const RenderRequest request{{.silhouette = true}, 96, 96, 1.0};
  // No two sides alike: long, flat, with a bump near one end.
  const Icosphere sphere = icosphere(3);
  at::Tensor shape = sphere.vertices * at::tensor({1.6, 0.7, 0.9}, at::kDouble);
  const at::Tensor bump =
      (-((sphere.vertices - at::tensor({0.6, -0.7, 0.3}, at::kDouble)).square().sum(1)) * 4).exp();
  shape = (shape * (1 + 0.9 * bump.unsqueeze(1))).to(at::kFloat);
  RenderInput input;
  input.faces = sphere.faces;
  input.intrinsics = square_intrinsics(1, 96, 130).to(at::kFloat);
  const at::Tensor true_eye = at::tensor({2.0f, -1.5f, -4.5f});
  input.vertices = seen_from(shape, true_eye);
  const at::Tensor wanted = renderer->render(input, request).silhouette;
  at::Tensor eye = at::tensor({3.5f, -3.0f, -4.5f}).requires_grad_(true);
  Adam adam(eye, 0.05);
  for (int step = 0; step < 250; ++step) {
    input.vertices = seen_from(shape, eye);
    (renderer->render(input, request).silhouette - wanted).square().sum().backward();
    adam.step();
  }
  input.vertices = seen_from(shape, eye.detach());
  const at::Tensor fitted = renderer->render(input, request).silhouette;
  EXPECT_GT(number(intersection_over_union(fitted, wanted)), 0.97);
  EXPECT_LT(number((eye.detach() - true_eye).norm()), 0.2) << eye.detach();
}

}  // namespace
}  // namespace monodr::test
