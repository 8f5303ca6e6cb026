// SPDX-License-Identifier: Apache-2.0
#include "common/volume_mesh.h"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cmath>

#include "base/random.h"
#include "common/half_volume.h"

namespace monodr::shape_priors {
namespace {

using Eigen::Vector3f;

const HalfVolume& volume() {
  static const HalfVolume made = make_half_volume(16);
  return made;
}

template <typename Field>
std::vector<double> sampled(const Field& field) {
  const SampleGrid& grid = volume().half;
  std::vector<double> values(grid.size());
  for (int i = 0; i < grid.counts[0]; ++i)
    for (int j = 0; j < grid.counts[1]; ++j)
      for (int k = 0; k < grid.counts[2]; ++k)
        values[grid.index(i, j, k)] = field(grid.point(i, j, k));
  return values;
}

std::vector<double> lumpy_ellipsoid() {
  return sampled([](const Vector3f& p) {
    return 0.4 * (Vector3f(p.x() / 0.45f, p.y() / 0.37f, p.z() / 0.41f).norm() - 1) +
           0.013 * std::sin(9 * p.x() + 5 * p.y()) + 0.007 * std::cos(11 * p.z());
  });
}

TEST(HalfVolume, MirrorsItsSamples) {
  const HalfVolume& v = volume();
  EXPECT_EQ(v.half.counts[2] * 2 + 2, v.whole.counts[2]);
  for (int i = 0; i < v.whole.counts[0]; ++i)
    for (int j = 0; j < v.whole.counts[1]; ++j)
      for (int k = 0; k < v.whole.counts[2]; ++k) {
        const std::int32_t sample = v.half_of_whole[v.whole.index(i, j, k)];
        if (sample < 0) continue;
        const int c = sample % v.half.counts[2], b = sample / v.half.counts[2] % v.half.counts[1];
        const int a = sample / v.half.counts[2] / v.half.counts[1];
        Vector3f place = v.whole.point(i, j, k);
        place.z() = std::abs(place.z());
        EXPECT_LT((v.half.point(a, b, c) - place).norm(), 1e-6f);
      }
}

TEST(VolumeMesh, ReachesEverySideOfTheBox) {
  const auto field = lumpy_ellipsoid();
  const auto mesh = mesh_of_volume(volume(), field.data());
  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(mesh.vertices[mesh.extremes[axis]][axis], -0.5, 1e-12);
    EXPECT_NEAR(mesh.vertices[mesh.extremes[3 + axis]][axis], 0.5, 1e-12);
    for (const auto& v : mesh.vertices) EXPECT_LE(std::abs(v[axis]), 0.5 + 1e-12);
  }
}

TEST(VolumeMesh, OfAFieldWithoutInsideIsStillABody) {
  const auto field = sampled([](const Vector3f& p) { return 0.2 + p.norm(); });
  const auto mesh = mesh_of_volume(volume(), field.data());
  EXPECT_GE(mesh.faces.size(), 8u);
  for (const auto& v : mesh.vertices)
    for (const double x : v) EXPECT_TRUE(std::isfinite(x));
}

TEST(VolumeMesh, OfAFieldThatIsAllInsideIsClosedByTheLayerAround) {
  const auto field = sampled([](const Vector3f&) { return -0.1; });
  const auto mesh = mesh_of_volume(volume(), field.data());
  EXPECT_EQ(2 * mesh.vertices.size(), mesh.faces.size() + 4) << "one closed surface of genus 0";
}

// sum(weights * output) as a function of the field and the colours.
TEST(VolumeMesh, GradientAgreesWithDifferences) {
  constexpr unsigned kSeed = 11;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  const std::int64_t samples = volume().samples();
  const std::vector<double> field = lumpy_ellipsoid();
  std::vector<double> colours(3 * samples);
  for (double& c : colours) c = random.uniform(0, 1);
  const auto mesh = mesh_of_volume(volume(), field.data());
  const size_t count = mesh.vertices.size();
  std::vector<double> vertex_weights(3 * count), colour_weights(3 * count);
  for (double& w : vertex_weights) w = random.uniform(0, 1) - 0.3;
  for (double& w : colour_weights) w = random.uniform(0, 1) - 0.3;

  const auto value = [&](const std::vector<double>& f, const std::vector<double>& c) {
    const auto at = mesh_of_volume(volume(), f.data());
    EXPECT_EQ(at.vertices.size(), count);
    std::vector<double> drawn(3 * count);
    colours_of_volume(at, samples, c.data(), drawn.data());
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
      for (int k = 0; k < 3; ++k)
        sum += vertex_weights[3 * i + k] * at.vertices[i][k] +
               colour_weights[3 * i + k] * drawn[3 * i + k];
    return sum;
  };
  std::vector<double> to_field(samples, 0), to_colours(3 * samples, 0);
  VolumeMeshView<double> view;
  view.vertex_count = static_cast<std::int64_t>(count);
  view.vertices = mesh.vertices[0].data();
  view.crossings = mesh.crossings.data();
  view.extent = mesh.extent.data();
  view.extremes = mesh.extremes.data();
  volume_mesh_backward(volume(),
                       view,
                       colours.data(),
                       vertex_weights.data(),
                       colour_weights.data(),
                       to_field.data(),
                       to_colours.data());

  for (int round = 0; round < 8; ++round) {
    std::vector<double> direction(4 * samples);
    for (double& d : direction) d = random.uniform(0, 1) - 0.5;
    const double step = 1e-7;
    auto f_up = field, f_down = field;
    auto c_up = colours, c_down = colours;
    double expected = 0;
    for (std::int64_t i = 0; i < samples; ++i) {
      f_up[i] += step * direction[i], f_down[i] -= step * direction[i];
      expected += to_field[i] * direction[i];
    }
    for (std::int64_t i = 0; i < 3 * samples; ++i) {
      c_up[i] += step * direction[samples + i], c_down[i] -= step * direction[samples + i];
      expected += to_colours[i] * direction[samples + i];
    }
    const double found = (value(f_up, c_up) - value(f_down, c_down)) / (2 * step);
    EXPECT_NEAR(found, expected, 1e-4 * (1 + std::abs(expected)));
  }
}

}  // namespace
}  // namespace monodr::shape_priors
