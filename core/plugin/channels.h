// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plugin/renderer.h"

namespace monodr {

/// A channel of a rendering beyond silhouette, depth and colour: a quantity of three components at each vertex,
/// interpolated over what is visible, 0 where nothing is. Every renderer draws it by the way it draws colours, so that
/// no kernel knows of it.
///
/// TO ADD ONE: an entry in channels.cpp, or an AddedChannel in a plugin's code; a loss then names it in
/// Channels::attributes and finds it in Rendering::attributes. A renderer that draws a channel by a way of its own names
/// it in Renderer::own_channels().
struct ChannelDefinition {
  std::string name;
  std::string meaning;
  bool unit_length = false;  ///< interpolated vectors are scaled to length 1 again
  /// canonical vertices [N,V,3], posed vertices [N,V,3] (camera frame), faces -> [N,V,3]
  std::function<at::Tensor(
      const at::Tensor& canonical, const at::Tensor& posed, const at::Tensor& faces)>
      attributes;
};

/// "normals": outward normal of the surface in the camera frame, of length 1.
/// "nocs": canonical coordinates + 0.5, in [0,1] (Wang et al., Normalized Object Coordinate Space, CVPR 2019).
const std::vector<ChannelDefinition>& channel_definitions();
/// UserError with the nearest name for one that is not there.
const ChannelDefinition& channel_named(const std::string& name);

/// Adds a definition for as long as it lives. Not for several threads.
class AddedChannel {
 public:
  explicit AddedChannel(ChannelDefinition definition);
  ~AddedChannel();
  AddedChannel(const AddedChannel&) = delete;

 private:
  std::string name_;
};

/// Renderer::render, and what request.channels.attributes names beside it. `canonical` [N,V,3]: the vertices before
/// they were posed. Differentiable in vertices, canonical vertices and intrinsics as far as the renderer's colours are.
Rendering render_channels(const Renderer& renderer,
                          const RenderInput& input,
                          const at::Tensor& canonical,
                          const RenderRequest& request);

}  // namespace monodr
