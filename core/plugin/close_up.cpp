// SPDX-License-Identifier: Apache-2.0
#include "plugin/close_up.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

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
