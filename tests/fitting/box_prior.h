// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/shape_prior.h"

namespace monodr {

/// A shape prior with one shape, the unit box: what a fit needs when the shape is not the point.
class BoxPrior : public ShapePrior {
 public:
  int shape_dimensions() const override { return 2; }
  int texture_dimensions() const override { return 3; }

  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    std::vector<float> corners;
    for (int i = 0; i < 8; ++i)
      for (const int bit : {1, 2, 4}) corners.push_back((i & bit) != 0 ? 0.5F : -0.5F);
    DecodedShape shape;
    const int64_t count = shape_code.size(0);
    shape.vertices = at::tensor(corners).view({1, 8, 3}).expand({count, 8, 3}) +
                     0 * shape_code.sum(1).view({-1, 1, 1});
    shape.faces = at::tensor(std::vector<int64_t>{0, 1, 2}).view({1, 3});
    shape.colours = texture_code.unsqueeze(1).expand({count, 8, 3});
    return shape;
  }

  at::Tensor log_prior(const at::Tensor& shape_code, const at::Tensor&) const override {
    return -0.5 * shape_code.square().sum(1);
  }
  at::Tensor texture_from_paint(const at::Tensor& paint) const override { return paint; }
  void train(const std::vector<CorpusItem>&, const TrainingRun&) override {}
  TensorTable state() const override { return {}; }
  void restore(const TensorTable&) override {}
};

/// BoxPrior with all its faces, so that there is something to see.
class SolidBoxPrior : public BoxPrior {
 public:
  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    DecodedShape shape = BoxPrior::decode(shape_code, texture_code);
    // Corner i lies at x > 0 where bit 0 of i is set, y for bit 1, z for bit 2.
    shape.faces =
        at::tensor(std::vector<int64_t>{0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4,
                                        2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5})
            .view({12, 3});
    return shape;
  }
};

}  // namespace monodr
