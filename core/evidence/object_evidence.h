// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

#include "evidence/frame_reader.h"

namespace monodr {

/// Why one object of a sound frame cannot be fitted; caught where observations are collected.
class UnusableObject : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Mask, what hides it, box and depth of one detected, without faults, in image pixels. Throws
/// UnusableObject where no mask shows it.
ObjectEvidence gather_evidence(const Frame& frame,
                               const DetectedObject& detected,
                               const DatasetRequest& options);

/// Whether the boxes of the frame's observations are around the visible masks, whatever its file of boxes says:
/// options.box_extent is "modal", or "auto" and the boxes are labels whose masks a file gives.
bool boxes_are_modal(const Frame& frame, const DatasetRequest& options);

/// Whether they take in what is hidden: labels' as they are given, or by the user's word ("amodal").
bool boxes_are_whole(const Frame& frame, const DatasetRequest& options);

/// The observation of one detected: mask from its instance or by GrabCut, what is known of the
/// pixels around it, its box, depth; then the options' faults, where they are to be added. The
/// order: mask, occluder's cut, box, jitter, errors of depth, errors of the mask's border. A mask
/// is not made anew for a jittered box.
///
/// Box, by options.box_extent: "modal" = around the visible mask, "amodal" = as its file gives it,
/// and its sides count as the object's own even where something hides them, "auto" = modal for
/// labels whose mask a file gives, else as the file of boxes gives it.
///
/// Where fewer than three crop pixels have a depth the observation has none: such an object is fitted
/// from its mask, its box and the size of its class.
///
/// Throws UnusableObject where the evidence does not do.
Observation observe(const Frame& frame,
                    const DetectedObject& detected,
                    const DatasetRequest& options);

}  // namespace monodr
