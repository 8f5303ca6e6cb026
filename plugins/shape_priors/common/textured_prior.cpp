// SPDX-License-Identifier: Apache-2.0
#include "textured_prior.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "base/error.h"
#include "plugin/prior_file.h"

namespace monodr::shape_priors {

at::Tensor TexturedPrior::log_prior(const at::Tensor& shape_code,
                                    const at::Tensor& texture_code) const {
  check_codes(shape_code, texture_code);
  return -0.5 * (shape_code.square().sum(1) + texture_code.square().sum(1));
}

at::Tensor TexturedPrior::texture_from_paint(const at::Tensor& paint) const {
  check_trained();
  MONODR_CHECK(paint.dim() == 2 && paint.size(1) == 3, "paint must be [N,3]");
  return texture_.texture_from_paint(paint);
}

TensorTable TexturedPrior::state() const {
  check_trained();
  TensorTable state = shape_state();
  state["texture_basis"] = texture_.basis;
  state["paint_to_texture"] = texture_.paint_to_texture;
  return state;
}

void TexturedPrior::restore(const TensorTable& state) {
  const std::int64_t d = shape_dimensions(), t = texture_dimensions();
  TextureField texture;
  texture.basis = take_array(state, "texture_basis", {(1 + t) * (1 + d), 3 * positions_});
  texture.paint_to_texture = take_array(state, "paint_to_texture", {4, t});
  restore_shape(state);
  texture_ = std::move(texture);
}

void TexturedPrior::check_trained() const {
  MONODR_CHECK(texture_.basis.defined(),
               "the shape prior is asked before it was trained or loaded");
}

void TexturedPrior::check_codes(const at::Tensor& shape_code,
                                const at::Tensor& texture_code) const {
  check_trained();
  MONODR_CHECK(shape_code.dim() == 2 && shape_code.size(1) == shape_dimensions(),
               "shape codes must be [N,{}]",
               shape_dimensions());
  MONODR_CHECK(texture_code.dim() == 2 && texture_code.size(1) == texture_dimensions() &&
                   texture_code.size(0) == shape_code.size(0),
               "texture codes must be [{},{}]",
               shape_code.size(0),
               texture_dimensions());
}

void TexturedPrior::check_size(const std::vector<CorpusItem>& corpus) const {
  const size_t least = static_cast<size_t>(std::max(shape_dimensions(), texture_dimensions())) + 2;
  if (corpus.size() < least)
    throw UserError(
        fmt::format("a corpus of {} meshes is too small for {} shape and {} texture "
                    "dimensions; at least {} are needed",
                    corpus.size(),
                    shape_dimensions(),
                    texture_dimensions(),
                    least));
}

ParameterSchema code_schema(std::int64_t latent_dims) {
  return {{"latent_dims", latent_dims, "1", "dimensions of the shape code", 1, 64},
          {"texture_dims", std::int64_t{4}, "1", "dimensions of the texture code", 1, 64}};
}

}  // namespace monodr::shape_priors
