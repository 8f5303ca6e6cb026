// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "plugin/renderer.h"

namespace monodr::test {

/// Options of the paper's renderer, images square or not.
struct PaperOptions {
  int samples = 2;
  bool fill_back = true;
  double near = 0.5, far = 200, epsilon = 1e-3;
  double background[3] = {0, 0, 0};
};

/// Images and gradients of one item.
struct PaperResult {
  std::vector<double> silhouette, depth, colour;  ///< [H,W], [H,W], [3,H,W]
  std::vector<double> to_u, to_v, to_z;           ///< [V] to pixel positions and depths of vertices
  std::vector<double> to_colours;                 ///< [V,3]
};

/// Kato et al.'s forward pass and gradients as their formulas say, in double precision, one sample,
/// face and edge at a time: no code in common with the plugin. Faces must lie wholly before the
/// near plane. `to_*` are the incoming gradients of the images; empty = none.
PaperResult render_as_the_paper(const RenderInput& input,
                                int item,
                                int height,
                                int width,
                                const PaperOptions& options,
                                const std::vector<double>& to_silhouette,
                                const std::vector<double>& to_depth,
                                const std::vector<double>& to_colour);

}  // namespace monodr::test
