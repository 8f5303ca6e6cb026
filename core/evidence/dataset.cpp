// SPDX-License-Identifier: Apache-2.0
#include "evidence/dataset.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <opencv2/core.hpp>
#include <utility>

#include "base/error.h"
#include "base/library_errors.h"
#include "base/parallel.h"
#include "evidence/depth_plausibility.h"
#include "evidence/frame_source.h"
#include "evidence/object_evidence.h"

namespace monodr {
namespace {

bool is_wanted(const DetectedObject& detected, const DatasetRequest& request) {
  return request.category_model.includes(detected.object.category);
}

void add_counts(const Frame& frame, const DatasetRequest& request, EvidenceCounts& counts) {
  size_t boxes = 0;
  for (const DetectedObject& detected : frame.objects) {
    if (!is_wanted(detected, request)) continue;
    ++boxes;
    counts.matched += detected.instance >= 0;
  }
  if (frame.instances) {
    counts.given += boxes;
    counts.masks += frame.instances->size();
  }
  counts.boxes += boxes;
  for (const LeftOut& left_out : frame.left_out)
    counts.boxes += is_wanted(left_out.detected, request);
}

void add_frame(const Frame& frame, const DatasetRequest& request, ObservationSet& set) {
  const std::string& id = frame.evidence.frame;
  for (const DetectedObject& detected : frame.objects) {
    if (!is_wanted(detected, request)) continue;
    try {
      set.observations.push_back(observe(frame, detected, request));
    } catch (const UnusableObject& reason) {
      set.skipped_objects.push_back({id, detected.number, reason.what()});
    }
  }
  for (const LeftOut& left_out : frame.left_out)
    if (is_wanted(left_out.detected, request))
      set.skipped_objects.push_back({id, left_out.detected.number, left_out.reason});
  for (const std::string& note : frame.notes)
    set.notes.push_back(fmt::format("frame {}: {}", id, note));
  add_counts(frame, request, set.counts);
  set.frames.push_back(id);
}

/// A frame of the source. What a library finds wrong with its pictures is said of the frame, not of the library.
Frame read_frame_of(const FrameSource& source, const std::string& id) {
  try {
    return source.read(id);
  } catch (const cv::Exception&) {
    throw UserError(fmt::format(
        "frame '{}': one of its pictures is of a size or kind that cannot be worked on", id));
  } catch (const std::filesystem::filesystem_error& error) {
    throw UserError(fmt::format("frame '{}': {}", id, mendable_fault(error)));
  }
}

/// The first of those that say the same of other frames, with their number.
void join_notes(std::vector<std::string>& notes) {
  const auto what = [](const std::string& note) { return note.substr(note.find(": ")); };
  std::vector<std::string> joined;
  std::map<std::string, size_t> counts;
  for (const std::string& note : notes)
    if (note.starts_with("frame ") ? ++counts[what(note)] == 1 : true) joined.push_back(note);
  for (std::string& note : joined)
    if (const auto count = counts.find(note.starts_with("frame ") ? what(note) : "");
        count != counts.end() && count->second > 1)
      note = fmt::format("{} frames, first {}", count->second, note.substr(6));
  notes = std::move(joined);
}

void add_notes(const FrameSource& source, const DepthPlausibility& depth, ObservationSet& set) {
  if (const auto complaint = depth.complaint()) {
    if (depth.unit_is_assumed()) throw UserError(complaint->with_file());
    set.notes.push_back(complaint->with_file());
  }
  if (const auto complaint = depth.complaint_of_ground())
    set.notes.push_back(complaint->with_file());
  for (const std::string& note : source.notes()) set.notes.push_back(note);
  join_notes(set.notes);
  constexpr double kLowRate = 0.5;
  const EvidenceCounts& counts = set.counts;
  if (counts.given > 0 && double(counts.matched) < kLowRate * double(counts.given))
    set.notes.push_back(fmt::format(
        "only {} of {} boxes met one of the {} masks", counts.matched, counts.given, counts.masks));
}

int usable_objects(const Frame& frame, const DatasetRequest& request) {
  return int(std::count_if(
      frame.objects.begin(), frame.objects.end(), [&](const DetectedObject& detected) {
        return is_wanted(detected, request) &&
               detected.object.box.height() >= request.minimum_height;
      }));
}

}  // namespace

ObservationSet load_observations(const FrameSource& source, const DatasetRequest& request) {
  return load_observations_of(source.frames(), source, request);
}

ObservationSet load_observations(const DatasetRequest& request) {
  return load_observations(*open_frame_source(request), request);
}

ObservationSet load_observations_of(const std::vector<std::string>& frames,
                                    const FrameSource& source,
                                    const DatasetRequest& request) {
  ObservationSet set;
  DepthPlausibility depth(request.category_model);
  for (const std::string& id : frames) {
    if (request.objects > 0 && int(set.observations.size()) >= request.objects) break;
    try {
      const Frame frame = read_frame_of(source, id);
      add_frame(frame, request, set);
      if (!request.is_synthetic()) depth.add(frame);
    } catch (const UserError& error) {
      if (request.on_error != OnError::skip) throw;
      set.skipped_frames.push_back({id, -1, error.what()});
    }
  }
  add_notes(source, depth, set);
  return set;
}

std::string describe_counts(const ObservationSet& set, const std::string& category) {
  const EvidenceCounts& counts = set.counts;
  const auto plural = [](size_t count, const char* thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
  };
  std::string text = plural(set.frames.size(), "frame") + " read";
  if (!set.skipped_frames.empty()) text += fmt::format(", {} left out", set.skipped_frames.size());
  text += fmt::format(", {} boxes of class {}", counts.boxes, category);
  if (counts.given > 0 || counts.masks > 0)
    text += fmt::format(", {}, {} matched", plural(counts.masks, "mask"), counts.matched);
  return text + fmt::format(", {} to fit, {} left out",
                            plural(set.observations.size(), "object"),
                            set.skipped_objects.size());
}

std::vector<Skipped> check_dataset(const DatasetRequest& request) {
  const auto source = open_frame_source(request);
  std::vector<Skipped> skipped;
  int usable = 0;
  for (const std::string& id : source->frames()) {
    if (request.objects > 0 && usable >= request.objects) break;
    try {
      usable += usable_objects(read_frame_of(*source, id), request);
      load_labels(*source, {id});
    } catch (const UserError& error) {
      if (request.on_error != OnError::skip) throw;
      skipped.push_back({id, -1, error.what()});
    }
  }
  return skipped;
}

void cut_masks(const DatasetRequest& request,
               int threads,
               const std::function<void(double)>& progress) {
  if (request.mask_cache.empty()) return;
  const auto source = open_frame_source(request);
  const std::vector<std::string> ids = source->frames();
  std::mutex mutex;
  size_t done = 0;
  int usable = 0;
  parallel_for(ids.size(), threads, [&](size_t i) {
    {
      const std::lock_guard lock(mutex);
      if (request.objects > 0 && usable >= request.objects) return;
    }
    ObservationSet unused;
    try {
      const Frame frame = read_frame_of(*source, ids[i]);
      if (!frame.instances) add_frame(frame, request, unused);
    } catch (const UserError&) {  // whoever reads the frames for good says what is wrong with it
    }
    const std::lock_guard lock(mutex);
    usable += int(unused.observations.size());
    const double share = double(++done) / double(ids.size());
    progress(request.objects > 0 ? std::max(share, double(usable) / request.objects) : share);
  });
}

std::vector<FrameAnnotations> load_labels(const FrameSource& source,
                                          const std::vector<std::string>& frames,
                                          OnError on_error,
                                          std::vector<Skipped>* skipped) {
  std::vector<FrameAnnotations> labels;
  for (const std::string& frame : frames) {
    try {
      if (source.has_labels(frame)) labels.push_back({frame, source.labels(frame)});
    } catch (const UserError& error) {
      if (on_error != OnError::skip) throw;
      if (skipped != nullptr) skipped->push_back({frame, -1, error.what()});
    }
  }
  return labels;
}

}  // namespace monodr
