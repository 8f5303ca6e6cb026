// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "kernels/monodr_kernels.h"

namespace monodr {

/// An array of up to four dimensions in a layout of its own: in one piece, or with its dimensions
/// in another order, gaps between its elements and some of them backwards.
template <typename Value>
class Array {
 public:
  explicit Array(std::vector<std::int64_t> sizes) : sizes_(std::move(sizes)) {
    std::vector<int> order(sizes_.size());
    std::iota(order.begin(), order.end(), 0);
    lay_out(order, 1, 0);
  }
  Array(std::vector<std::int64_t> sizes, Random& random) : sizes_(std::move(sizes)) {
    std::vector<int> order(sizes_.size());
    std::iota(order.begin(), order.end(), 0);
    random.shuffle(order);
    lay_out(order, 1 + random.below(3), random.bits());
  }

  std::int64_t count() const {
    return std::accumulate(sizes_.begin(), sizes_.end(), std::int64_t(1), std::multiplies<>());
  }
  /// Element number n, counted with the last dimension fastest.
  Value& operator[](std::int64_t n) {
    std::int64_t at = start_;
    for (int k = int(sizes_.size()) - 1; k >= 0; --k) {
      at += n % sizes_[k] * stride_[k];
      n /= sizes_[k];
    }
    return memory_[at];
  }
  monodr_array view() {
    monodr_array array{memory_.data() + start_, {}};
    std::copy(stride_.begin(), stride_.end(), array.stride);
    return array;
  }
  std::vector<Value> values() {
    std::vector<Value> all(count());
    for (std::int64_t n = 0; n < count(); ++n) all[n] = (*this)[n];
    return all;
  }
  void set(const std::vector<Value>& all) {
    for (std::int64_t n = 0; n < count(); ++n) (*this)[n] = all[n];
  }
  /// Whether no gap between the elements was written.
  bool gaps_untouched() {
    std::vector<Value> before = memory_;
    for (std::int64_t n = 0; n < count(); ++n) (*this)[n] = kGap;
    const bool untouched =
        std::all_of(memory_.begin(), memory_.end(), [](Value value) { return value == kGap; });
    memory_ = std::move(before);
    return untouched;
  }

 private:
  static constexpr Value kGap = 77;

  void lay_out(const std::vector<int>& order, std::int64_t step, std::uint32_t backwards) {
    stride_.resize(sizes_.size());
    for (int k = int(order.size()) - 1; k >= 0; --k) {
      stride_[order[k]] = step;
      step = step * sizes_[order[k]] + (step > 1 ? 1 : 0);
    }
    memory_.assign(std::max<std::int64_t>(step, 1), kGap);
    for (std::size_t k = 0; k < sizes_.size(); ++k)
      if (backwards >> k & 1) {
        start_ += std::max<std::int64_t>(sizes_[k] - 1, 0) * stride_[k];
        stride_[k] = -stride_[k];
      }
  }

  std::vector<std::int64_t> sizes_, stride_;
  std::int64_t start_ = 0;
  std::vector<Value> memory_;
};

/// Everything a rasterizer reads and writes, for random meshes some of which cross the near plane.
template <typename Scalar>
struct Scene {
  std::int64_t count, vertex_count, face_count;
  int height, width;
  Array<Scalar> vertices, colours, intrinsics;
  Array<std::int64_t> faces;
  Array<Scalar> silhouette, depth, colour;           ///< images
  Array<Scalar> to_silhouette, to_depth, to_colour;  ///< incoming gradients
  Array<Scalar> to_vertices, to_colours, to_intrinsics;
  std::vector<std::int32_t> nearest;
  std::vector<Scalar> exponent, weight;

  /// Values by `seed`; layouts in one piece, or by `layout`.
  Scene(std::uint32_t seed, Random* layout);
  monodr_meshes meshes();
  monodr_images images() { return {silhouette.view(), depth.view(), colour.view()}; }
  monodr_images incoming() { return {to_silhouette.view(), to_depth.view(), to_colour.view()}; }
  monodr_mesh_gradients gradients() {
    return {to_vertices.view(), to_colours.view(), to_intrinsics.view()};
  }
  monodr_soft_rasterizer_record record() {
    return {nearest.data(), exponent.data(), weight.data()};
  }
  monodr_soft_rasterizer soft(bool softmax) const {
    return {height, width, 0.5, 1e-2, 0.5, 50, 4.6, 1, softmax};
  }
  monodr_neural_mesh_renderer edges() const {
    return {height,
            width,
            2,
            1,
            0.5,
            50,
            1e-3,
            {0.1, 0.2, 0.3},
            {0.5, 0.5, {1, 1, 0.9}, {1, 0.8, 1}, {0, -0.6, -0.8}}};
  }

  /// Forward and backward; the first error, or MONODR_OK.
  int run_soft(bool softmax, int threads);
  int run_edges(int threads);
  /// All bits that were written.
  std::vector<Scalar> results();
  bool gaps_untouched();
};

}  // namespace monodr
