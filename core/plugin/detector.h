// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "geometry/box.h"
#include "geometry/picture.h"

namespace monodr {

/// HOW TO ADD A DETECTOR: as a loss (plugin/loss.h), under plugins/detectors/, checked by
/// check_detector_contract(registry, "NAME", {{"model", ...}}).

/// One object as a network sees it in the picture.
struct FoundObject {
  std::string category;  ///< as the experiment's [category] names it: "Car"
  double score = 0;      ///< certainty, 0..1
  Box2d box;             ///< pixels of the picture, inside of it, not empty
  BinaryMask mask;       ///< visible part, of the picture's size; empty() where there is none
};

/// Picture -> 2-D boxes, classes, scores, and masks where it has them. What monoDR's evidence begins with
/// where no file holds it (Beker et al., ECCV 2020, take Mask R-CNN).
///
/// May be asked by several threads at once. The same picture gives the same bits, alone or among others, on any
/// number of threads; no picture is too small.
class Detector {
 public:
  virtual ~Detector() = default;

  /// One list a picture, the surest object first. UserError where the network cannot be run or does not give what
  /// the settings say; its message names the file.
  virtual std::vector<std::vector<FoundObject>> detect(
      std::span<const ColourImage> pictures) const = 0;

  /// Whether its objects have masks.
  virtual bool gives_masks() const = 0;
};

}  // namespace monodr
