// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// Where light comes from. A shape prior decodes the colour of paint and glass; the image shows it
/// lit, and a roof against a side in the shade is the strongest edge of many a car. Without light
/// in the model that edge is explained by turning the car.
///
/// Each hypothesis has a light vector l of its own (camera frame: x right, y down, z forward), and
/// a vertex with unit normal n and colour a shows
///
///     max(darkest, 1 + n . l) a          (one directional light and a constant one)
///
/// Overall brightness is the photometric loss's affair (gain and bias), so the constant is 1. Noon
/// is l = (0, -s, 0). It is the first order of the harmonics of Basri and Jacobs, PAMI 2003.

/// Unit vertex normals [N,V,3] of `vertices` [N,V,3] (outward, weighted by face area; zero where no
/// face meets). faces [F,3] or [N,F,3] int64, -1 = padding. No gradient: a normal turns with the
/// heading, but what a light says of the heading is weak and noisy.
at::Tensor vertex_normals(const at::Tensor& vertices, const at::Tensor& faces);

/// colours [N,V,3], normals [N,V,3], light [N,3] -> [N,V,3]; differentiable in colours and light.
at::Tensor lit_colours(const at::Tensor& colours,
                       const at::Tensor& normals,
                       const at::Tensor& light);

}  // namespace monodr
