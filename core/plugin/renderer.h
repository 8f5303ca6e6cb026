// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/batch.h"
#include "plugin/surfels.h"

namespace monodr {

/// HOW TO ADD A RENDERER
///  1. plugins/renderers/NAME/NAME.cpp: derive from Renderer, end the file with MONODR_PLUGIN(...).
///  2. One line in plugins/renderers/CMakeLists.txt: monodr_add_plugin(renderer NAME ...).
///  3. A test that calls check_renderer_contract(registry, "NAME") of plugin/contract.h.

/// Posed shapes: meshes of one topology, surfels, or both, as Renderer::draws asks for. N items, V vertices, F faces.
struct RenderInput {
  at::Tensor vertices;    ///< [N,V,3] camera frame (x right, y down, z forward), metres
  at::Tensor faces;       ///< [F,3] int64, shared by all items, or [N,F,3] padded with -1
  at::Tensor colours;     ///< [N,V,3] RGB; may be undefined unless colour is asked for
  at::Tensor intrinsics;  ///< [N,3,3] pixels, no skew; pixel i has its centre at i + 0.5
  Surfels surfels = {};   ///< camera frame; undefined unless the renderer draws them
  at::Tensor canonical =
      {};  ///< [N,V,3] the vertices before they were posed; needed by channels alone
};

struct RenderRequest {
  Channels channels;
  int height = 0, width = 0;
  double progress = 1;  ///< 0 at the first step of a fit, 1 at its end: drives blur schedules
  bool lit =
      true;  ///< false: colours as they are, over black: the values of a channel (plugin/channels.h)
};

/// Maps meshes to images, differentiably.
///
/// - dtype follows `vertices` (float32 or float64; float64 may be slow: it serves gradient checks).
/// - Autograd runs through vertices, colours and intrinsics as the plugin's info states.
/// - Faces behind the near plane never show; a vertex or surfel that is NaN or infinite throws a UserError
///   that names the batch item.
/// - An item whose incoming gradient is zero everywhere costs no backward pass.
/// - The same bits on one thread and on many.
class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual Rendering render(const RenderInput& input, const RenderRequest& request) const = 0;
  /// What it reads of its input. One that draws surfels gets those of a prior that decodes to them, and else points
  /// of the mesh (plugin/surfels.h), as many as it says.
  virtual GeometryKinds draws() const { return {}; }
  virtual int64_t surfels_of_a_mesh() const { return 1024; }
  /// Channels beyond silhouette, depth and colour that it draws itself; those of plugin/channels.h it need not name.
  virtual std::vector<std::string> own_channels() const { return {}; }
};

}  // namespace monodr
