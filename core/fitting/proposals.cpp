// SPDX-License-Identifier: Apache-2.0
#include "fitting/proposals.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "fitting/heading_distribution.h"
#include "plugin/close_up.h"

namespace monodr {
namespace {

/// [B] bool: depth under the mask.
at::Tensor has_depth(const ObservationBatch& batch) {
  return batch.depth.gt(0).logical_and(batch.mask.ge(0.5)).flatten(1).any(1);
}

/// [K] of one object: the head that is both likely and near to each heading.
at::Tensor heads_of(const at::Tensor& log_probability,
                    const at::Tensor& head_headings,
                    const at::Tensor& headings) {
  constexpr double kNearness =
      4;  // a head at the heading beats one across that is 3000 times likelier
  const at::Tensor apart = headings.unsqueeze(1) - head_headings.unsqueeze(0);
  return (log_probability.unsqueeze(0) + kNearness * apart.cos()).argmax(1);
}

/// Side of window k over that of the crop.
double window_side(int k, int windows) {
  constexpr double kWidest = 0.12;
  return windows == 1 ? 1 : 1 + kWidest * (2.0 * k / (windows - 1) - 1);
}

}  // namespace

ObservationBatch mirrored(const ObservationBatch& batch) {
  const double size = static_cast<double>(batch.mask.size(-1));
  ObservationBatch other = batch;
  for (at::Tensor* picture : {&other.image, &other.mask, &other.known, &other.depth})
    *picture = picture->flip(-1).contiguous();
  const auto column = [](const at::Tensor& table, int64_t i) { return table.select(1, i); };
  other.box = at::stack({size - column(batch.box, 2),
                         column(batch.box, 1),
                         size - column(batch.box, 0),
                         column(batch.box, 3)},
                        1);
  other.free_sides = at::stack({column(batch.free_sides, 2),
                                column(batch.free_sides, 1),
                                column(batch.free_sides, 0),
                                column(batch.free_sides, 3)},
                               1);
  other.intrinsics = batch.intrinsics.clone();
  const at::Tensor centre = other.intrinsics.select(1, 0).select(1, 2);
  centre.copy_(size - centre);
  return other;
}

Proposals ask(const Predictor& predictor, const ObservationBatch& batch, const Views& views) {
  const at::NoGradGuard no_gradient;
  Proposals proposals = predictor.predict(batch);
  if (!views.mirror && views.windows == 1) return proposals;
  // In double: float's exp and log round what is left over behind the last whole vector otherwise.
  const auto probabilities = [](const at::Tensor& heading) {
    return heading.to(at::kDouble).exp();
  };
  at::Tensor sum = at::zeros_like(proposals.heading, at::kDouble);
  for (int k = 0; k < views.windows; ++k) {
    const bool is_crop = 2 * k + 1 == views.windows;
    const ObservationBatch window = close_up(batch, window_side(k, views.windows));
    sum += probabilities(is_crop ? proposals.heading : predictor.predict(window).heading);
    if (views.mirror)
      sum += probabilities(mirrored_distribution(predictor.predict(mirrored(window)).heading));
  }
  proposals.heading = (sum / (views.windows * (views.mirror ? 2 : 1))).log().to(at::kFloat);
  return proposals;
}

at::Tensor proposed_states(const at::Tensor& proposed,
                           const at::Tensor& starts,
                           const StateLayout& layout) {
  using From = PredictorLayout;
  const int64_t texture = From::kShape + layout.shape_dimensions;
  return at::cat({starts.slice(1, 0, StateLayout::kSize) + proposed.slice(1, 0, From::kSize),
                  proposed.slice(1, From::kSize, From::kShape),
                  at::zeros({proposed.size(0), 2}, proposed.options()),
                  proposed.slice(1, From::kShape, texture),
                  starts.slice(1, layout.texture()) + proposed.slice(1, texture)},
                 1);
}

Starts PredictorInitialiser::start(const std::vector<Observation>& observations,
                                   const ObservationBatch& batch,
                                   const ShapePrior& prior,
                                   const StateLayout& layout,
                                   const FitSettings& settings) const {
  const int64_t objects = batch.count(), count = settings.hypotheses;
  Starts starts = HeadingInitialiser().start(observations, batch, prior, layout, settings);
  const Proposals said = ask(*predictor_, batch, views_);
  at::Tensor proposed = at::empty({objects, count, said.state.size(2)}, at::kFloat);
  starts.log_probability = at::empty({objects, count}, at::kFloat);
  for (int64_t b = 0; b < objects; ++b) {
    const std::vector<HeadingPeak> peaks = heading_peaks(said.heading.select(0, b), count);
    at::Tensor headings = at::empty({count}, at::kFloat);
    for (int64_t k = 0; k < count; ++k) {
      const HeadingPeak& peak = peaks[static_cast<size_t>(k)];
      headings.data_ptr<float>()[k] = static_cast<float>(peak.heading);
      starts.log_probability.data_ptr<float>()[b * count + k] =
          static_cast<float>(std::log(std::max(peak.probability, 1e-12)));
    }
    const at::Tensor own = said.state.select(0, b);
    const at::Tensor heads = heads_of(
        said.log_probability.select(0, b), own.select(1, PredictorLayout::kHeading), headings);
    proposed.select(0, b).copy_(own.index_select(0, heads));
    proposed.select(0, b).select(1, PredictorLayout::kHeading).copy_(headings);
  }
  if (settings.start_depth == StartDepth::median_depth)
    proposed.select(2, PredictorLayout::kDepth).masked_fill_(has_depth(batch).unsqueeze(1), 0);
  starts.state = proposed_states(proposed.flatten(0, 1), starts.state, layout);
  starts.heading = said.heading;
  return starts;
}

}  // namespace monodr
