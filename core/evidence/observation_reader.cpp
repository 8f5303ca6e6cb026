// SPDX-License-Identifier: Apache-2.0
#include "evidence/observation_reader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <opencv2/core.hpp>
#include <utility>

#include "base/error.h"
#include "base/library_errors.h"
#include "evidence/camera_check.h"
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

}  // namespace

void add_frame(const Frame& frame, const DatasetRequest& request, ObservationSet& set) {
  const std::string& id = frame.evidence.frame;
  for (const DetectedObject& detected : frame.objects) {
    if (!is_wanted(detected, request)) continue;
    try {
      set.observations.push_back(observe(frame, detected, request));
      set.whole_boxes.push_back(boxes_are_whole(frame, request));
      if (frame.moment)
        set.sightings.push_back(
            {detected.track.empty() ? "" : frame.moment->sequence + "/" + detected.track,
             0,
             *frame.moment});
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
  set.counts.to_fit = set.observations.size();
  set.frames.push_back(id);
}

Frame read_frame_of(const FrameSource& source, const std::string& id) {
  try {
    Frame frame = source.read(id);
    require_intrinsics_fit(frame.evidence.camera, fmt::format("frame '{}'", id));
    return frame;
  } catch (const cv::Exception&) {
    throw UserError(fmt::format(
        "frame '{}': one of its pictures is of a size or kind that cannot be worked on", id));
  } catch (const std::filesystem::filesystem_error& error) {
    throw UserError(fmt::format("frame '{}': {}", id, mendable_fault(error)));
  }
}

ObservationReader::ObservationReader(const FrameSource& source,
                                     const DatasetRequest& request,
                                     std::vector<std::string> frames)
    : source_(source),
      request_(request),
      frames_(std::move(frames)),
      depth_(request.category_model) {}

ObservationReader::Upcoming ObservationReader::upcoming() const {
  if (!request_.reads_sequences()) return {};
  Upcoming frame;
  try {
    if (const auto moment = source_.moment(frames_[next_])) frame.sequence = moment->sequence;
  } catch (const UserError&) {
    return frame;  // who reads the frame says what is wrong with it
  }
  frame.starts_sequence = next_ == 0 || frame.sequence != sequence_;
  frame.starts_block = frame.starts_sequence || frames_of_block_ == request_.frames_per_object;
  return frame;
}

double ObservationReader::share() const {
  const double frames = frames_.empty() ? 1 : double(next_) / double(frames_.size());
  return request_.objects > 0 ? std::max(frames, double(objects_) / request_.objects) : frames;
}

ObservationSet ObservationReader::next(size_t objects) {
  ObservationSet set;
  while (!is_done()) {
    const Upcoming frame = upcoming();
    if (frame.starts_block && set.observations.size() >= objects) break;
    read_frame(frame, set);
    const bool is_enough = request_.objects > 0 && objects_ >= size_t(request_.objects);
    has_enough_ = is_enough && (next_ == frames_.size() || upcoming().starts_sequence);
  }
  return set;
}

void ObservationReader::read_frame(const Upcoming& upcoming, ObservationSet& set) {
  sequence_ = upcoming.sequence;
  block_ += upcoming.starts_block;
  frames_of_block_ = upcoming.starts_block ? 1 : frames_of_block_ + 1;
  const std::string& id = frames_[next_++];
  const size_t before = set.observations.size();
  picture_ = {};
  try {
    Frame frame = read_frame_of(source_, id);
    add_frame(frame, request_, set);
    if (!request_.is_synthetic()) depth_.add(frame);
    picture_ = std::move(frame.evidence);
  } catch (const UserError& error) {
    if (request_.on_error != OnError::skip) throw;
    set.skipped_frames.push_back({id, -1, error.what()});
  }
  objects_ += set.observations.size() - before;
  for (size_t i = before; i < set.sightings.size(); ++i) set.sightings[i].block = block_;
}

void ObservationReader::finish(ObservationSet& totals) const {
  add_notes(source_, depth_, totals);
}

void add_without_observations(ObservationSet& all, ObservationSet part) {
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(all.frames, part.frames);
  append(all.skipped_objects, part.skipped_objects);
  append(all.skipped_frames, part.skipped_frames);
  append(all.notes, part.notes);
  all.counts.add(part.counts);
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
                            plural(counts.to_fit, "object"),
                            set.skipped_objects.size());
}

}  // namespace monodr
