// SPDX-License-Identifier: Apache-2.0
#include "volume_network.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "plugin/row_products.h"

namespace monodr::tsdf_autoencoder {
namespace {

// For a rectifier with that many inputs: He et al., Delving Deep into Rectifiers, ICCV 2015.
double he_deviation(std::int64_t inputs) {
  return std::sqrt(2 / static_cast<double>(inputs));
}

}  // namespace

Encoder::Encoder(const NetworkSize& size, Random& random) {
  const std::int64_t c = size.channels, half = c / 2, smallest = size.smallest();
  first = weight("first", {half, 1, 3, 3, 3}, he_deviation(27), random);
  first_bias = zeros("first_bias", {half});
  second = weight("second", {c, half, 3, 3, 3}, he_deviation(27 * half), random);
  second_bias = zeros("second_bias", {c});
  code = weight("code", {smallest, size.dims}, he_deviation(smallest), random);
}

at::Tensor Encoder::operator()(const at::Tensor& volumes) const {
  const at::Tensor half = at::relu(at::conv3d(volumes, first, first_bias, {2, 2, 2}, {1, 1, 1}));
  const at::Tensor small = at::relu(at::conv3d(half, second, second_bias, {2, 2, 1}, {1, 1, 1}));
  return at::mm(small.flatten(1), code);
}

Decoder::Decoder(const NetworkSize& size, Random& random) : size(size) {
  const std::int64_t c = size.channels, h = size.hidden, s = size.smallest();
  hidden = weight("hidden", {size.dims, h}, he_deviation(1), random);
  hidden_bias = weight("hidden_bias", {h}, 0.3, random);
  smallest = weight("smallest", {h, s}, he_deviation(h), random);
  smallest_bias = zeros("smallest_bias", {s});
  // A transposed convolution of stride 2 meets half of its 4 samples along an axis.
  first = weight("first", {c, c / 2, 4, 4, 3}, he_deviation(12 * c), random);
  first_bias = zeros("first_bias", {c / 2});
  second = zeros("second", {c / 2, 1, 4, 4, 4});
}

at::Tensor Decoder::operator()(const at::Tensor& codes) const {
  const auto as_code = [&](const at::Tensor& weights) { return weights.to(codes.dtype()); };
  const at::Tensor units = at::relu(row_products(codes, as_code(hidden), as_code(hidden_bias)));
  const at::Tensor small = at::relu(row_products(units, as_code(smallest), as_code(smallest_bias)));
  const auto& [x, y, z] = size.samples;
  const at::Tensor half =
      at::relu(at::conv_transpose3d(small.view({-1, size.channels, x / 4, y / 4, z / 2}),
                                    as_code(first),
                                    as_code(first_bias),
                                    {2, 2, 1},
                                    {1, 1, 1}));
  return at::conv_transpose3d(half, as_code(second), {}, {2, 2, 2}, {1, 1, 1}).flatten(1);
}

}  // namespace monodr::tsdf_autoencoder
