// SPDX-License-Identifier: Apache-2.0
#include "metrics/object_measurements.h"

#include "base/error.h"

namespace monodr {

const std::vector<ObjectColumn>& object_columns() {
  using M = ObjectMeasurements;
  static const std::vector<ObjectColumn> columns = {
      {"heading_error", &M::heading_error, "rad", "absolute value of `heading_turn`, 0..pi"},
      {"heading_turn",
       &M::heading_turn,
       "rad",
       "detected minus labelled `rotation_y`, -pi..pi; above 0 = clockwise seen from above"},
      {"location_error", &M::location_error, "m", "between the centres of the bottom faces"},
      {"radial_error",
       &M::radial_error,
       "m",
       "along the camera's ray to the label; above 0 = too far"},
      {"lateral_error", &M::lateral_error, "m", "across that ray, never below 0"},
      {"size_error",
       &M::size_error,
       "1",
       "mean over height, width and length of the relative error"},
      {"bev_overlap", &M::bev_overlap, "1", "intersection over union seen from above, 0..1"},
      {"volume_overlap", &M::volume_overlap, "1", "intersection over union in 3-D, 0..1"},
      {"score", &M::score, "1", "of the detection"},
      {"loss", &M::loss, "1", "total of the reported hypothesis at the end of its fit"},
      {"heading_probability",
       &M::heading_probability,
       "1",
       "of the reported heading, beside the others that the hypotheses ended in; v_heading_modes "
       "has them"},
      {"heading_support",
       &M::heading_support,
       "1",
       "what the network gives the headings within 45 deg of the reported one, of methods that ask "
       "one; v_heading_distributions has all that it says"}};
  return columns;
}

const ObjectColumn& object_column(const std::string& name) {
  for (const ObjectColumn& column : object_columns())
    if (column.name == name) return column;
  throw_check_failure("column", __FILE__, __LINE__, "table object has no column '" + name + "'");
}

}  // namespace monodr
