// SPDX-License-Identifier: Apache-2.0
#include "evidence/resample.h"

#include <algorithm>
#include <cmath>

namespace monodr {
namespace {

// What one crop pixel takes from a row (or column) of the image: source pixels first, first + 1,
// ... with these weights, which sum to 1. `first` may be negative: the caller decides what lies
// outside.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Taps> taps_along(double start, double step, int size) {
  std::vector<Taps> all(size);
  for (int i = 0; i < size; ++i) {
    Taps& taps = all[i];
    if (step >= 1) {
      const double from = start + i * step, to = from + step;
      taps.first = int(std::floor(from));
      for (int pixel = taps.first; pixel < to; ++pixel)
        taps.weights.push_back(
            float((std::min<double>(pixel + 1, to) - std::max<double>(pixel, from)) / step));
    } else {
      const double centre = start + (i + 0.5) * step - 0.5;
      taps.first = int(std::floor(centre));
      const float share = float(centre - taps.first);
      taps.weights = {1 - share, share};
    }
  }
  return all;
}

// Separable resampling of one channel: rows first, then columns. `value(x, y)` is asked for any
// x, y, also outside.
template <typename Value>
void resample(const CropWindow& window, Value value, float* output) {
  const double step = window.side / window.size;
  const std::vector<Taps> across = taps_along(window.left, step, window.size);
  const std::vector<Taps> down = taps_along(window.top, step, window.size);
  const int top = down.front().first;
  const int bottom = down.back().first + int(down.back().weights.size());
  std::vector<float> rows(size_t(bottom - top) * window.size);
  for (int y = top; y < bottom; ++y)
    for (int i = 0; i < window.size; ++i) {
      float sum = 0;
      for (size_t k = 0; k < across[i].weights.size(); ++k)
        sum += across[i].weights[k] * value(across[i].first + int(k), y);
      rows[size_t(y - top) * window.size + i] = sum;
    }
  for (int j = 0; j < window.size; ++j)
    for (int i = 0; i < window.size; ++i) {
      float sum = 0;
      for (size_t k = 0; k < down[j].weights.size(); ++k)
        sum += down[j].weights[k] * rows[size_t(down[j].first - top + int(k)) * window.size + i];
      output[size_t(j) * window.size + i] = sum;
    }
}

}  // namespace

std::vector<float> crop_colours(const ColourImage& image, const CropWindow& window) {
  const size_t plane = size_t(window.size) * window.size;
  std::vector<float> crop(3 * plane);
  for (int channel = 0; channel < 3; ++channel) {
    const auto value = [&](int x, int y) {
      x = std::clamp(x, 0, image.width - 1);
      y = std::clamp(y, 0, image.height - 1);
      return image.pixel(x, y)[channel] / 255.0f;
    };
    resample(window, value, crop.data() + channel * plane);
  }
  return crop;
}

std::vector<float> crop_coverage(const BinaryMask& mask, const CropWindow& window, float outside) {
  std::vector<float> crop(size_t(window.size) * window.size);
  const auto value = [&](int x, int y) {
    if (!mask.contains(x, y)) return outside;
    return mask.at(x, y) ? 1.0f : 0.0f;
  };
  resample(window, value, crop.data());
  return crop;
}

}  // namespace monodr
