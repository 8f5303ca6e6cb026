// SPDX-License-Identifier: Apache-2.0
#include "evidence/dataset.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "evidence/frame_source.h"
#include "evidence/object_evidence.h"

namespace monodr {
namespace {

bool is_wanted(const DetectedObject& detected, const DatasetRequest& request) {
  return request.category_model.includes(detected.object.category);
}

void add_frame(const Frame& frame, const DatasetRequest& request, ObservationSet& set) {
  for (const DetectedObject& detected : frame.objects) {
    if (!is_wanted(detected, request)) continue;
    try {
      set.observations.push_back(observe(frame, detected, request));
    } catch (const UnusableObject& reason) {
      set.skipped_objects.push_back({frame.evidence.frame, detected.number, reason.what()});
    }
  }
  set.frames.push_back(frame.evidence.frame);
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
  for (const std::string& id : frames) {
    if (request.objects > 0 && int(set.observations.size()) >= request.objects) break;
    try {
      add_frame(source.read(id), request, set);
    } catch (const UserError& error) {
      if (request.on_error != OnError::skip) throw;
      set.skipped_frames.push_back({id, -1, error.what()});
    }
  }
  return set;
}

std::vector<Skipped> check_dataset(const DatasetRequest& request) {
  const auto source = open_frame_source(request);
  std::vector<Skipped> skipped;
  int usable = 0;
  for (const std::string& id : source->frames()) {
    if (request.objects > 0 && usable >= request.objects) break;
    try {
      usable += usable_objects(source->read(id), request);
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
      const Frame frame = source->read(ids[i]);
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
