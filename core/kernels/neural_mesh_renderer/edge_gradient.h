// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/neural_mesh_renderer/shading.h"

namespace monodr::neural_mesh_renderer {

// THE APPROXIMATE GRADIENT (Kato et al., section 3). Along a line of samples an edge of a visible
// face crosses at c, between the sample j_in inside the face and its neighbour j_out outside. If
// the edge moved by d = j - c it would reach sample j, whose values I_j (silhouette, colour) would
// become those of j_in (the edge moves out) or of j_out (it moves in). With g_j = dL/dI_j,
//     s_j = sum over channels of g_j (I_j - I_in)    outside, j = j_out .. end of the line
//     s_j = sum over channels of g_j (I_j - I_out)   inside,  j = j_in .. opposite edge
// is what the loss would fall by. Where s_j > 0 the loss has the slope -s_j / d in c. A corner a
// moves c by its share m_a = |b - line| / |b - a|, so it gets
//     -s_j / (d / m_a +- epsilon)     with the sign of d; nothing where m_a = 0.
// Outside counts only if j_in shows this face, inside only samples that show it. All edges of all
// visible faces count, along rows (corners move in x) and columns (in y); those between two visible
// faces too. An edge with j_in or j_out off the image has no gradient.

/// The image seen along one axis: rows as they are, columns with everything transposed.
template <typename Scalar>
struct LineView {
  int lines = 0, length = 0;  ///< in samples
  bool columns = false;
  const std::int32_t* nearest = nullptr;  ///< [lines,length]
  /// Incoming gradients of the pixels, [lines / samples, length / samples]; null where none.
  const Scalar* silhouette = nullptr;
  const Scalar* colour[3] = {};
  const std::vector<double>* along = nullptr;   ///< [vertices] position on the line
  const std::vector<double>* across = nullptr;  ///< [vertices] which line
};

template <typename Scalar>
struct EdgeScratch {
  std::vector<Scalar> values;             ///< of one line
  std::vector<std::int32_t> first, next;  ///< triangles by the line they begin on
};

/// Adds dL/d along, in samples, to `to_along` [vertices]. `visible` [triangles] says which show.
template <typename Scalar>
void add_edge_gradient(const LineView<Scalar>& view,
                       const ScreenMesh& mesh,
                       const Shading& shading,
                       const std::vector<unsigned char>& visible,
                       const Settings& settings,
                       EdgeScratch<Scalar>& scratch,
                       std::vector<double>& to_along);

}  // namespace monodr::neural_mesh_renderer
