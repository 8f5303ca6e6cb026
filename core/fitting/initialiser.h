// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fitting/object_state.h"
#include "geometry/annotation.h"
#include "plugin/observation.h"
#include "plugin/shape_prior.h"
#include "settings/fit.h"

namespace monodr {

/// Where the hypotheses of some objects start: K rows an object, rows of one object together.
struct Starts {
  at::Tensor state;            ///< [B * K, columns], see StateLayout
  at::Tensor log_probability;  ///< [B, K] of each start, up to a constant of the object
  int without_detection = 0;   ///< objects that had to do without what was asked for
  /// [B,bins] log-probability of the heading over the circle (plugin/predictor.h), of who knows more of it than where
  /// to start; else undefined.
  at::Tensor heading = {};
  at::Tensor coordinates = {};  ///< [B,4,S,S] as ObservationBatch::coordinates, of who says them
};

/// HOW TO ADD AN INITIALISER: a value of StartKind (settings/fit.h), a class like those below, its
/// line in make_initialiser() (methods/fit_pipeline.cpp).
///
/// The starts of an object may depend on that object alone.
class Initialiser {
 public:
  virtual ~Initialiser() = default;
  /// `batch` is made from `observations`.
  virtual Starts start(const std::vector<Observation>& observations,
                       const ObservationBatch& batch,
                       const ShapePrior& prior,
                       const StateLayout& layout,
                       const FitSettings& settings) const = 0;
};

/// Headings in equal steps around the circle:
///
/// - position: the centre of the 2-D box;
/// - depth, by `start_depth`: the median observed depth under the mask plus `start_depth_offset`
///   (what is seen is the near surface, not the centre), or fy * class height / box height, which
///   also serves where there is no depth;
/// - size and shape: the class mean; headings: first_heading + 360/K degrees each;
/// - texture: the code of the paint that the pixels under the mask show (their median colour).
class HeadingInitialiser : public Initialiser {
 public:
  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override;
};

/// The 3-D boxes of another system, to refine them: position, depth and size are those of the box that overlaps
/// the observation's 2-D box most (at least by half); the K hypotheses are turned from its heading by 0, 180,
/// 90, -90, 45, ... degrees. An object that meets no box starts as HeadingInitialiser says and is counted.
class DetectionInitialiser : public Initialiser {
 public:
  explicit DetectionInitialiser(std::map<std::string, std::vector<Annotation>> detections)
      : detections_(std::move(detections)) {}

  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override;

 private:
  const Annotation* of(const Observation& observation) const;

  std::map<std::string, std::vector<Annotation>> detections_;  ///< by frame
};

}  // namespace monodr
