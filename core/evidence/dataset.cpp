// SPDX-License-Identifier: Apache-2.0
#include "evidence/dataset.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "data/kitti_label.h"
#include "evidence/object_evidence.h"

namespace monodr {
namespace {

void add_frame(const Frame& frame, const DatasetOptions& options, ObservationSet& set) {
  for (const DetectedObject& detected : frame.objects) {
    if (!same_category(detected.object.category, options.category)) continue;
    try {
      set.observations.push_back(observe(frame, detected, options));
    } catch (const UnusableObject& reason) {
      set.skipped_objects.push_back({frame.evidence.frame, detected.number, reason.what()});
    }
  }
  set.frames.push_back(frame.evidence.frame);
}

int candidates_of_class(const Frame& frame, const DatasetOptions& options) {
  return int(std::count_if(
      frame.objects.begin(), frame.objects.end(), [&](const DetectedObject& detected) {
        return same_category(detected.object.category, options.category) &&
               detected.object.box.height() >= options.minimum_height;
      }));
}

}  // namespace

ObservationSet load_observations(const DatasetOptions& options) {
  return load_observations_of(KittiFolder(options.root).frames(options.split), options);
}

ObservationSet load_observations_of(const std::vector<std::string>& frames,
                                    const DatasetOptions& options) {
  const KittiFolder folder(options.root);
  const MaskSource masks(folder, options.masks);
  ObservationSet set;
  for (const std::string& id : frames) {
    if (options.objects > 0 && int(set.observations.size()) >= options.objects) break;
    try {
      add_frame(read_frame(folder, masks, id, options), options, set);
    } catch (const UserError& error) {
      if (options.on_error != "skip") throw;
      set.skipped_frames.push_back({id, -1, error.what()});
    }
  }
  return set;
}

std::vector<Skipped> check_dataset(const DatasetOptions& options) {
  const KittiFolder folder(options.root);
  const MaskSource masks(folder, options.masks);
  std::vector<Skipped> skipped;
  int usable = 0;
  for (const std::string& id : folder.frames(options.split)) {
    if (options.objects > 0 && usable >= options.objects) break;
    try {
      usable += candidates_of_class(read_frame(folder, masks, id, options), options);
      load_labels(options.root, {id});
    } catch (const UserError& error) {
      if (options.on_error != "skip") throw;
      skipped.push_back({id, -1, error.what()});
    }
  }
  return skipped;
}

void cut_masks(const DatasetOptions& options,
               int threads,
               const std::function<void(double)>& progress) {
  if (options.mask_cache.empty()) return;
  const KittiFolder folder(options.root);
  const MaskSource masks(folder, options.masks);
  const std::vector<std::string> ids = folder.frames(options.split);
  std::mutex mutex;
  size_t done = 0;
  int usable = 0;
  parallel_for(ids.size(), threads, [&](size_t i) {
    {
      const std::lock_guard lock(mutex);
      if (options.objects > 0 && usable >= options.objects) return;
    }
    ObservationSet unused;
    try {
      const Frame frame = read_frame(folder, masks, ids[i], options);
      if (!frame.instances) add_frame(frame, options, unused);
    } catch (const UserError&) {  // whoever reads the frames for good says what is wrong with it
    }
    const std::lock_guard lock(mutex);
    usable += int(unused.observations.size());
    const double share = double(++done) / double(ids.size());
    progress(options.objects > 0 ? std::max(share, double(usable) / options.objects) : share);
  });
}

std::vector<FrameAnnotations> load_labels(const std::string& root,
                                          const std::vector<std::string>& frames,
                                          const std::string& on_error,
                                          std::vector<Skipped>* skipped) {
  const std::string folder = (std::filesystem::path(root) / "training" / "label_2").string();
  std::vector<FrameAnnotations> labels;
  for (const std::string& frame : frames) {
    try {
      labels.push_back(read_kitti_frame(folder, frame, KittiFileKind::labels));
    } catch (const UserError& error) {
      if (on_error != "skip") throw;
      if (skipped != nullptr) skipped->push_back({frame, -1, error.what()});
    }
  }
  return labels;
}

ColourImage load_frame_image(const std::string& root, const std::string& frame) {
  return load_colour_image(KittiFolder(root).image(frame));
}

Camera load_frame_camera(const std::string& root, const std::string& frame) {
  return read_frame_evidence(KittiFolder(root), frame).camera;
}

}  // namespace monodr
