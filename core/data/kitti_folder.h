// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace monodr {

/// A folder in KITTI's object layout:
///   ROOT/ImageSets/<split>.txt          frame ids, one a line
///   ROOT/training/<kind>/<frame>.<ext>  image_2, calib, label_2, depth_2, velodyne, ...
class KittiFolder {
 public:
  /// UserError unless ROOT/training/image_2 is there.
  explicit KittiFolder(const std::string& root);

  const std::string& root() const { return root_; }

  /// Frame ids: those of ImageSets/<split>.txt in the file's order, or for "all" every image of
  /// image_2 in alphabetical order. "val|all" stands for the first of the two that is there.
  /// UserError for an unknown split (with the nearest name) and for a set without frames.
  std::vector<std::string> frames(const std::string& split) const;

  bool has(const std::string& kind) const;

  /// ROOT/training/<kind>/<frame>.<extension>, whether it is there or not.
  std::string path(const std::string& kind,
                   const std::string& frame,
                   const std::string& extension) const;

  /// The same where the file is there, with the first extension that fits.
  std::optional<std::string> find(const std::string& kind,
                                  const std::string& frame,
                                  const std::vector<std::string>& extensions) const;

  /// The PNG or JPEG of a frame; UserError where there is none.
  std::string image(const std::string& frame) const;

 private:
  std::string root_;
};

}  // namespace monodr
