// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/kitti_folder.h"
#include "evidence/coco.h"
#include "evidence/depth.h"
#include "evidence/image.h"
#include "geometry/box.h"
#include "settings/dataset.h"

namespace monodr {

/// One object (or thing that may hide objects) as a file of masks shows it: what is visible.
struct Instance {
  int number = -1;  ///< of the object's line in the label file, from 0; -1 = the file does not say
  bool is_object =
      true;  ///< false: a region that may hide objects and is none that a box could show
  std::string category;  ///< where the ids say it, else ""
  BinaryMask mask;
  Box2d box;         ///< smallest box around its pixels
  double depth = 0;  ///< depth_under() its mask, metres; 0 = none there
};

/// Where the masks of a dataset come from, by dataset.masks:
///   "instance"  training/instance_2/F.png: 16 bit, 0 = background, n = 1 + line of the label file;
///               ids beyond the file's lines are things that hide objects and have no label of
///               their own (synthetic scenes: 65535). With ids from 1000 on they are codes,
///               1000 x class + number, as KITTI MOTS and Cityscapes have them (instances_of_ids)
///   "png"       training/masks_2/F_N.png: one picture an object, anything but 0 is the object; N a
///               running number of any kind
///   "coco"      training/masks_2/F.json, or training/masks_2/coco.json for all frames (coco.h)
///   "grabcut"   none: they are cut from the image (grabcut_mask)
///   "auto"      for each frame the first of instance, png, coco that has a file for it, else
///               grabcut
class MaskSource {
 public:
  MaskSource(const KittiFolder& folder, MaskKind choice);

  /// Why masks of the file that is of all frames were left out.
  std::vector<std::string> faults() const;

  /// Files of masks_2 that are of none of these frames, where no frame has any: "" = all is well.
  std::string stray_pngs(const std::vector<std::string>& frames) const;

  /// UserError where masks were to come from a file of all frames that lists none of these.
  void require_any(const std::vector<std::string>& frames) const;

  /// The instances of a frame; nothing where they have to be cut from the image. Those without a
  /// pixel are left out. `depth` may be empty. COCO's masks below `minimum_score` are left out.
  /// UserError for a chosen file that is missing or broken or not of the image's size.
  std::optional<std::vector<Instance>> read(const std::string& frame,
                                            int width,
                                            int height,
                                            const DepthMap& depth,
                                            double minimum_score) const;

 private:
  std::optional<std::vector<BinaryMask>> read_pngs(const std::string& frame,
                                                   int width,
                                                   int height) const;
  std::optional<std::vector<BinaryMask>> read_coco(const std::string& frame,
                                                   int width,
                                                   int height,
                                                   double minimum_score) const;

  KittiFolder folder_;
  MaskKind choice_;
  std::map<std::string, std::vector<std::string>> pngs_;  ///< frame -> files
  std::shared_ptr<const CocoMasks> coco_;                 ///< of all frames
};

/// Instances of instance_2's ids, in ascending order of the ids; 65535 is no object. Where any other id is 1000 or
/// more, all are codes that name no label: 1000 x class + number (KITTI MOTS: 1 car, 2 pedestrian, 10000 = a region to
/// ignore, which may hide objects; Cityscapes: 24 person, 26 car, ..., ids below 1000 are surfaces), or 256 x class +
/// number of Cityscapes' classes (KITTI's semantic benchmark; classes below 24 are surfaces). Surfaces, as road
/// and sky, are left out and hide nothing.
std::vector<Instance> instances_of_ids(const Plane<std::uint16_t>& ids);

/// For each of the boxes the instance that shows its object, -1 = none: the pair that overlaps most
/// first, each instance once, down to an overlap of one half.
std::vector<int> match_instances(const std::vector<Box2d>& boxes,
                                 const std::vector<Instance>& instances);

/// The smallest box around the mask's pixels; empty (0, 0, 0, 0) where there is none.
Box2d box_around(const BinaryMask& mask);

/// typical_depth() of the depths under the mask, 0 where there is none.
double depth_under(const DepthMap& depth, const BinaryMask& mask);

}  // namespace monodr
