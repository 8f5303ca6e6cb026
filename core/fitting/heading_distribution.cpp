// SPDX-License-Identifier: Apache-2.0
#include "fitting/heading_distribution.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "geometry/rotation.h"
#include "plugin/predictor.h"

namespace monodr {
namespace {

constexpr double kApart = 45 * M_PI / 180;  // of peaks that are different answers

/// The mean direction of a bin and its neighbours.
double heading_near(const std::vector<double>& probability, int64_t bin) {
  const auto bins = static_cast<int64_t>(probability.size());
  double x = 0, y = 0;
  for (int64_t step = -1; step <= 1; ++step) {
    const int64_t near = (bin + step + bins) % bins;
    const double p = probability[static_cast<size_t>(near)];
    x += p * std::cos(heading_of_bin(near, bins));
    y += p * std::sin(heading_of_bin(near, bins));
  }
  return std::atan2(y, x);
}

bool is_apart(const std::vector<HeadingPeak>& peaks, double heading) {
  return std::none_of(peaks.begin(), peaks.end(), [&](const HeadingPeak& peak) {
    return angle_difference(peak.heading, heading) < kApart;
  });
}

/// The best hills, without their probabilities.
std::vector<HeadingPeak> hills(const std::vector<double>& probability, int64_t count) {
  const auto bins = static_cast<int64_t>(probability.size());
  const auto at = [&](int64_t bin) {
    return probability[static_cast<size_t>((bin + bins) % bins)];
  };
  std::vector<int64_t> order;
  for (int64_t bin = 0; bin < bins; ++bin)
    if (at(bin) >= at(bin - 1) && at(bin) >= at(bin + 1)) order.push_back(bin);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return at(a) > at(b); });
  std::vector<HeadingPeak> peaks;
  for (const int64_t bin : order) {
    const double heading = heading_near(probability, bin);
    if (static_cast<int64_t>(peaks.size()) < count && is_apart(peaks, heading))
      peaks.push_back({heading, 0});
  }
  return peaks;
}

}  // namespace

std::vector<double> likely_turns(int64_t count) {
  std::vector<double> angles{0, M_PI, M_PI / 2, -M_PI / 2};
  for (double step = M_PI / 4; static_cast<int64_t>(angles.size()) < count; step /= 2)
    for (double angle = step; angle < 2 * M_PI; angle += 2 * step) angles.push_back(angle);
  angles.resize(static_cast<size_t>(count));
  return angles;
}

at::Tensor heading_log_probability(const at::Tensor& distribution,
                                   const at::Tensor& object,
                                   const at::Tensor& heading) {
  const int64_t bins = distribution.size(1);
  const at::Tensor place = at::where(at::isfinite(heading), heading, at::zeros_like(heading)) *
                               (static_cast<double>(bins) / (2 * M_PI)) -
                           0.5;
  const at::Tensor below = at::floor(place);
  const at::Tensor share = place - below;
  const at::Tensor rows = distribution.index_select(0, object);
  const auto value = [&](const at::Tensor& bin) {
    return rows.gather(1, bin.to(at::kLong).remainder(bins).unsqueeze(1)).squeeze(1);
  };
  return value(below) * (1 - share) + value(below + 1) * share;
}

at::Tensor heading_target(const at::Tensor& heading, int64_t bins, double sharpness) {
  const at::Tensor centres =
      (at::arange(bins, heading.options()) + 0.5) * (2 * M_PI / static_cast<double>(bins));
  return at::softmax((centres.unsqueeze(0) - heading.unsqueeze(1)).cos() / sharpness, 1);
}

at::Tensor mirrored_distribution(const at::Tensor& distribution) {
  // pi - centre(i) = centre(bins / 2 - 1 - i): turned around, then shifted by half a circle.
  return distribution.flip(1).roll(distribution.size(1) / 2, 1);
}

double heading_support(const std::vector<float>& probabilities, double heading) {
  const auto bins = static_cast<int64_t>(probabilities.size());
  double support = 0;
  for (int64_t bin = 0; bin < bins; ++bin)
    if (angle_difference(heading_of_bin(bin, bins), heading) <= kApart)
      support += probabilities[static_cast<size_t>(bin)];
  return support;
}

std::vector<HeadingPeak> heading_peaks(const at::Tensor& distribution_row, int64_t count) {
  const at::Tensor row = distribution_row.detach().to(at::kDouble).exp().contiguous();
  const std::vector<double> probability(row.data_ptr<double>(),
                                        row.data_ptr<double>() + row.numel());
  std::vector<HeadingPeak> peaks = hills(probability, count);
  MONODR_CHECK(!peaks.empty(), "a distribution has a best bin");
  for (const double turn : likely_turns(4 * count)) {
    if (static_cast<int64_t>(peaks.size()) >= count) break;
    const double heading = peaks[0].heading + turn;
    if (is_apart(peaks, heading)) peaks.push_back({wrap_angle(heading), 0});
  }
  for (const double turn : likely_turns(8 * count)) {  // no room between them any more
    if (static_cast<int64_t>(peaks.size()) >= count) break;
    const double heading = wrap_angle(peaks[0].heading + turn);
    if (std::none_of(peaks.begin(), peaks.end(), [&](const HeadingPeak& peak) {
          return angle_difference(peak.heading, heading) < 1e-6;
        }))
      peaks.push_back({heading, 0});
  }
  const auto bins = static_cast<int64_t>(probability.size());
  for (int64_t bin = 0; bin < bins; ++bin) {
    const auto nearest = std::min_element(
        peaks.begin(), peaks.end(), [&](const HeadingPeak& a, const HeadingPeak& b) {
          return angle_difference(a.heading, heading_of_bin(bin, bins)) <
                 angle_difference(b.heading, heading_of_bin(bin, bins));
        });
    nearest->probability += probability[static_cast<size_t>(bin)];
  }
  const double sum =
      std::accumulate(peaks.begin(), peaks.end(), 0.0, [](double so_far, const HeadingPeak& peak) {
        return so_far + peak.probability;
      });
  for (HeadingPeak& peak : peaks) peak.probability /= sum;
  std::stable_sort(peaks.begin() + 1, peaks.end(), [](const HeadingPeak& a, const HeadingPeak& b) {
    return a.probability > b.probability;
  });
  return peaks;
}

}  // namespace monodr
