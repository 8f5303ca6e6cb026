// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/manifest.h"
#include "evidence/manifest_source.h"
#include "evidence/mask_source.h"
#include "inspect/inspect.h"

namespace monodr {

/// What the files of one frame hold and what is wrong with them.
struct FrameFindings {
  std::map<std::string, int> image_sizes, labels, detections;
  std::map<std::string, size_t> masks;
  std::vector<DataFault> faults;
};

/// Looks at all files of single frames. Thread-safe once made.
class FileInspector {
 public:
  /// Faults of files that are of all frames (masks_2/coco.json) are appended to `faults`.
  FileInspector(const std::string& root, std::vector<DataFault>& faults);

  FrameFindings look_at(const std::string& frame) const;

 private:
  std::string root_;
  std::map<std::string, MaskSource> mask_sources_;  ///< those that can be read, by name
};

/// Looks at the frames of a manifest, as experiments read them. Thread-safe once made.
class ManifestInspector {
 public:
  explicit ManifestInspector(const std::string& path);

  FrameFindings look_at(const ManifestFrame& frame) const;

 private:
  ManifestSource source_;
};

}  // namespace monodr
