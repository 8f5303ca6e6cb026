// SPDX-License-Identifier: Apache-2.0
#include "evidence/smooth_field.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

// Samples a side of a field: far finer than its nodes, so that steps are not seen.
constexpr int kFewestSamples = 128;
constexpr int kSamplesPerNode = 4;

// Catmull-Rom weights of the nodes -1, 0, 1, 2 at t in [0, 1] between nodes 0 and 1.
std::array<double, 4> cubic_weights(double t) {
  return {((-0.5 * t + 1) * t - 0.5) * t,
          (1.5 * t - 2.5) * t * t + 1,
          ((-1.5 * t + 2) * t + 0.5) * t,
          (0.5 * t - 0.5) * t * t};
}

}  // namespace

std::vector<float> smooth_field(int nodes, int size, Random& random) {
  MONODR_CHECK(nodes >= 2 && size >= 1, "{} nodes over {} pixels", nodes, size);
  std::vector<double> values(size_t(nodes) * nodes);
  for (double& value : values) value = random.normal(0, 1);

  // Along one axis: the four nodes around a pixel and their weights. Nodes beyond the border repeat
  // the border's. The field's variance is the product of both axes' sums of squared weights.
  struct Taps {
    std::array<int, 4> node{};
    std::array<double, 4> weight{};
    double variance = 0;
  };
  std::vector<Taps> taps(size);
  for (int i = 0; i < size; ++i) {
    const double position = (i + 0.5) / size * (nodes - 1);
    const int first = std::min(int(position), nodes - 2);
    std::array<double, 4> weight = cubic_weights(position - first);
    if (first == 0) weight = {0, weight[0] + weight[1], weight[2], weight[3]};
    if (first == nodes - 2) weight = {weight[0], weight[1], weight[2] + weight[3], 0};
    taps[i].weight = weight;
    for (int k = 0; k < 4; ++k) {
      taps[i].node[k] = std::clamp(first - 1 + k, 0, nodes - 1);
      taps[i].variance += weight[k] * weight[k];
    }
  }

  std::vector<float> field(size_t(size) * size);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      double sum = 0;
      for (int j = 0; j < 4; ++j)
        for (int i = 0; i < 4; ++i)
          sum += taps[y].weight[j] * taps[x].weight[i] *
                 values[size_t(taps[y].node[j]) * nodes + taps[x].node[i]];
      field[size_t(y) * size + x] = float(sum / std::sqrt(taps[y].variance * taps[x].variance));
    }
  return field;
}

WindowField::WindowField(int nodes, const CropWindow& window, Random& random)
    : size_(std::max(kFewestSamples, kSamplesPerNode * nodes)),
      window_(window),
      values_(smooth_field(nodes, size_, random)) {}

float WindowField::at(int x, int y) const {
  return values_[index(y, window_.top) * size_ + index(x, window_.left)];
}

size_t WindowField::index(int pixel, double start) const {
  const double share = (pixel + 0.5 - start) / window_.side;
  return size_t(std::clamp(int(share * size_), 0, size_ - 1));
}

}  // namespace monodr
