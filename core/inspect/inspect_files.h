// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/manifest.h"
#include "evidence/depth_plausibility.h"
#include "evidence/manifest_source.h"
#include "evidence/mask_source.h"
#include "inspect/inspect.h"

namespace monodr {

/// How far boxes reach, as shares of the picture: boxes of another resolution betray themselves so.
struct BoxReach {
  size_t boxes = 0, beyond = 0;  ///< beyond: by more than 5 px on some side
  double right = 0, bottom = 0;  ///< the farthest

  void add(const Box2d& box, int width, int height);
  void add(const BoxReach& other);
};

/// What the files of one frame hold and what is wrong with them.
struct FrameFindings {
  std::map<std::string, int> image_sizes, labels, detections;
  std::map<std::string, size_t> masks;
  std::vector<DataFault> faults;
  MaskMatches matches;
  std::vector<std::string> notes;  ///< without the frame
  DepthPlausibility depth;
  BoxReach labels_reach, detections_reach;
};

/// Faults and notes of what no single file shows: that nothing met anything, that depth is of another unit, boxes of
/// another resolution.
void judge_together(const FrameFindings& all, Inspection& inspection);

/// Looks at all files of single frames. Thread-safe once made.
class FileInspector {
 public:
  /// Faults of files that are of all frames (masks_2/coco.json) are appended to `faults`.
  FileInspector(const std::string& root,
                const std::string& category,
                std::vector<DataFault>& faults);

  FrameFindings look_at(const std::string& frame) const;

 private:
  std::string root_;
  CategoryModel category_;                          ///< whose size tells distances
  std::map<std::string, MaskSource> mask_sources_;  ///< those that can be read, by name
};

/// Looks at the frames of a manifest, as experiments read them. Thread-safe once made.
class ManifestInspector {
 public:
  ManifestInspector(const std::string& path, const std::string& category);

  FrameFindings look_at(const ManifestFrame& frame) const;
  /// What was left out of files that are of several frames.
  std::vector<std::string> notes() const;

 private:
  CategoryModel category_;
  ManifestSource source_;
};

}  // namespace monodr
