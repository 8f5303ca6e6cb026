// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace monodr {

/// AdamW (Loshchilov & Hutter, ICLR 2019) over the weights of a network, for a gradient g that stands in one row, all weights
/// behind each other:
///
///     m = 0.9 m + 0.1 g            v = 0.999 v + 0.001 g^2
///     w = (1 - rate * decay) w - rate * m / (1 - 0.9^t) / (sqrt(v / (1 - 0.999^t)) + 1e-8)
///
/// Biases (one dimension) do not decay. One pass over w, m, v and g: what a step costs is the memory that it reads, and
/// of processes that train together each does all of it for itself. Float tensors, contiguous; the bits are the same on any
/// number of threads.
class AdamW {
 public:
  explicit AdamW(std::vector<at::Tensor> weights);

  struct Step {
    double scale = 1;        ///< of the gradient
    std::int64_t count = 1;  ///< t, from 1
    double rate = 0, decay = 0;
  };
  /// gradient [sum of the weights' elements] or more.
  void step(const at::Tensor& gradient, const Step& step, int threads);

  /// Moments like the weights, which a checkpoint keeps.
  const std::vector<at::Tensor>& first() const { return first_; }
  const std::vector<at::Tensor>& second() const { return second_; }

 private:
  /// A stretch of one weight.
  struct Piece {
    std::size_t weight = 0;
    std::int64_t begin = 0, size = 0, in_row = 0;
  };
  std::vector<at::Tensor> weights_, first_, second_;
  std::vector<Piece> pieces_;
};

/// Sum of the squares of the first `count` numbers of a row of floats, in double; the same bits on any number of threads.
double squared_norm(const at::Tensor& row, std::int64_t count, int threads);

}  // namespace monodr
