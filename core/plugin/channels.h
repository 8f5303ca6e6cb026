// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace monodr {

/// The points of a shape that carry a channel's values: the vertices of a mesh, or surfels. N items, V points.
struct SurfacePoints {
  at::Tensor canonical;  ///< [N,V,3] canonical frame, [-0.5,0.5]^3
  at::Tensor posed;      ///< [N,V,3] the same points in the camera frame, metres
  at::Tensor faces;      ///< [F,3] or [N,F,3]; undefined for surfels
  at::Tensor own;        ///< [N,V,3] normals of surfels; undefined for a mesh

  /// [N,V,3] outward normals of length 1 in the camera frame.
  at::Tensor normals() const;
};

/// A channel of a rendering beyond silhouette, depth and colour: C numbers at each point of the surface, interpolated
/// over what is visible with the right perspective, 0 where nothing is. Every renderer draws it by the way it draws
/// colours (not lit, over black), three components at a time, so that no kernel knows of it.
///
/// TO ADD ONE: an entry in channels.cpp, or in a plugin's PluginDescriptor::channels. A loss names it in
/// Channels::attributes and finds it in Rendering::attributes. A renderer that draws a channel by a way of its own,
/// defined here or not, names it in Renderer::own_channels().
struct ChannelDefinition {
  std::string name;
  std::string meaning;       ///< one line, with frame and unit
  int components = 3;        ///< C
  bool unit_length = false;  ///< what was interpolated is scaled to length 1 again
  std::function<at::Tensor(const SurfacePoints&)>
      attributes;  ///< [N,V,C]; autograd runs through it
};

/// "normals": outward normal of the surface in the camera frame, of length 1.
/// "nocs": canonical coordinates + 0.5, in [0,1] (Wang et al., Normalized Object Coordinate Space, CVPR 2019).
/// And those that plugins added.
std::vector<std::string> channel_names();
/// UserError with the nearest name for one that is not there. The definition stays where it is.
const ChannelDefinition& channel_named(const std::string& name);
/// For the rest of the process. UserError where the name is taken, or the definition is not complete.
void add_channel(ChannelDefinition definition);

}  // namespace monodr
