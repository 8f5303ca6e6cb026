// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "kernels/neural_mesh_renderer/edge_gradient.h"

namespace monodr::neural_mesh_renderer {

/// The samples of one line with what the walks need, padded to whole vectors. kChannels: the
/// silhouette alone (1), colour (3), both (4).
template <typename Scalar, int kChannels>
struct Line {
  using Index = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;
  static constexpr int kPadding = 64 / sizeof(Scalar);
  static constexpr int kArrays = 2 + 2 * kChannels;

  Index* owner;              ///< triangle, -1 where none
  Scalar* product;           ///< sum over channels of value * incoming
  Scalar* value[kChannels];  ///< silhouette, red, green, blue
  Scalar* incoming[kChannels];
  int first, last;                  ///< samples with an incoming gradient
  int first_outside, last_outside;  ///< samples at which the outside pass can find s > 0

  Line(int length, std::vector<Scalar>& memory) {
    const std::size_t stride = std::size_t(length) + kPadding;
    if (memory.size() < stride * kArrays) memory.resize(stride * kArrays);
    Scalar* next = memory.data();
    const auto take = [&] {
      Scalar* array = next;
      next += stride;
      std::fill_n(array + length, kPadding, Scalar(0));
      return array;
    };
    owner = reinterpret_cast<Index*>(take());
    product = take();
    for (auto& array : value) array = take();
    for (auto& array : incoming) array = take();
  }
};

/// Reads line `number`; false if no gradient comes in on it.
template <typename Scalar, int kChannels>
bool read_line(const LineView<Scalar>& view,
               const ScreenMesh& mesh,
               const Shading& shading,
               const Settings& settings,
               int number,
               Line<Scalar, kChannels>& line) {
  constexpr bool kSilhouette = kChannels != 3, kColour = kChannels != 1;
  const int pixels = view.length / settings.samples;
  const std::size_t pixel_row = std::size_t(number / settings.samples) * pixels;
  const std::int32_t* nearest = view.nearest + std::size_t(number) * view.length;
  const Scalar scale = Scalar(1) / Scalar(settings.samples * settings.samples);
  line.first = line.first_outside = view.length;
  line.last = line.last_outside = -1;
  int sample = 0;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    Scalar incoming[kChannels];
    bool any = false;
    for (int channel = 0; channel < kChannels; ++channel) {
      const Scalar* from =
          kSilhouette && channel == 0 ? view.silhouette : view.colour[channel - kSilhouette];
      incoming[channel] = from[pixel_row + pixel] * scale;
      any = any || incoming[channel] != 0;
    }
    for (int end = sample + settings.samples; sample < end; ++sample) {
      const std::int32_t triangle = nearest[sample];
      line.owner[sample] = triangle;
      Scalar value[kChannels];
      if constexpr (kSilhouette) value[0] = triangle >= 0 ? Scalar(1) : Scalar(0);
      if constexpr (kColour) {
        Triple colour{settings.background[0], settings.background[1], settings.background[2]};
        if (triangle >= 0)
          colour = view.columns ? shading.colour(mesh, triangle, number, sample)
                                : shading.colour(mesh, triangle, sample, number);
        for (int channel = 0; channel < 3; ++channel)
          value[kSilhouette + channel] = Scalar(colour[channel]);
      }
      Scalar product = 0;
      for (int channel = 0; channel < kChannels; ++channel) {
        line.value[channel][sample] = value[channel];
        line.incoming[channel][sample] = incoming[channel];
        product += value[channel] * incoming[channel];
      }
      line.product[sample] = product;
      if (!any) continue;
      line.first = std::min(line.first, sample);
      line.last = sample;
      // A silhouette can only grow into the background, and only where that pays.
      if (kChannels == 1 && !(triangle < 0 && incoming[0] < 0)) continue;
      line.first_outside = std::min(line.first_outside, sample);
      line.last_outside = sample;
    }
  }
  return line.last >= 0;
}

}  // namespace monodr::neural_mesh_renderer
