// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// What files that belong to pictures may be.
enum class Companion { masks, depth, boxes, labels, lidar };

/// Files of one kind, one a picture or (of masks) several.
struct CompanionFiles {
  Companion kind = Companion::masks;
  std::string
      pattern;  ///< with {name}, relative to the folder; without it: one file for all pictures
  std::string first;    ///< the path of one of them, absolute or as the folder was given
  size_t pictures = 0;  ///< that have one
};

/// The pictures of a folder and what lies beside them.
struct FolderPictures {
  std::vector<std::string> pictures;       ///< relative to the folder, sorted
  std::vector<CompanionFiles> companions;  ///< of each kind those of most pictures first
  std::string camera;                 ///< intrinsics.txt or K.txt, relative; "" = there is none
  std::vector<std::string> left_out;  ///< what could have been meant, and why it is not taken
};

/// See inspect/folder_manifest.h for how they are told apart. UserError where there is no picture.
FolderPictures find_pictures(const std::string& folder);

}  // namespace monodr
