// SPDX-License-Identifier: Apache-2.0
#include "fitting/observation_batch.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>

#include "base/error.h"

namespace monodr {
namespace {

/// [B, values per object] from one vector of each observation.
at::Tensor stack(const std::vector<Observation>& observations,
                 std::vector<float> Observation::*field,
                 at::IntArrayRef shape) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  const int64_t count = static_cast<int64_t>(observations.size());
  const int64_t stride = count > 0 ? tensor.numel() / count : 0;
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<float>& values = observations[i].*field;
    MONODR_CHECK(static_cast<int64_t>(values.size()) == stride,
                 "object {} of frame {} holds {} values, {} are expected",
                 observations[i].object,
                 observations[i].frame,
                 values.size(),
                 stride);
    std::copy(values.begin(), values.end(), tensor.data_ptr<float>() + i * stride);
  }
  return tensor;
}

at::Tensor rows(const std::vector<std::vector<float>>& values, int64_t columns) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size()), columns}, at::kFloat);
  for (size_t i = 0; i < values.size(); ++i)
    std::copy(values[i].begin(), values[i].end(), tensor.data_ptr<float>() + i * columns);
  return tensor;
}

std::vector<float> as_floats(const std::array<double, 3>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

ObservationBatch make_observation_batch(const std::vector<Observation>& observations,
                                        const std::array<double, 3>& size_mean,
                                        const std::array<double, 3>& size_deviation) {
  MONODR_CHECK(!observations.empty(), "a batch needs at least one observation");
  const int64_t count = static_cast<int64_t>(observations.size());
  const int64_t size = observations[0].crop.size;
  std::vector<std::vector<float>> boxes, sides, intrinsics, deviations, means, spreads;
  for (const Observation& o : observations) {
    const Box2d box = o.crop.to_crop(o.box);
    const Intrinsics k = o.crop.intrinsics(o.camera);
    const auto f = [](double value) { return static_cast<float>(value); };
    boxes.push_back({f(box.left), f(box.top), f(box.right), f(box.bottom)});
    sides.push_back({o.free_sides.begin(), o.free_sides.end()});
    intrinsics.push_back({f(k.fx), 0, f(k.cx), 0, f(k.fy), f(k.cy), 0, 0, 1});
    deviations.push_back({f(o.depth_deviation)});
    means.push_back(as_floats(size_mean));
    spreads.push_back(as_floats(size_deviation));
  }
  ObservationBatch batch;
  batch.image = stack(observations, &Observation::image, {count, 3, size, size});
  batch.mask = stack(observations, &Observation::mask, {count, size, size});
  batch.known = stack(observations, &Observation::known, {count, size, size});
  batch.depth = stack(observations, &Observation::depth, {count, size, size});
  batch.box = rows(boxes, 4);
  batch.free_sides = rows(sides, 4);
  batch.intrinsics = rows(intrinsics, 9).view({count, 3, 3});
  batch.depth_deviation = rows(deviations, 1).view({count});
  batch.size_mean = rows(means, 3);
  batch.size_deviation = rows(spreads, 3);
  return batch;
}

}  // namespace monodr
