// SPDX-License-Identifier: Apache-2.0
#include "point_network.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "plugin/row_products.h"

namespace monodr::deep_sdf {

namespace {

constexpr auto kFeatures = PointNetwork::kFeatures;

// For a rectifier with that many inputs: He et al., Delving Deep into Rectifiers, ICCV 2015.
double he_deviation(std::int64_t inputs) {
  return std::sqrt(2 / static_cast<double>(inputs));
}

}  // namespace

PointNetwork::PointNetwork(std::int64_t dims,
                           std::int64_t hidden,
                           double truncation,
                           Random& random)
    : truncation(truncation),
      point(weight("point", {kFeatures, hidden}, he_deviation(kFeatures), random)),
      code(weight("code", {dims, hidden}, 1, random)),
      code_bias(zeros("code_bias", {hidden})),
      second(weight("second", {hidden, hidden}, he_deviation(hidden), random)),
      second_bias(zeros("second_bias", {hidden})),
      third(weight("third", {hidden, hidden}, he_deviation(hidden), random)),
      third_bias(zeros("third_bias", {hidden})),
      distance(weight("distance", {hidden, 1}, 0.2 * he_deviation(hidden), random)),
      distance_bias(zeros("distance_bias", {1})) {}

at::Tensor PointNetwork::code_part(const at::Tensor& directions) const {
  const auto type = directions.dtype();
  return row_products(directions, code.to(type), code_bias.to(type));
}

at::Tensor PointNetwork::distances(const at::Tensor& first) const {
  const auto layer = [type = first.dtype()](
                         const auto& rows, const auto& matrix, const auto& bias) {
    return row_products(rows, matrix.to(type), bias.to(type));
  };
  const at::Tensor h2 = at::relu(layer(at::relu(first), second, second_bias));
  const at::Tensor h3 = at::relu(layer(h2, third, third_bias));
  return truncation * at::tanh(layer(h3, distance, distance_bias).squeeze(1));
}

at::Tensor point_features(const at::Tensor& points) {
  std::vector<at::Tensor> features{points};
  for (const double k : {1.0, 2.0, 4.0}) {
    features.push_back(at::sin(points * (k * M_PI)));
    features.push_back(at::cos(points * (k * M_PI)));
  }
  return at::cat(features, 1);
}

at::Tensor sample_points(const HalfVolume& volume) {
  const SampleGrid& grid = volume.half;
  at::Tensor points = at::empty({volume.samples(), 3}, at::kFloat);
  float* out = points.data_ptr<float>();
  for (int i = 0; i < grid.counts[0]; ++i)
    for (int j = 0; j < grid.counts[1]; ++j)
      for (int k = 0; k < grid.counts[2]; ++k)
        for (int axis = 0; axis < 3; ++axis) *out++ = grid.point(i, j, k)[axis];
  return points;
}

at::Tensor block_points(const HalfVolume& volume) {
  const SampleGrid& grid = volume.half;
  at::Tensor points = at::empty({volume.samples() / 8, 3}, at::kFloat);
  float* out = points.data_ptr<float>();
  for (int i = 0; i < grid.counts[0]; i += 2)
    for (int j = 0; j < grid.counts[1]; j += 2)
      for (int k = 0; k < grid.counts[2]; k += 2)
        for (int axis = 0; axis < 3; ++axis)
          *out++ = grid.point(i, j, k)[axis] + grid.spacing[axis] / 2;
  return points;
}

}  // namespace monodr::deep_sdf
