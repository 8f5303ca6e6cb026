// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plugin/renderer.h"

namespace monodr {

/// silhouette, depth, colour, those of plugin/channels.h that come with monodr, and the renderer's own.
std::vector<std::string> channels_to_check(const Renderer& renderer);
/// Of a mesh's three first channels or its attributes, by name.
const at::Tensor& channel_of(const Rendering& rendering, const std::string& name);
Channels channels_alone(const std::vector<std::string>& names);

/// plugin/draw.h, with surfels of the mesh where the renderer draws them. `reference` [1,V,3] says where they lie.
Rendering draw_checked(const Renderer& renderer,
                       RenderInput input,
                       const at::Tensor& reference,
                       const RenderRequest& request);

/// Channels against a slanted rectangle whose points are known in closed form, in float64: at a pixel whose whole
/// neighbourhood it fills, "nocs" is the canonical coordinate of the point that the pixel's ray meets, and "normals" the
/// rectangle's normal, of length 1 and turned to the camera. The coordinates must be as exact as the renderer's own depth
/// (four times its relative error, and a disc's radius where it draws discs); a renderer whose depth is off by more than
/// 1 % blends points over the image, and its coordinates need only stay in [0,1]. "" or what is wrong where.
std::string channels_off_the_surface(const Renderer& renderer);

}  // namespace monodr
