// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "data/manifest.h"
#include "evidence/coco.h"
#include "evidence/frame_source.h"

namespace monodr {

/// One's own pictures, listed in a manifest (data/manifest.h).
///
/// Without a file of boxes each mask is an object, of the class that COCO's JSON gives it or else of the
/// request's; without masks they are cut by GrabCut around the boxes. With distortion all that a frame gives,
/// boxes included, is that of the undistorted picture. Depth may be of another resolution, not of another shape.
class ManifestSource : public FrameSource {
 public:
  explicit ManifestSource(const DatasetRequest& request);

  std::vector<std::string> frames() const override;
  Frame read(const std::string& frame) const override;
  FrameEvidence view(const std::string& frame) const override;
  std::vector<std::string> notes() const override;
  bool has_labels(const std::string& frame) const override;
  std::vector<Annotation> labels(const std::string& frame) const override;

 private:
  const ManifestFrame& of(const std::string& frame) const;
  std::vector<CocoMask> coco_masks(const std::string& path,
                                   const ManifestFrame& frame,
                                   const Camera& camera) const;
  void add_masks(const ManifestFrame& source, Frame& frame) const;

  DatasetRequest request_;
  std::vector<ManifestFrame> frames_;
  std::map<std::string, size_t> row_of_;
  std::map<std::string, CocoMasks> coco_;  ///< files of masks that are of several frames
};

}  // namespace monodr
