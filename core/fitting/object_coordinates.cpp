// SPDX-License-Identifier: Apache-2.0
#include "fitting/object_coordinates.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "geometry/similarity.h"

namespace monodr {
namespace {

constexpr double kRim = 0.03;  ///< of a box's side: what lies so far outside is still of the object
constexpr double kMaskWeight = 2;
constexpr size_t kMostPairs = 256;
constexpr double kMostGrowth = 1.25;  ///< of a car's size to its class's

/// Mean of `values` [B,S,S] where `where` [B,S,S] is true; 0 where it nowhere is.
at::Tensor mean_where(const at::Tensor& values, const at::Tensor& where) {
  const at::Tensor share = where.to(values.scalar_type());
  return (values * share).flatten(1).sum(1) / share.flatten(1).sum(1).clamp_min(1);
}

/// [B,3,S,S]: the point that each pixel's centre measures.
at::Tensor points_of(const ObservationBatch& batch) {
  const int64_t size = batch.depth.size(-1);
  const at::Tensor centre = at::arange(size, batch.depth.options()) + 0.5;
  const auto k = [&](int64_t row, int64_t column) {
    return batch.intrinsics.select(1, row).select(1, column).view({-1, 1, 1});
  };
  const at::Tensor x = (centre.view({1, 1, size}) - k(0, 2)) / k(0, 0) * batch.depth;
  const at::Tensor y = (centre.view({1, size, 1}) - k(1, 2)) / k(1, 1) * batch.depth;
  return at::stack({x, y, batch.depth}, 1);
}

/// The mean of the likeliest of `bins` log-probabilities, `stride` numbers apart, and its neighbours.
float value_of(const float* log_probability, int64_t bins, int64_t stride) {
  int64_t best = 0;
  for (int64_t i = 1; i < bins; ++i)
    if (log_probability[i * stride] > log_probability[best * stride]) best = i;
  double sum = 0, weights = 0;
  for (int64_t i = std::max<int64_t>(best - 1, 0); i <= std::min(best + 1, bins - 1); ++i) {
    const double weight =
        std::exp(double{log_probability[i * stride]} - double{log_probability[best * stride]});
    sum += weight * (static_cast<double>(i) + 0.5);
    weights += weight;
  }
  return static_cast<float>(sum / weights / static_cast<double>(bins));
}

}  // namespace

at::Tensor coordinates_in(const UprightBoxes& boxes, const ObservationBatch& batch) {
  const auto column = [](const at::Tensor& table, int64_t i) {
    return table.select(1, i).view({-1, 1, 1});
  };
  const at::Tensor points = points_of(batch);
  const at::Tensor height = column(boxes.dimensions, 0);
  const at::Tensor x = points.select(1, 0) - column(boxes.location, 0);
  const at::Tensor y = points.select(1, 1) - column(boxes.location, 1) + height / 2;
  const at::Tensor z = points.select(1, 2) - column(boxes.location, 2);
  const at::Tensor c = boxes.rotation_y.cos().view({-1, 1, 1}),
                   s = boxes.rotation_y.sin().view({-1, 1, 1});
  return at::stack({(c * x - s * z) / column(boxes.dimensions, 2),
                    y / height,
                    (s * x + c * z) / column(boxes.dimensions, 1)},
                   1) +
         0.5;
}

at::Tensor coordinate_loss(const Proposals& proposals,
                           const UprightBoxes& known,
                           const ObservationBatch& batch) {
  const int64_t bins = proposals.coordinates.size(2);
  const at::Tensor own = coordinates_in(known, batch).detach();
  const at::Tensor inside = own.gt(-kRim).logical_and(own.lt(1 + kRim)).all(1);
  const at::Tensor is_known = batch.known.gt(0.5);
  const at::Tensor told =
      inside.logical_and(batch.depth.gt(0)).logical_and(batch.mask.ge(0.5)).logical_and(is_known);
  const double last = static_cast<double>(bins - 1);
  const at::Tensor place = (own * static_cast<double>(bins) - 0.5).clamp(0, last);
  const at::Tensor below = place.floor().clamp_max(last - 1);
  const at::Tensor part = place - below;
  const at::Tensor bin = below.to(at::kLong).unsqueeze(2);
  const at::Tensor entropy = -((1 - part) * proposals.coordinates.gather(2, bin).squeeze(2) +
                               part * proposals.coordinates.gather(2, bin + 1).squeeze(2))
                                  .sum(1);
  const at::Tensor masked = at::softplus(proposals.presence) - batch.mask * proposals.presence;
  return mean_where(entropy, told) + kMaskWeight * mean_where(masked, is_known);
}

at::Tensor mirrored_coordinates(const at::Tensor& coordinates) {
  const at::Tensor across = coordinates.narrow(1, 2, 1).flip(2);
  return at::cat({coordinates.narrow(1, 0, 2), across}, 1).flip(-1);
}

at::Tensor read_coordinates(const Proposals& proposals) {
  const at::Tensor distributions = proposals.coordinates.contiguous(),
                   odds = proposals.presence.contiguous();
  const int64_t bins = distributions.size(2), pixels = odds[0].numel();
  at::Tensor read =
      at::empty({odds.size(0), 4, odds.size(1), odds.size(2)}, distributions.options());
  for (int64_t b = 0; b < odds.size(0); ++b) {
    float* out = read.data_ptr<float>() + b * 4 * pixels;
    for (int64_t axis = 0; axis < 3; ++axis) {
      const float* in = distributions.data_ptr<float>() + (b * 3 + axis) * bins * pixels;
      for (int64_t p = 0; p < pixels; ++p) *out++ = value_of(in + p, bins, pixels);
    }
    const float* in = odds.data_ptr<float>() + b * pixels;
    for (int64_t p = 0; p < pixels; ++p)
      *out++ = static_cast<float>(1 / (1 + std::exp(-double{in[p]})));
  }
  return read;
}

std::optional<CoordinatePose> pose_from_coordinates(const ObservationBatch& batch,
                                                    const at::Tensor& coordinates,
                                                    int64_t object) {
  const int64_t side = batch.mask.size(-1), pixels = side * side;
  const auto row = [&](const at::Tensor& table, int64_t size) {
    return table.data_ptr<float>() + object * size;
  };
  const float *mask = row(batch.mask, pixels), *known = row(batch.known, pixels),
              *depth = row(batch.depth, pixels), *said = row(coordinates, 4 * pixels),
              *k = row(batch.intrinsics, 9), *mean = row(batch.size_mean, 3);
  const Eigen::Vector3d size(mean[2], mean[0], mean[1]);
  std::vector<PointPair> pairs;
  for (int64_t p = 0; p < pixels; ++p) {
    const bool is_object = mask[p] > 0.5F && known[p] > 0.5F && said[3 * pixels + p] > 0.5F;
    if (!is_object || !(depth[p] > 0)) continue;
    const double u = static_cast<double>(p % side) + 0.5, v = static_cast<double>(p / side) + 0.5;
    const double z = depth[p];
    const Eigen::Vector3d own(said[p], said[pixels + p], said[2 * pixels + p]);
    pairs.push_back({(own.array() - 0.5).matrix().cwiseProduct(size),
                     {(u - k[2]) / k[0] * z, (v - k[5]) / k[4] * z, z}});
  }
  if (pairs.size() > kMostPairs) {
    for (size_t i = 0; i < kMostPairs; ++i) pairs[i] = pairs[i * pairs.size() / kMostPairs];
    pairs.resize(kMostPairs);
  }
  RansacSettings settings;
  settings.scale = {1 / kMostGrowth, kMostGrowth};
  const auto found = robust_similarity(pairs, Turns::about_y, settings, 0);
  if (!found || !(found->similarity.translation.z() > 0)) return std::nullopt;
  const Similarity& similarity = found->similarity;
  CoordinatePose result;
  result.pose.centre = similarity.translation;
  result.pose.rotation_y = std::atan2(similarity.rotation(0, 2), similarity.rotation(0, 0));
  result.scale = similarity.scale;
  return result;
}

}  // namespace monodr
