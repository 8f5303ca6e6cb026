// SPDX-License-Identifier: Apache-2.0
//
// What holds for every prior that decodes signed distance volumes.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "geometry/occupancy.h"
#include "plugin/contract.h"
#include "shape_priors/trained_prior.h"

namespace monodr {
namespace {

using test::normal_codes;

std::unique_ptr<ShapePrior> make(const std::string& plugin, const test::Given& given) {
  std::map<std::string, GivenValue> values;
  for (const auto& [name, value] : given) values[name] = {value, {}, {}};
  const PluginInfo& info = test::registry().find(PluginKind::shape_prior, plugin).info;
  return test::registry().make<ShapePrior>(plugin,
                                           Parameters(info.parameters, values, "shape_prior"));
}

// Parameters that train in a second or two.
test::Given quick(const std::string& plugin) {
  test::Given given{{"length_samples", std::int64_t{20}}, {"latent_dims", std::int64_t{5}}};
  if (plugin == "tsdf_autoencoder") given["epochs"] = std::int64_t{60};
  if (plugin == "deep_sdf") given["steps"] = std::int64_t{1000};
  return given;
}

class VolumePriorTest : public testing::TestWithParam<std::string> {
 protected:
  /// Trained with quick() on training_cars(), once for each plugin.
  const ShapePrior& trained() {
    static std::map<std::string, std::unique_ptr<ShapePrior>> priors;
    auto& prior = priors[GetParam()];
    if (prior == nullptr) {
      prior = make(GetParam(), quick(GetParam()));
      prior->train(test::training_cars(), {});
    }
    return *prior;
  }
};

TEST_P(VolumePriorTest, KeepsTheContract) {
  const ContractReport report = check_shape_prior_contract(test::registry(), GetParam());
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST_P(VolumePriorTest, DecodesClosedMeshesInTheUnitBox) {
  constexpr int kCount = 12;
  for (const double size : {1.0, 4.0}) {
    const DecodedShape shape =
        trained().decode(normal_codes(kCount, 5, 1) * size, normal_codes(kCount, 4, 2));
    for (int n = 0; n < kCount; ++n) {
      const Mesh mesh = mesh_of(shape, n);
      EXPECT_TRUE(is_watertight(mesh));
      EXPECT_GT(signed_volume(mesh), 0);
      const MeshBounds box = bounds(mesh);
      EXPECT_LT((box.low.array() + 0.5F).abs().maxCoeff(), 1e-5F);
      EXPECT_LT((box.high.array() - 0.5F).abs().maxCoeff(), 1e-5F);
    }
  }
}

TEST_P(VolumePriorTest, IsMirrorSymmetric) {
  const Mesh mesh = mesh_of(trained().decode(normal_codes(1, 5, 8), normal_codes(1, 4, 9)), 0);
  const auto places = [&](float sign) {
    std::vector<std::array<int, 6>> rounded;
    for (size_t i = 0; i < mesh.vertices.size(); ++i) {
      const auto& v = mesh.vertices[i];
      const auto& c = mesh.colours[i];
      const auto r = [](float x) { return static_cast<int>(std::lround(1000 * x)); };
      rounded.push_back({r(v.x()), r(v.y()), r(sign * v.z()), r(c.x()), r(c.y()), r(c.z())});
    }
    std::sort(rounded.begin(), rounded.end());
    return rounded;
  };
  // Rounding may fall either way for a few.
  const auto left = places(1), right = places(-1);
  std::vector<std::array<int, 6>> both;
  std::set_intersection(
      left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
  EXPECT_GT(both.size(), 0.97 * static_cast<double>(left.size()));
}

// Mean colour of the vertices of one end where the lamps are.
Eigen::Vector3f end_colour(const Mesh& mesh, bool front) {
  Eigen::Vector3f sum = Eigen::Vector3f::Zero();
  int count = 0;
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3f& v = mesh.vertices[i];
    const bool lamp = std::abs(v.z()) > 0.2F && v.y() > -0.2F && v.y() < 0.2F;
    if (!lamp || (front ? v.x() < 0.4F : v.x() > -0.4F)) continue;
    sum += mesh.colours[i];
    ++count;
  }
  EXPECT_GT(count, 4);
  return sum / static_cast<float>(count);
}

TEST_P(VolumePriorTest, ColoursTellFrontFromRear) {
  const at::Tensor codes = at::cat({at::zeros({1, 5}), normal_codes(8, 5, 3)});
  const DecodedShape shape = trained().decode(codes, at::zeros({9, 4}));
  for (int n = 0; n < 9; ++n) {
    const Mesh mesh = mesh_of(shape, n);
    const Eigen::Vector3f front = end_colour(mesh, true), rear = end_colour(mesh, false);
    EXPECT_GT(rear.x() - rear.y(), front.x() - front.y() + 0.05F) << "red lamps behind, car " << n;
    EXPECT_GT(front.y(), rear.y()) << "white lamps in front, car " << n;
  }
}

TEST_P(VolumePriorTest, PaintsTheBodyAsAsked) {
  const at::Tensor paint =
      at::tensor({0.8F, 0.8F, 0.8F, 0.1F, 0.1F, 0.1F, 0.5F, 0.1F, 0.1F, 0.1F, 0.15F, 0.35F})
          .view({4, 3});
  const DecodedShape shape =
      trained().decode(at::zeros({4, 5}), trained().texture_from_paint(paint));
  for (int n = 0; n < 4; ++n) {
    // The doors; the corpus shades what faces sideways by 0.8. Below y = 0.12 are sills: one car in
    // ten and every second off-roader has them in black plastic, and so, in part, has the mean car.
    const Mesh mesh = mesh_of(shape, n);
    Eigen::Vector3f sum = Eigen::Vector3f::Zero();
    int count = 0;
    for (size_t i = 0; i < mesh.vertices.size(); ++i) {
      const Eigen::Vector3f& v = mesh.vertices[i];
      if (std::abs(v.x()) > 0.12F || std::abs(v.z()) < 0.44F || v.y() < -0.05F || v.y() > 0.12F)
        continue;
      sum += mesh.colours[i];
      ++count;
    }
    ASSERT_GT(count, 0);
    for (int k = 0; k < 3; ++k)
      EXPECT_NEAR(sum[k] / static_cast<float>(count), 0.8F * paint[n][k].item<float>(), 0.1)
          << "car " << n << ", channel " << k;
  }
}

TEST_P(VolumePriorTest, TrainsTheSameBitsOnOneThreadAndOnTwo) {
  const int threads = at::get_num_threads();
  const auto train_on = [&](int count, std::uint64_t seed) {
    at::set_num_threads(count);
    auto prior = make(GetParam(), quick(GetParam()));
    TrainingRun run;
    run.seed = seed;
    prior->train({test::training_cars().begin(), test::training_cars().begin() + 20}, run);
    return prior->state();
  };
  const TensorTable one = train_on(1, 3), two = train_on(2, 3);
  at::set_num_threads(threads);
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, tensor] : one) EXPECT_TRUE(at::equal(tensor, two.at(name))) << name;
}

TEST_P(VolumePriorTest, CodesFitUnseenCars) {
  // Descent on the code alone, each decoded vertex towards the nearest vertex of the car.
  double mean_iou = 0, fitted_iou = 0;
  for (const CorpusItem& car : test::unseen_cars()) {
    at::Tensor points = at::empty({static_cast<std::int64_t>(car.mesh.vertices.size()), 3});
    for (size_t i = 0; i < car.mesh.vertices.size(); ++i)
      for (int k = 0; k < 3; ++k) points.data_ptr<float>()[3 * i + k] = car.mesh.vertices[i][k];
    const at::Tensor texture = at::zeros({1, 4});
    mean_iou += volumetric_iou(mesh_of(trained().decode(at::zeros({1, 5}), texture), 0), car.mesh);
    at::Tensor code = at::zeros({1, 5});
    for (int step = 0; step < 30; ++step) {
      const at::AutoGradMode with_gradient(true);
      const at::Tensor leaf = code.detach().requires_grad_(true);
      const at::Tensor vertices = trained().decode(leaf, texture).vertices[0];
      const at::Tensor nearest = at::cdist(vertices.detach(), points).argmin(1);
      const at::Tensor loss = (vertices - points.index_select(0, nearest)).square().sum(1).mean() +
                              1e-5 * leaf.square().sum();
      loss.backward();
      code = leaf.detach() - 0.1 * leaf.grad() / (leaf.grad().norm() + 1e-6);
    }
    fitted_iou += volumetric_iou(mesh_of(trained().decode(code, texture), 0), car.mesh);
  }
  const double cars = static_cast<double>(test::unseen_cars().size());
  EXPECT_GT(fitted_iou / cars, mean_iou / cars + 0.003);
  EXPECT_GT(fitted_iou / cars, GetParam() == "deep_sdf" ? 0.86 : 0.88);
}

TEST_P(VolumePriorTest, StopsWhenToldAndLeavesNothingHalfTrained) {
  auto prior = make(GetParam(), quick(GetParam()));
  double last = 0;
  TrainingRun run;
  run.progress = [&](double share, double) {
    EXPECT_GE(share, last);
    EXPECT_LE(share, 1);
    last = share;
    return share < 0.6;
  };
  prior->train(test::training_cars(), run);
  EXPECT_GE(last, 0.6);
  EXPECT_THROW(prior->decode(at::zeros({1, 5}), at::zeros({1, 4})), CheckFailure);
}

TEST_P(VolumePriorTest, NamesTheMeshItCannotLearnFrom) {
  std::vector<CorpusItem> open = test::training_cars();
  open[3].mesh.faces.pop_back();
  try {
    make(GetParam(), quick(GetParam()))->train(open, {});
    ADD_FAILURE() << "a mesh with a hole was taken";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find(open[3].name), std::string::npos) << error.what();
  }
}

TEST_P(VolumePriorTest, TakesAnyNumberOfDimensions) {
  for (const auto& [shape_dims, texture_dims] : {std::pair(2, 1), std::pair(16, 6)}) {
    test::Given given{{"length_samples", std::int64_t{12}},
                      {"latent_dims", std::int64_t{shape_dims}},
                      {"texture_dims", std::int64_t{texture_dims}}};
    if (GetParam() == "tsdf_autoencoder") given["epochs"] = std::int64_t{5};
    if (GetParam() == "deep_sdf") given["steps"] = std::int64_t{20};
    const auto prior = make(GetParam(), given);
    prior->train(test::training_cars(), {});
    EXPECT_EQ(prior->shape_dimensions(), shape_dims);
    EXPECT_EQ(prior->texture_dimensions(), texture_dims);
    const DecodedShape shape =
        prior->decode(at::zeros({2, shape_dims}), prior->texture_from_paint(at::full({2, 3}, 0.5)));
    EXPECT_TRUE(at::isfinite(shape.colours).all().item<bool>());
    EXPECT_TRUE(is_watertight(mesh_of(shape, 0)));
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         VolumePriorTest,
                         testing::Values("tsdf_pca", "tsdf_autoencoder", "deep_sdf"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace monodr
