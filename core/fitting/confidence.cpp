// SPDX-License-Identifier: Apache-2.0
#include "fitting/confidence.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

namespace monodr {

ConfidenceFactors confidence_factors(const ObjectiveValue& value, const ObservationBatch& batch) {
  constexpr double kRangeDeviation = 0.05;
  const HypothesisBatch& hypothesis = value.hypothesis;
  const at::Tensor object = hypothesis.object;
  const at::Tensor known = batch.known.index_select(0, object) > 0.5;
  const at::Tensor mask = (batch.mask.index_select(0, object) > 0.5).logical_and(known);
  const at::Tensor drawn = (value.rendering.silhouette > 0.5).logical_and(known);
  const auto count = [](const at::Tensor& set) { return set.sum({1, 2}).to(at::kFloat); };

  ConfidenceFactors factors;
  factors.mask = count(mask.logical_and(drawn)) / count(mask.logical_or(drawn)).clamp_min(1);

  const at::Tensor observed = batch.depth.index_select(0, object);
  const at::Tensor& rendered = value.rendering.depth;
  const at::Tensor both = (observed > 0).logical_and(rendered > 0);
  const at::Tensor residual =
      at::where(both,
                (rendered.clamp_min(0.1) / observed.clamp_min(0.1)).log().abs(),
                at::zeros_like(observed));
  factors.depth = (-residual.sum({1, 2}) / count(both).clamp_min(1)).exp();

  const at::Tensor x = hypothesis.location.select(1, 0), z = hypothesis.location.select(1, 2);
  const at::Tensor alpha = hypothesis.rotation_y - azimuth(x, z);
  const at::Tensor tolerance = (1.0 / 3) / (alpha.sin().abs() / hypothesis.dimensions.select(1, 2) +
                                            alpha.cos().abs() / hypothesis.dimensions.select(1, 1));
  factors.range = at::erf(tolerance / (kRangeDeviation * std::sqrt(2.0) * z));
  return factors;
}

}  // namespace monodr
