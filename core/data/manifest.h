// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/camera.h"

namespace monodr {

/// One picture with all that is known of it. Files are paths that can be opened; "" = there is none.
struct ManifestFrame {
  std::string id;       ///< name of the picture without folder and ending, or `id`
  std::string picture;  ///< PNG or JPEG
  /// Intrinsics in pixels of the picture; all 0 where `horizontal_field_of_view` stands for them.
  Intrinsics intrinsics{0, 0, 0, 0};
  double horizontal_field_of_view =
      0;  ///< degrees; the principal point is the middle, pixels are square
  std::vector<double>
      distortion;  ///< k1, k2, p1, p2[, k3]: the picture is undistorted when it is read
  std::vector<std::string> masks;  ///< one picture of ids, one picture an object, or COCO's JSON
  std::string boxes;         ///< KITTI result or label lines; without it each mask is an object
  std::string depth;         ///< .png (16 bit), .npy, .npz, .tiff, .exr
  double depth_unit = 1;     ///< metres of one unit of the file
  double depth_invalid = 0;  ///< value that means "none"; what is not finite or <= 0 means it too
  double depth_deviation = 0.1;  ///< stated relative deviation of the depth's noise
  std::string labels;            ///< KITTI label lines, for the evaluation
};

/// Frames of one's own pictures, listed in a TOML or JSON file:
///
///     [defaults]                                    # what every [[frame]] takes, unless it says otherwise
///     picture    = "images/*.jpg"                   # a pattern makes a frame of each file that fits it
///     intrinsics = [1200.0, 1200.0, 640.0, 360.0]   # fx, fy, cx, cy, or the nine numbers of a 3x3 matrix
///     masks      = "masks/{name}.png"               # {name}: of the picture, without folder and ending
///     depth      = "depth/{name}.npy"
///
///     [[frame]]                                     # single frames, where the defaults name no pattern
///     picture = "street/a.png"
///
/// Paths are relative to the manifest. A file that a frame names itself must be there; one that the defaults
/// name may be missing for some frames. UserError at file:line:column for an unknown key, a value of another
/// kind, a pattern that fits nothing, two frames of one id, a frame without intrinsics.
std::vector<ManifestFrame> read_manifest(const std::string& path);

/// Identity of what the manifest's frames hold: SHA-256 over their order and the contents of their files.
std::string manifest_fingerprint(const std::string& path);

}  // namespace monodr
