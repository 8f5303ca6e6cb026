// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// What is known of a folder of one's own pictures; what is not given is looked for.
struct FolderManifestOptions {
  std::string folder;
  std::string output;              ///< the manifest to be; its paths are relative to its folder
  std::vector<double> intrinsics;  ///< fx, fy, cx, cy of every picture
  double field_of_view = 0;        ///< horizontal, in degrees, of every picture
  double depth_unit = 0;           ///< metres of one unit of whole numbers
};

struct FolderManifest {
  std::string text;                  ///< TOML, as data/manifest.h reads it
  std::vector<std::string> found;    ///< a line a key: what it is and how many pictures have it
  std::vector<std::string> guessed;  ///< what the files do not say for certain
  std::vector<std::string>
      left_out;  ///< files that could have been meant, and why they are not taken
};

/// Makes a manifest from what lies in a folder and below it:
/// - pictures: JPEG or colour PNG of the folder that has most of them, names of masks and depth aside;
/// - what has a picture's name in its own, {name}_depth.png or depth/{name}.npy: masks and depth as their names and
///   numbers tell (whole numbers of more than 256 values are depth), KITTI's labels (15 columns) and boxes (16);
/// - COCO's JSON, by the pictures that it lists;
/// - intrinsics from intrinsics.txt or K.txt (4 or 9 numbers), else from EXIF (evidence/exif.h);
/// - the unit of whole depth numbers: millimetres, or KITTI's 1/256 m where only that fits boxes and road.
/// UserError where there is no picture, or nothing says what the camera's focal length is. The manifest has been
/// read once (data/manifest.h) when it is returned.
FolderManifest folder_manifest(const FolderManifestOptions& options);

}  // namespace monodr
