// SPDX-License-Identifier: Apache-2.0
#include "volume_network.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "plugin/row_products.h"

namespace monodr::tsdf_autoencoder {
namespace {

using shape_priors::NormalSource;

// `inputs` numbers go into each output: deviation after He et al., Delving Deep into Rectifiers,
// ICCV 2015.
at::Tensor random_weights(at::IntArrayRef shape, double inputs, NormalSource& normal) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return normal.draw(count, 1, std::sqrt(2 / inputs)).view(shape);
}

}  // namespace

Encoder Encoder::random(const NetworkSize& size, NormalSource& normal) {
  const std::int64_t half = size.channels / 2;
  Encoder encoder;
  encoder.first = random_weights({half, 1, 3, 3, 3}, 27, normal);
  encoder.first_bias = at::zeros({half});
  encoder.second =
      random_weights({size.channels, half, 3, 3, 3}, 27 * static_cast<double>(half), normal);
  encoder.second_bias = at::zeros({size.channels});
  encoder.code =
      random_weights({size.smallest(), size.dims}, static_cast<double>(size.smallest()), normal);
  return encoder;
}

at::Tensor Encoder::operator()(const at::Tensor& volumes) const {
  const at::Tensor half = at::relu(at::conv3d(volumes, first, first_bias, {2, 2, 2}, {1, 1, 1}));
  const at::Tensor small = at::relu(at::conv3d(half, second, second_bias, {2, 2, 1}, {1, 1, 1}));
  return at::mm(small.flatten(1), code);
}

std::vector<at::Tensor*> Encoder::weights() {
  return {&first, &first_bias, &second, &second_bias, &code};
}

Decoder Decoder::random(const NetworkSize& size, NormalSource& normal) {
  Decoder decoder;
  decoder.size = size;
  const auto hidden = static_cast<double>(size.hidden);
  const std::int64_t half = size.channels / 2;
  decoder.hidden = random_weights({size.dims, size.hidden}, 1, normal);
  decoder.hidden_bias = normal.draw(1, size.hidden, 0.3).squeeze(0);
  decoder.smallest = random_weights({size.hidden, size.smallest()}, hidden, normal);
  decoder.smallest_bias = at::zeros({size.smallest()});
  // A transposed convolution of stride 2 meets half of its 4 samples along an axis.
  decoder.first = random_weights(
      {size.channels, half, 4, 4, 3}, 12 * static_cast<double>(size.channels), normal);
  decoder.first_bias = at::zeros({half});
  decoder.second = at::zeros({half, 1, 4, 4, 4});
  return decoder;
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

std::vector<at::Tensor*> Decoder::weights() {
  return {&hidden, &hidden_bias, &smallest, &smallest_bias, &first, &first_bias, &second};
}

}  // namespace monodr::tsdf_autoencoder
