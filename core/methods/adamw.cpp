// SPDX-License-Identifier: Apache-2.0
#include "methods/adamw.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"

namespace monodr {
namespace {

constexpr double kFirst = 0.9, kSecond = 0.999, kTiny = 1e-8;
constexpr std::int64_t kPiece = 1 << 15;  // a thread's share of work: four times 128 kB

struct Factors {
  float scale, kept, rate, second;
};

void descend(float* __restrict weight,
             float* __restrict first,
             float* __restrict second,
             const float* __restrict gradient,
             std::int64_t count,
             const Factors& factors) {
  const Factors f = factors;
  for (std::int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * f.scale;
    const float m = float(kFirst) * first[i] + float(1 - kFirst) * g;
    const float v = float(kSecond) * second[i] + float(1 - kSecond) * g * g;
    first[i] = m;
    second[i] = v;
    weight[i] = f.kept * weight[i] - f.rate * m / (std::sqrt(v * f.second) + float(kTiny));
  }
}

}  // namespace

AdamW::AdamW(std::vector<at::Tensor> weights) : weights_(std::move(weights)) {
  std::int64_t in_row = 0;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const at::Tensor& weight = weights_[i];
    MONODR_CHECK(weight.is_contiguous() && weight.scalar_type() == at::kFloat,
                 "weights are contiguous floats");
    first_.push_back(at::zeros_like(weight));
    second_.push_back(at::zeros_like(weight));
    for (std::int64_t begin = 0; begin < weight.numel(); begin += kPiece)
      pieces_.push_back({i, begin, std::min(kPiece, weight.numel() - begin), in_row + begin});
    in_row += weight.numel();
  }
}

void AdamW::step(const at::Tensor& gradient, const Step& step, int threads) {
  MONODR_CHECK(
      gradient.is_contiguous() && gradient.scalar_type() == at::kFloat &&
          (pieces_.empty() || gradient.numel() >= pieces_.back().in_row + pieces_.back().size),
      "a gradient has a number for each weight");
  const double t = static_cast<double>(step.count);
  const double first = 1 - std::pow(kFirst, t), second = 1 - std::pow(kSecond, t);
  parallel_for(pieces_.size(), threads, [&](std::size_t p) {
    const Piece& piece = pieces_[p];
    const at::Tensor& weight = weights_[piece.weight];
    const double decay = weight.dim() > 1 ? step.decay : 0;
    descend(weight.data_ptr<float>() + piece.begin,
            first_[piece.weight].data_ptr<float>() + piece.begin,
            second_[piece.weight].data_ptr<float>() + piece.begin,
            gradient.data_ptr<float>() + piece.in_row,
            piece.size,
            {.scale = static_cast<float>(step.scale),
             .kept = static_cast<float>(1 - step.rate * decay),
             .rate = static_cast<float>(step.rate / first),
             .second = static_cast<float>(1 / second)});
  });
}

double squared_norm(const at::Tensor& row, std::int64_t count, int threads) {
  const float* values = row.data_ptr<float>();
  std::vector<double> sums(static_cast<std::size_t>((count + kPiece - 1) / kPiece));
  parallel_for(sums.size(), threads, [&](std::size_t p) {
    constexpr std::int64_t kLanes = 8;  // sums side by side, which a compiler may not make of one
    double lanes[kLanes] = {};
    const std::int64_t begin = static_cast<std::int64_t>(p) * kPiece;
    const std::int64_t end = std::min(count, begin + kPiece);
    std::int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes)
      for (std::int64_t lane = 0; lane < kLanes; ++lane) {
        const double value = values[i + lane];
        lanes[lane] += value * value;
      }
    for (; i < end; ++i) lanes[0] += double(values[i]) * double(values[i]);
    sums[p] = std::accumulate(lanes, lanes + kLanes, 0.0);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace monodr
