// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "plugin/observation.h"

namespace monodr {

/// B observations as tensors, in crop pixels. S = crop size.
struct ObservationBatch {
  at::Tensor image;            ///< [B,3,S,S] RGB in [0,1]
  at::Tensor mask;             ///< [B,S,S]
  at::Tensor known;            ///< [B,S,S]
  at::Tensor depth;            ///< [B,S,S] metres, 0 = none
  at::Tensor box;              ///< [B,4] left, top, right, bottom
  at::Tensor free_sides;       ///< [B,4]
  at::Tensor intrinsics;       ///< [B,3,3] of the crop
  at::Tensor depth_deviation;  ///< [B] relative; 0 = as good as LiDAR
  at::Tensor size_mean;        ///< [B,3] height, width, length of the class, metres
  at::Tensor size_deviation;   ///< [B,3] standard deviation of the log size
  /// [B,4,S,S] what a predictor says of each pixel: the three object coordinates of the surface there, as the channel "nocs"
  /// has them (plugin/channels.h), and the probability that it is the object's; undefined where nobody says them.
  at::Tensor coordinates = {};

  int64_t count() const { return mask.size(0); }
};

/// N hypotheses, each of one object of an ObservationBatch. Poses are in the camera's own pinhole
/// frame (KITTI's rectified frame plus Camera::offset).
struct HypothesisBatch {
  at::Tensor object;                ///< [N] int64, row of the ObservationBatch
  at::Tensor location;              ///< [N,3] centre of the bottom face, metres
  at::Tensor dimensions;            ///< [N,3] height, width, length, metres
  at::Tensor rotation_y;            ///< [N] radians
  at::Tensor pitch, roll;           ///< [N] radians, 0 = upright; see pose_vertices
  at::Tensor shape_code;            ///< [N,D]
  at::Tensor texture_code;          ///< [N,T]
  at::Tensor initial_texture_code;  ///< [N,T] where the fit began; no gradient
  at::Tensor vertices;  ///< [N,V,3] of the posed mesh; of a prior without meshes, of its surfels
  at::Tensor
      faces;  ///< [F,3], or [N,F,3] padded with -1: see DecodedShape; undefined without a mesh

  int64_t count() const { return object.size(0); }
};

/// What a renderer returned; channels that were not asked for are undefined tensors.
struct Rendering {
  at::Tensor silhouette;                           ///< [N,H,W] in [0,1]
  at::Tensor depth;                                ///< [N,H,W] metres; 0 where nothing is hit
  at::Tensor colour;                               ///< [N,3,H,W]
  std::map<std::string, at::Tensor> attributes{};  ///< [N,C,H,W] by name: plugin/channels.h
};

/// Which channels of a Rendering somebody needs.
struct Channels {
  bool silhouette = false, depth = false, colour = false;
  std::vector<std::string> attributes = {};  ///< further ones by name: plugin/channels.h

  Channels operator|(const Channels& other) const {
    Channels both{
        silhouette || other.silhouette, depth || other.depth, colour || other.colour, attributes};
    for (const std::string& name : other.attributes)
      if (std::find(attributes.begin(), attributes.end(), name) == attributes.end())
        both.attributes.push_back(name);
    return both;
  }
  bool any() const { return silhouette || depth || colour || !attributes.empty(); }
};

}  // namespace monodr
