// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fitting/objective.h"
#include "geometry/heading_mode.h"
#include "geometry/mesh.h"

namespace monodr {

/// One object that a method found. Poses are in KITTI's rectified frame, ready for a result file.
struct FittedObject {
  std::string frame;
  int object = 0;        ///< Observation::object
  std::string category;  ///< as a result file has it
  Box2d box2d;           ///< of the 2-D detection; a result's hidden sides: cell/hidden_sides.h
  std::string failure;   ///< empty, or a word on why there is no pose
  Box3d box;
  double alpha = 0;                ///< allocentric heading, radians
  double score = 0;                ///< 2-D score x self-consistency
  double loss = 0;                 ///< total of the reported hypothesis
  std::vector<double> loss_terms;  ///< in the order of Objective::losses()
  /// Share of the last hypotheses that agree with the reported heading within 30 degrees; only
  /// methods that carry several know it.
  std::optional<double> agreement;
  /// The reported heading first, then those that compete with it; empty of methods that know of no other.
  std::vector<HeadingMode> modes;
  /// What a network says of the heading in this picture, wherever the fit ended: probabilities that sum to 1, bin i is the
  /// allocentric heading heading_of_bin(i, size) (plugin/predictor.h). Empty of methods that ask no network.
  std::vector<float> heading_distribution;
  std::vector<float> shape_code, texture_code;
  Mesh mesh;  ///< posed, with its decoded colours

  /// Not so of another system's detection in the image alone.
  bool has_box() const { return box.length > 0; }
};

/// The object that row `row` of an evaluated state describes; `score` and `failure` are left as
/// they are.
FittedObject fitted_object(const Observation& observation,
                           const ObjectiveValue& value,
                           int64_t row);

}  // namespace monodr
