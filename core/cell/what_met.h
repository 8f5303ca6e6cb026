// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evidence/dataset.h"
#include "geometry/annotation.h"
#include "methods/method.h"
#include "settings/category.h"

namespace monodr {

/// Nothing matched is not a result: zeros of a cell that saw nothing would stand in a table beside those of a
/// method that failed. Such a cell fails with what was counted.

/// UserError where there is nothing to fit.
void require_observations(const ObservationSet& set, const CategoryModel& category);

/// UserError where the method found nothing, or not one of its objects could be fitted.
void require_detections(const MethodResult& found,
                        const ObservationSet& set,
                        const CategoryModel& category);

/// How labels and detections of the class meet in the picture, in frames that have labels.
struct Meetings {
  size_t frames = 0;
  size_t labels = 0;
  size_t detections = 0;
  size_t met = 0;  ///< labels that some detection overlaps by half
  std::string
      other_class;  ///< of a label, where none is of the class; "" = there are no labels at all
};
Meetings meetings(const std::vector<FrameAnnotations>& labels,
                  const std::vector<FrameAnnotations>& detections,
                  const CategoryModel& category);

/// UserError where there are labels of the class and none met a detection.
void require_meetings(const Meetings& meetings, const CategoryModel& category);

}  // namespace monodr
