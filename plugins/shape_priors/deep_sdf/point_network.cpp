// SPDX-License-Identifier: Apache-2.0
#include "point_network.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "plugin/row_products.h"

namespace monodr::deep_sdf {

PointNetwork PointNetwork::random(std::int64_t dims,
                                  std::int64_t hidden,
                                  double truncation,
                                  shape_priors::NormalSource& normal) {
  const auto width = static_cast<double>(hidden);
  PointNetwork network;
  network.truncation = truncation;
  network.point = normal.draw(kFeatures, hidden, std::sqrt(2 / static_cast<double>(kFeatures)));
  network.code = normal.draw(dims, hidden, 1);
  network.code_bias = at::zeros({hidden});
  network.second = normal.draw(hidden, hidden, std::sqrt(2 / width));
  network.second_bias = at::zeros({hidden});
  network.third = normal.draw(hidden, hidden, std::sqrt(2 / width));
  network.third_bias = at::zeros({hidden});
  network.distance = normal.draw(hidden, 1, 0.3 / std::sqrt(width));
  network.distance_bias = at::zeros({1});
  return network;
}

std::vector<at::Tensor*> PointNetwork::weights() {
  return {&point,
          &code,
          &code_bias,
          &second,
          &second_bias,
          &third,
          &third_bias,
          &distance,
          &distance_bias};
}

PointNetwork PointNetwork::to(at::ScalarType type) const {
  PointNetwork other = *this;
  for (at::Tensor* weights : other.weights()) *weights = weights->detach().to(type);
  return other;
}

at::Tensor PointNetwork::code_part(const at::Tensor& directions) const {
  return row_products(directions, code.to(directions.dtype()), code_bias.to(directions.dtype()));
}

at::Tensor PointNetwork::distances(const at::Tensor& first) const {
  const at::Tensor h2 = at::relu(row_products(at::relu(first), second, second_bias));
  const at::Tensor h3 = at::relu(row_products(h2, third, third_bias));
  return truncation * at::tanh(row_products(h3, distance, distance_bias).squeeze(1));
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
