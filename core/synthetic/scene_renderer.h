// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "evidence/image.h"
#include "synthetic/scene.h"

namespace monodr {

/// A scene as the camera takes it.
struct RenderedScene {
  ColourImage image;
  /// 0 = none, 1 + i = car i, `unlabelled_instance` = a pole; seen at the pixel's centre.
  Plane<std::uint16_t> instances;
  Plane<float> depth;  ///< metres along camera 2's axis at the pixel's centre, 0 = sky
};
inline constexpr std::uint16_t unlabelled_instance = 65535;

/// Renders with 3 x 3 samples a pixel, sun, sky and reflections of the surroundings, and adds the
/// sensor's noise. It has nothing in common with the differentiable renderers, on purpose: a fit
/// must not be tried on pictures made by its own renderer and light.
RenderedScene render_scene(const Scene& scene);

}  // namespace monodr
