// SPDX-License-Identifier: Apache-2.0
#include "evidence/dataset.h"

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "evidence/observation_reader.h"

namespace monodr {
namespace {

bool is_usable(const DetectedObject& detected, const Frame& frame, const DatasetRequest& request) {
  return request.category_model.includes(detected.object.category) &&
         detected.object.box.height() >= request.lowest_box(frame.boxes_are_labels);
}

/// Objects of frames by class; those of the category apart by whether they are high enough.
class ObjectCount {
 public:
  explicit ObjectCount(const DatasetRequest& request) : request_(request) {}

  /// Returns the usable ones of the frame.
  int add(const Frame& frame) {
    const std::lock_guard lock(mutex_);
    ++frames_;
    lowest_ = request_.lowest_box(frame.boxes_are_labels);
    int usable = 0;
    for (const DetectedObject& detected : frame.objects) {
      if (is_usable(detected, frame, request_))
        ++usable;
      else
        ++others_[request_.category_model.includes(detected.object.category)
                      ? request_.category_model.name + " that is lower"
                      : detected.object.category];
    }
    usable_ += usable;
    return usable;
  }

  /// What there is in place of usable ones; "" where there are some, or no frame.
  std::string instead() const {
    if (frames_ == 0 || usable_ > 0) return "";
    std::vector<std::string> found;
    for (const auto& [name, count] : others_) found.push_back(fmt::format("{} {}", count, name));
    const bool by_network = request_.boxes == BoxSource::network;
    return fmt::format(
        "nothing to fit: 0 boxes of class {} at least {} px high {} {} frame{} of "
        "'{}', but {}; are [category], "
        "dataset.boxes and dataset.minimum_score those of this data{}?",
        request_.category_model.name,
        lowest_,
        by_network ? "were found by the network in" : "stand in",
        frames_,
        frames_ == 1 ? "" : "s",
        request_.root,
        found.empty() ? "none of another class either" : join(found, ", "),
        by_network ? ", and the network's classes, head and input" : "");
  }

 private:
  const DatasetRequest& request_;
  std::mutex mutex_;
  double lowest_ = 0;  ///< px; of the frame that was added last
  int frames_ = 0, usable_ = 0;
  std::map<std::string, int> others_;
};

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
  ObservationReader reader(source, request, frames);
  ObservationSet set = reader.next(std::numeric_limits<size_t>::max());
  reader.finish(set);
  return set;
}

void EvidenceCounts::add(const EvidenceCounts& other) {
  boxes += other.boxes;
  given += other.given;
  masks += other.masks;
  matched += other.matched;
  to_fit += other.to_fit;
}

namespace {

/// Reads frames on several threads, a block of them at a time and in their order, until they hold as many objects as
/// the request asks for. `use(i, frame)` returns how many usable objects frame i has.
void for_each_frame(const std::vector<std::string>& ids,
                    const DatasetRequest& request,
                    int threads,
                    const DatasetProgress& progress,
                    const std::function<int(size_t i)>& use) {
  constexpr size_t kFramesOfAThread = 4;
  const size_t block = kFramesOfAThread * size_t(std::max(1, threads));
  int usable = 0;
  for (size_t start = 0; start < ids.size(); start += block) {
    if (request.objects > 0 && usable >= request.objects) return;
    std::vector<int> found(std::min(block, ids.size() - start));
    std::mutex mutex;
    size_t done = start;
    parallel_for(found.size(), threads, [&](size_t i) {
      found[i] = use(start + i);
      const std::lock_guard lock(mutex);
      if (!progress) return;
      const double share = double(++done) / double(ids.size());
      progress(request.objects > 0 ? std::max(share, double(usable) / request.objects) : share);
    });
    usable += std::accumulate(found.begin(), found.end(), 0);
  }
}

}  // namespace

DatasetCheck check_dataset(const DatasetRequest& request,
                           int threads,
                           const DatasetProgress& progress) {
  const auto source = open_frame_source(request);
  const std::vector<std::string> ids = source->frames();
  std::vector<std::string> faults(ids.size());
  ObjectCount count(request);
  for_each_frame(ids, request, threads, progress, [&](size_t i) {
    try {
      const int usable = count.add(read_frame_of(*source, ids[i]));
      load_labels(*source, {ids[i]});
      return usable;
    } catch (const UserError& error) {
      if (request.on_error != OnError::skip) throw;
      faults[i] = error.what();
      return 0;
    }
  });
  DatasetCheck check{{}, count.instead()};
  for (size_t i = 0; i < ids.size(); ++i)
    if (!faults[i].empty()) check.skipped.push_back({ids[i], -1, faults[i]});
  return check;
}

void cut_masks(const DatasetRequest& request, int threads, const DatasetProgress& progress) {
  const bool cuts_none =
      request.masks == MaskKind::network && request.missing_mask == MissingMask::skip;
  if (request.mask_cache.empty() || cuts_none) return;
  const auto source = open_frame_source(request);
  const std::vector<std::string> ids = source->frames();
  for_each_frame(ids, request, threads, progress, [&](size_t i) {
    ObservationSet unused;
    try {
      const Frame frame = read_frame_of(*source, ids[i]);
      if (!frame.digest.empty()) add_frame(frame, request, unused);
    } catch (const UserError&) {  // whoever reads the frames for good says what is wrong with it
    }
    return int(unused.observations.size());
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
