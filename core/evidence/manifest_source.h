// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "data/manifest.h"
#include "evidence/frame_source.h"

namespace monodr {

/// One's own pictures, listed in a manifest (data/manifest.h). Without a file of boxes each mask is an object
/// of the request's category; without masks they are cut by GrabCut around the boxes.
class ManifestSource : public FrameSource {
 public:
  explicit ManifestSource(const DatasetRequest& request);

  std::vector<std::string> frames() const override;
  Frame read(const std::string& frame) const override;
  std::string picture(const std::string& frame) const override;
  Camera camera(const std::string& frame) const override;
  bool has_labels(const std::string& frame) const override;
  std::vector<Annotation> labels(const std::string& frame) const override;

 private:
  const ManifestFrame& of(const std::string& frame) const;

  DatasetRequest request_;
  std::vector<ManifestFrame> frames_;
  std::map<std::string, size_t> row_of_;
};

}  // namespace monodr
