// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/batch.h"
#include "plugin/surfels.h"

namespace monodr {

/// HOW TO ADD A RENDERER
///  1. plugins/renderers/NAME/NAME.cpp: derive from Renderer, end the file with MONODR_PLUGIN(...).
///  2. One line in plugins/renderers/CMakeLists.txt: monodr_add_plugin(renderer NAME ...).
///  3. A test that calls check_renderer_contract(registry, "NAME") of plugin/contract.h.

/// Posed meshes of one topology. N items, V vertices, F faces.
struct RenderInput {
  at::Tensor vertices;    ///< [N,V,3] camera frame (x right, y down, z forward), metres
  at::Tensor faces;       ///< [F,3] int64, shared by all items, or [N,F,3] padded with -1
  at::Tensor colours;     ///< [N,V,3] RGB; may be undefined unless colour is asked for
  at::Tensor intrinsics;  ///< [N,3,3] pixels, no skew; pixel i has its centre at i + 0.5
  Surfels surfels = {};   ///< camera frame; for renderers whose draws() asks for them
};

struct RenderRequest {
  Channels channels;
  int height = 0, width = 0;
  double progress = 1;  ///< 0 at the first step of a fit, 1 at its end: drives blur schedules
  bool lit = true;      ///< false: colours as they are, over black (plugin/channels.h)
};

/// Maps meshes to images, differentiably.
///
/// - dtype follows `vertices` (float32 or float64; float64 may be slow: it serves gradient checks).
/// - Autograd runs through vertices, colours and intrinsics as the plugin's info states.
/// - Faces behind the near plane never show; a vertex that is NaN or infinite throws a UserError
///   that names the batch item.
/// - An item whose incoming gradient is zero everywhere costs no backward pass.
/// - The same bits on one thread and on many.
class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual Rendering render(const RenderInput& input, const RenderRequest& request) const = 0;
  virtual GeometryKinds draws() const { return {}; }
  /// Channels beyond silhouette, depth and colour that it draws by a way of its own (plugin/channels.h).
  virtual std::vector<std::string> own_channels() const { return {}; }
};

}  // namespace monodr
