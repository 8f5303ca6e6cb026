// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "data/kitti_label.h"
#include "data/object_evidence.h"

namespace monodr {
namespace {

void add_frame(const Frame& frame, const DatasetOptions& options, ObservationSet& set) {
  for (const Candidate& candidate : frame.candidates) {
    if (!same_category(candidate.object.category, options.category)) continue;
    try {
      set.observations.push_back(observe(frame, candidate, options));
    } catch (const UnusableObject& reason) {
      set.skipped_objects.push_back({frame.evidence.frame, candidate.number, reason.what()});
    }
  }
  set.frames.push_back(frame.evidence.frame);
}

}  // namespace

ObservationSet load_observations(const DatasetOptions& options) {
  const KittiFolder folder(options.root);
  ObservationSet set;
  for (const std::string& id : folder.frames(options.split)) {
    if (options.objects > 0 && int(set.observations.size()) >= options.objects) break;
    try {
      add_frame(read_frame(folder, id, options), options, set);
    } catch (const UserError& error) {
      if (options.on_error != "skip") throw;
      set.skipped_frames.push_back({id, -1, error.what()});
    }
  }
  return set;
}

std::vector<Skipped> check_dataset(const DatasetOptions& options) {
  const KittiFolder folder(options.root);
  std::vector<Skipped> skipped;
  int usable = 0;
  for (const std::string& id : folder.frames(options.split)) {
    if (options.objects > 0 && usable >= options.objects) break;
    try {
      for (const Candidate& candidate : read_frame(folder, id, options).candidates)
        if (same_category(candidate.object.category, options.category) &&
            candidate.object.box.height() >= options.minimum_height)
          ++usable;
      load_labels(options.root, {id});
    } catch (const UserError& error) {
      if (options.on_error != "skip") throw;
      skipped.push_back({id, -1, error.what()});
    }
  }
  return skipped;
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
