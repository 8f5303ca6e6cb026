// SPDX-License-Identifier: Apache-2.0
#include "pictures/observation_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "base/error.h"

namespace monodr {
namespace {

using Colour = std::array<double, 3>;  // 0..1

constexpr Colour kDark{0.13, 0.13, 0.13}, kLight{0.93, 0.93, 0.93};
constexpr Colour kMissing{0.0, 0.45, 0.70}, kTooLarge{0.90, 0.62, 0.0};  // Okabe and Ito

Colour mixed(const Colour& a, const Colour& b, double share) {
  Colour colour{};
  for (size_t c = 0; c < 3; ++c) colour[c] = a[c] + (b[c] - a[c]) * share;
  return colour;
}

/// `colour` is asked for every pixel of the crop; nothing is hatched.
RgbPicture enlarged(int size, const std::function<bool(size_t pixel, Colour& colour)>& colour_of) {
  const int side = size * kEnlarged;
  RgbPicture picture{side, side, std::vector<unsigned char>(static_cast<size_t>(3) * side * side)};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      Colour colour{};
      if (!colour_of(static_cast<size_t>(y / kEnlarged * size + x / kEnlarged), colour))
        colour = (x + y) % 12 < 3 ? Colour{0.55, 0.55, 0.55} : Colour{0.30, 0.30, 0.30};
      for (size_t c = 0; c < 3; ++c)
        picture.pixels[static_cast<size_t>(3) * (y * side + x) + c] =
            static_cast<unsigned char>(std::lround(255 * std::clamp(colour[c], 0.0, 1.0)));
    }
  }
  return picture;
}

}  // namespace

RgbPicture image_picture(const Observation& o) {
  const size_t plane = o.mask.size();
  return enlarged(o.crop.size, [&](size_t p, Colour& colour) {
    for (size_t c = 0; c < 3; ++c) colour[c] = o.image[c * plane + p];
    return true;
  });
}

RgbPicture mask_picture(const Observation& o) {
  return enlarged(o.crop.size, [&](size_t p, Colour& colour) {
    colour = mixed(kDark, kLight, o.mask[p]);
    return o.known[p] > 0.5F;
  });
}

RgbPicture depth_picture(const Observation& o, double nearest, double farthest) {
  const Colour near{0.99, 0.91, 0.15}, middle{0.13, 0.57, 0.55}, far{0.27, 0.00, 0.33};
  const double range = std::max(1e-6, farthest - nearest);
  return enlarged(o.crop.size, [&](size_t p, Colour& colour) {
    const double share = std::clamp((o.depth[p] - nearest) / range, 0.0, 1.0);
    colour = share < 0.5 ? mixed(near, middle, 2 * share) : mixed(middle, far, 2 * share - 1);
    return o.depth[p] > 0;
  });
}

RgbPicture overlap_picture(const Observation& o, const std::vector<float>& silhouette) {
  MONODR_CHECK(silhouette.size() == o.mask.size(), "a silhouette of another crop");
  return enlarged(o.crop.size, [&](size_t p, Colour& colour) {
    const double mask = o.mask[p], drawn = silhouette[p];
    const double both = std::min(mask, drawn);
    for (size_t c = 0; c < 3; ++c)
      colour[c] = kDark[c] + both * (kLight[c] - kDark[c]) +
                  std::max(0.0, mask - drawn) * (kMissing[c] - kDark[c]) +
                  std::max(0.0, drawn - mask) * (kTooLarge[c] - kDark[c]);
    return o.known[p] > 0.5F;
  });
}

double mask_overlap(const Observation& o, const std::vector<float>& silhouette) {
  double both = 0, either = 0;
  for (size_t p = 0; p < o.mask.size(); ++p) {
    if (o.known[p] < 0.5F) continue;
    const bool observed = o.mask[p] > 0.5F, drawn = silhouette[p] > 0.5F;
    both += observed && drawn;
    either += observed || drawn;
  }
  return either > 0 ? both / either : 0;
}

}  // namespace monodr
