// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace monodr {

/// What is measured of one labelled object: how far the detection that was matched to it is off.
/// Of a label that no detection was matched to, errors are NaN and overlaps 0.
struct ObjectMeasurements {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  double heading_error = none;
  double heading_turn = none;
  double location_error = none;
  double radial_error = none;
  double lateral_error = none;
  double size_error = none;
  double bev_overlap = 0;
  double volume_overlap = 0;
  double score = none;
  double loss = none;
  double heading_probability = none;
  double heading_support = none;
};

/// A field of ObjectMeasurements, which is a column of the same name in table `object`.
struct ObjectColumn {
  std::string name;
  double ObjectMeasurements::*member;
  std::string unit;     ///< "rad", "m", "1"
  std::string meaning;  ///< for docs/metrics.md

  bool is_angle() const { return unit == "rad"; }
};

/// All of them. A new one also takes a migration that adds the column (results/schema.cpp).
const std::vector<ObjectColumn>& object_columns();

/// CheckFailure where there is no such column.
const ObjectColumn& object_column(const std::string& name);

}  // namespace monodr
