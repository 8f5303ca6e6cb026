// SPDX-License-Identifier: Apache-2.0
#include "cell/what_met.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace monodr {
namespace {

constexpr double kOverlap = 0.5;  // as evaluation/errors.h matches

/// "; the first, frame 000008: ..." of what was left out, frames before objects.
std::string first_left_out(const ObservationSet& set) {
  if (!set.skipped_frames.empty())
    return fmt::format("; the first, frame {}: {}",
                       set.skipped_frames.front().frame,
                       set.skipped_frames.front().reason);
  if (set.skipped_objects.empty()) return "";
  const Skipped& first = set.skipped_objects.front();
  return fmt::format("; the first, object {}/{}: {}", first.frame, first.object, first.reason);
}

}  // namespace

void require_observations(const ObservationSet& set, const CategoryModel& category) {
  if (set.counts.to_fit > 0) return;
  throw UserError(
      fmt::format("nothing to fit: {}{}; 'runexp data inspect' lists what is wrong with the data",
                  describe_counts(set, category.name),
                  first_left_out(set)));
}

void require_detections(const MethodResult& found,
                        const ObservationSet& set,
                        const CategoryModel& category) {
  // A loss that is NaN for every object is a fault of the cell, not a bad score.
  for (const FittedObject& fit : found.objects)
    if (fit.failure.empty()) return;
  if (found.objects.empty())
    throw UserError(fmt::format("the method found no {} in {} frames{}",
                                category.name,
                                set.frames.size(),
                                found.notes.empty() ? "" : "; " + found.notes.front()));
  throw UserError(fmt::format("none of the {} objects could be fitted; the first, of frame {}: {}",
                              found.objects.size(),
                              found.objects.front().frame,
                              found.objects.front().failure));
}

Meetings meetings(const std::vector<FrameAnnotations>& labels,
                  const std::vector<FrameAnnotations>& detections,
                  const CategoryModel& category) {
  std::map<std::string, const FrameAnnotations*> detections_of;
  for (const FrameAnnotations& frame : detections) detections_of[frame.frame] = &frame;
  Meetings result;
  for (const FrameAnnotations& frame : labels) {
    ++result.frames;
    const auto found = detections_of.find(frame.frame);
    static const std::vector<Annotation> none;
    const auto& here = found == detections_of.end() ? none : found->second->objects;
    result.detections += here.size();
    for (const Annotation& label : frame.objects) {
      if (!category.includes(label.category)) {
        if (!same_category(label.category, "DontCare")) result.other_class = label.category;
        continue;
      }
      ++result.labels;
      result.met += std::any_of(here.begin(), here.end(), [&](const Annotation& detection) {
        return intersection_over_union(detection.box2d, label.box2d) >= kOverlap;
      });
    }
  }
  return result;
}

void require_meetings(const Meetings& meetings, const CategoryModel& category) {
  if (meetings.labels == 0 || meetings.met > 0) return;
  throw UserError(
      fmt::format("no label met its object: {} frames with labels have {} of class {} and {} "
                  "detections, and none of "
                  "these overlap by half in the picture; are labels and boxes of the same pictures "
                  "and resolution?",
                  meetings.frames,
                  meetings.labels,
                  category.name,
                  meetings.detections));
}

}  // namespace monodr
