// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "geometry/camera.h"

namespace monodr {

/// How a frame's files of masks are to be read.
enum class MaskFiles {
  none,          ///< the manifest names no masks
  whole_frame,   ///< one picture of ids, or COCO's JSON
  one_an_object  ///< one picture an object: what is not 0; without a file the frame has no object
};

/// One picture with all that is known of it. Files are paths that can be opened; "" = there is none.
struct ManifestFrame {
  std::string id;       ///< name of the picture without folder and ending, or `id`
  std::string picture;  ///< PNG or JPEG
  /// In pixels of the picture, whose upper left corner is (0, 0), its first pixel's centre (0.5, 0.5); all 0
  /// where the field of view stands for them.
  Intrinsics intrinsics{0, 0, 0, 0};
  double horizontal_field_of_view =
      0;                           ///< degrees; square pixels, the principal point in the middle
  std::vector<double> distortion;  ///< OpenCV's k1, k2, p1, p2[, k3]
  MaskFiles mask_files = MaskFiles::none;
  std::vector<std::string> masks;
  std::string boxes;           ///< KITTI result lines
  std::string depth;           ///< .png, .tiff, .exr, .npy, .npz: along the optical axis
  double depth_unit = 0;       ///< metres of one unit of the file; 0 = not said
  double depth_invalid = 0;    ///< value that means "none"; what is not finite or <= 0 means it too
  double depth_deviation = 0;  ///< stated relative deviation of the depth's noise
  std::string lidar;  ///< points, in place of `depth`: .bin as KITTI's, or .npy [N, 3 or more]
  /// Takes a point of the LiDAR to the camera's frame (x right, y down, z forward).
  Eigen::Matrix<double, 3, 4> lidar_pose = Eigen::Matrix<double, 3, 4>::Zero();
  double camera_height = 0;  ///< metres above the road; 0 = not said
  double road_slope = 0;     ///< metres by which the road falls below it on each metre forward
  std::string labels;        ///< KITTI label lines, for the evaluation

  /// All of them, those that are there.
  std::vector<std::string> files() const;
};

/// Frames of one's own pictures, listed in a TOML or JSON file:
///
///     [defaults]                                    # what holds for every frame that says nothing else
///     picture    = "images/*.jpg"                   # a frame of each file that fits and has no [[frame]]
///     intrinsics = [1200.0, 1200.0, 640.0, 360.0]   # fx, fy, cx, cy, or the nine numbers of a 3x3 matrix
///     masks      = "masks/{name}.png"               # {name}: of the picture, without folder and ending
///     depth      = "depth/{name}.npy"
///
///     [[frame]]                                     # single frames; they come first
///     picture = "street/a.png"
///
/// Paths are relative to the manifest. In the last part of a path `*` stands for any characters; hidden files
/// never fit, nor a file of masks that fits the longer name of another picture ("a_b_0.png" is of "a_b", not of
/// "a"). A file that a [[frame]] names must be there; one of [defaults] may be missing for some frames, not for
/// all. A missing file of boxes is left to whoever reads the frame: an empty one says that there is no object.
/// Of depth and LiDAR, and of camera_height and ground_plane, a
/// [[frame]]'s own goes before a default; both in one place are an error. UserError at file:line:column for what is no such file, an unknown key, a value of another kind or out of range,
/// a name that fits nothing, two frames of one id, a frame without intrinsics.
std::vector<ManifestFrame> read_manifest(const std::string& path);

/// Identity of what the frames hold: SHA-256 over their order, what the manifest says of each and the contents
/// of its files, wherever they lie. `cache_file` is HashCache's.
std::string manifest_fingerprint(const std::string& path, const std::string& cache_file);

}  // namespace monodr
