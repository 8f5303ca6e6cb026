// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/parameters.h"
#include "plugin/shape_prior.h"
#include "texture_field.h"

namespace monodr::shape_priors {

/// What all priors of this tree have in common: white codes of `latent_dims` and `texture_dims`
/// dimensions, and colours by a TextureField. A prior adds its shapes.
class TexturedPrior : public ShapePrior {
 public:
  int shape_dimensions() const final { return integer("latent_dims"); }
  int texture_dimensions() const final { return integer("texture_dims"); }

  /// That of a standard normal.
  at::Tensor log_prior(const at::Tensor& shape_code, const at::Tensor& texture_code) const final;
  at::Tensor texture_from_paint(const at::Tensor& paint) const final;

  /// Those of the shapes and of the texture field.
  TensorTable state() const final;
  void restore(const TensorTable& state) final;

 protected:
  /// `positions`: how many the texture field has a colour at.
  TexturedPrior(const Parameters& parameters, std::int64_t positions)
      : parameters_(parameters), positions_(positions) {}

  virtual TensorTable shape_state() const = 0;
  virtual void restore_shape(const TensorTable& state) = 0;

  int integer(const std::string& name) const { return static_cast<int>(parameters_.integer(name)); }
  void check_trained() const;
  void check_codes(const at::Tensor& shape_code, const at::Tensor& texture_code) const;
  /// UserError where there are fewer meshes than dimensions.
  void check_size(const std::vector<CorpusItem>& corpus) const;

  Parameters parameters_;
  TextureField texture_;  ///< undefined until trained

 private:
  std::int64_t positions_;
};

/// Parameters `latent_dims`, with this default, and `texture_dims`.
ParameterSchema code_schema(std::int64_t latent_dims);

}  // namespace monodr::shape_priors
