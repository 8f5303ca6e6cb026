// SPDX-License-Identifier: Apache-2.0
#include "decoder.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/row_products.h"

namespace monodr::mesh_autoencoder {
namespace {

// [N,3,H] -> [N,V,3]: the right half repeats the left vertices, with `z_sign` on the third channel.
at::Tensor mirrored(const at::Tensor& half, int left, double third_channel_sign) {
  const at::Tensor sign = at::ones({3, 1}, half.options());
  sign[2] = third_channel_sign;
  const at::Tensor right = half.narrow(2, 0, left) * sign;
  return at::cat({half, right}, 2).transpose(1, 2).contiguous();
}

}  // namespace

Decoder::Decoder(std::int64_t dims,
                 std::int64_t hidden,
                 std::int64_t components,
                 std::int64_t columns)
    : shape_hidden(zeros("shape_hidden", {dims, hidden})),
      shape_hidden_bias(zeros("shape_hidden_bias", {hidden})),
      shape_mix(zeros("shape_mix", {1 + dims + hidden, components})),
      shape_mean(zeros("shape_mean", {columns})),
      shape_basis(zeros("shape_basis", {components, columns})) {}

at::Tensor features(const at::Tensor& code, const at::Tensor& hidden, const at::Tensor& bias) {
  return at::cat({at::ones({code.size(0), 1}, code.options()),
                  code,
                  at::tanh(row_products(code, hidden, bias))},
                 1);
}

at::Tensor Decoder::vertices(const at::Tensor& shape_code, int left) const {
  const auto as_code = [&](const at::Tensor& weights) { return weights.to(shape_code.dtype()); };
  const at::Tensor f = features(shape_code, as_code(shape_hidden), as_code(shape_hidden_bias));
  const at::Tensor mixed = row_products(f, as_code(shape_mix));
  const at::Tensor half = row_products(mixed, as_code(shape_basis), as_code(shape_mean))
                              .view({shape_code.size(0), 3, -1});

  // x and y to [-0.5,0.5]; z is symmetric, so that its largest value alone is scaled to 0.5.
  const at::Tensor high = half.amax(2, true);
  const at::Tensor low = at::cat({half.narrow(1, 0, 2).amin(2, true), -high.narrow(1, 2, 1)}, 1);
  const at::Tensor extent = high - low;
  return mirrored(half / extent - (high + low) / (2 * extent), left, -1);
}

at::Tensor whole_colours(const at::Tensor& half, int left) {
  return mirrored(half.clamp(0, 1), left, 1);
}

}  // namespace monodr::mesh_autoencoder
