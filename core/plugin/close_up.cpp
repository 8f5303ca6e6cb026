// SPDX-License-Identifier: Apache-2.0
#include "plugin/close_up.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

/// Where each of S pixels of the window lies among the S of the crop.
class Places {
 public:
  Places(int64_t size, double share) {
    const at::Tensor centre = at::arange(size, at::kDouble) + 0.5;
    const double half = static_cast<double>(size) / 2;
    const at::Tensor from = (centre - half) * share + half;
    nearest_ = from.floor().clamp(0, static_cast<double>(size) - 1).to(at::kLong);
    const at::Tensor before = (from - 0.5).floor();
    part_ = (from - 0.5 - before).to(at::kFloat);
    first_ = before.clamp(0, static_cast<double>(size) - 1).to(at::kLong);
    second_ = (before + 1).clamp(0, static_cast<double>(size) - 1).to(at::kLong);
  }

  at::Tensor linear(const at::Tensor& pictures) const {
    const at::Tensor rows = along(pictures, -2, part_.unsqueeze(1));
    return along(rows, -1, part_);
  }
  at::Tensor nearest(const at::Tensor& pictures) const {
    return pictures.index_select(-2, nearest_).index_select(-1, nearest_);
  }

 private:
  at::Tensor along(const at::Tensor& x, int64_t dimension, const at::Tensor& part) const {
    return x.index_select(dimension, first_) * (1 - part) +
           x.index_select(dimension, second_) * part;
  }

  at::Tensor nearest_, first_, second_, part_;
};

}  // namespace

at::Tensor over_crop(const at::Tensor& maps, double share, int64_t size) {
  const int64_t cells = maps.size(-1);
  const double half = static_cast<double>(size) / 2, last = static_cast<double>(cells - 1);
  at::Tensor weights = at::zeros({size, cells}, at::kFloat);
  auto weight = weights.accessor<float, 2>();
  for (int64_t u = 0; u < size; ++u) {
    const double in_window = (static_cast<double>(u) + 0.5 - half) / share + half;
    if (in_window < 0 || in_window > static_cast<double>(size)) continue;
    const double place = in_window * static_cast<double>(cells) / static_cast<double>(size) - 0.5;
    const double clamped = std::clamp(place, 0.0, last);
    const auto below = static_cast<int64_t>(std::min(std::floor(clamped), std::max(last - 1, 0.0)));
    const double part = clamped - static_cast<double>(below);
    weight[u][below] += static_cast<float>(1 - part);
    if (below + 1 < cells) weight[u][below + 1] += static_cast<float>(part);
  }
  return at::matmul(at::matmul(weights, maps), weights.t());
}

ObservationBatch close_up(const ObservationBatch& batch, double share) {
  MONODR_CHECK(share > 0, "a window needs an extent");
  if (share == 1) return batch;
  const int64_t size = batch.mask.size(-1);
  const double half = static_cast<double>(size) / 2;
  const Places places(size, share);
  ObservationBatch closer = batch;
  closer.image = places.linear(batch.image);
  closer.mask = places.linear(batch.mask);
  closer.known = places.nearest(batch.known);
  closer.depth = places.nearest(batch.depth);
  closer.box = (batch.box - half) / share + half;
  closer.intrinsics = batch.intrinsics.clone();
  const at::Tensor focal_and_centre = closer.intrinsics.slice(1, 0, 2);
  focal_and_centre.select(2, 2).sub_(half);
  focal_and_centre.div_(share);
  focal_and_centre.select(2, 2).add_(half);
  return closer;
}

}  // namespace monodr
