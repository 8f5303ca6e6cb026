// SPDX-License-Identifier: Apache-2.0
#include "fitting/heading_modes.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fitting/heading_distribution.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr double kSameMode = 45 * M_PI / 180;

Box3d box_of(const at::Tensor& row) {
  const double* v = row.data_ptr<double>();
  Box3d box;
  box.location = {v[0], v[1], v[2]};
  box.height = v[3];
  box.width = v[4];
  box.length = v[5];
  box.rotation_y = wrap_angle(v[6]);
  return box;
}

HeadingMode mode_of(const HeadingCandidates& candidates, int64_t object, int64_t candidate) {
  HeadingMode mode;
  mode.box = box_of(candidates.boxes.select(0, object).select(0, candidate));
  mode.alpha =
      alpha_from_rotation_y(mode.box.rotation_y, mode.box.location.x(), mode.box.location.z());
  mode.loss = candidates.losses.select(0, object).select(0, candidate).item<double>();
  return mode;
}

std::vector<HeadingMode> finite_modes(const HeadingCandidates& candidates, int64_t object) {
  std::vector<HeadingMode> modes;
  for (int64_t i = 0; i < candidates.losses.size(1); ++i)
    modes.push_back(mode_of(candidates, object, i));
  std::erase_if(modes, [](const HeadingMode& mode) { return !std::isfinite(mode.loss); });
  std::stable_sort(modes.begin(), modes.end(), [](const HeadingMode& a, const HeadingMode& b) {
    return a.loss < b.loss;
  });
  return modes;
}

void add_new_ones(const std::vector<HeadingMode>& candidates, std::vector<HeadingMode>& modes) {
  for (const HeadingMode& candidate : candidates)
    if (std::none_of(modes.begin(), modes.end(), [&](const HeadingMode& mode) {
          return angle_difference(mode.alpha, candidate.alpha) < kSameMode;
        }))
      modes.push_back(candidate);
}

}  // namespace

HeadingCandidates heading_candidates(const HypothesisBatch& hypotheses,
                                     const at::Tensor& losses,
                                     double failed_loss) {
  const int64_t objects = losses.size(0), each = losses.size(1);
  const at::Tensor boxes =
      at::cat({hypotheses.location, hypotheses.dimensions, hypotheses.rotation_y.unsqueeze(1)}, 1);
  const at::Tensor above =
      losses.to(at::kDouble) - std::get<0>(losses.min(1, true)).to(at::kDouble);
  return {boxes.to(at::kDouble).view({objects, each, 7}).contiguous(),
          above.masked_fill(losses >= failed_loss, std::numeric_limits<double>::infinity())};
}

std::vector<HeadingMode> heading_modes(const HeadingCandidates& last,
                                       const HeadingCandidates& earlier,
                                       int64_t object,
                                       int64_t reported,
                                       double best_loss,
                                       double temperature) {
  if (last.losses.size(1) == 1 && earlier.empty()) return {};
  std::vector<HeadingMode> modes{mode_of(last, object, reported)};
  if (!std::isfinite(modes.front().loss)) return {};
  add_new_ones(finite_modes(last, object), modes);
  if (!earlier.empty()) add_new_ones(finite_modes(earlier, object), modes);
  std::stable_sort(modes.begin() + 1, modes.end(), [](const HeadingMode& a, const HeadingMode& b) {
    return a.loss < b.loss;
  });
  double sum = 0;
  for (HeadingMode& mode : modes) sum += mode.probability = std::exp(-mode.loss / temperature);
  for (HeadingMode& mode : modes) {
    mode.probability /= sum;
    mode.loss += best_loss;
  }
  return modes;
}

std::vector<HeadingMode> heading_modes_said(const at::Tensor& distribution,
                                            const Box3d& box,
                                            double alpha,
                                            double loss,
                                            double temperature) {
  constexpr int64_t kModes = 4;  // front, rear and both sides
  std::vector<HeadingMode> modes;
  for (const HeadingPeak& peak : heading_peaks(distribution, kModes)) {
    if (peak.probability <= 0) continue;
    HeadingMode mode;
    mode.box = box;
    mode.box.rotation_y = wrap_angle(box.rotation_y + peak.heading - alpha);
    mode.alpha = wrap_angle(peak.heading);
    mode.probability = peak.probability;
    mode.loss = loss;
    if (!modes.empty())
      mode.loss += temperature * std::log(modes.front().probability / peak.probability);
    modes.push_back(mode);
  }
  return modes;
}

}  // namespace monodr
