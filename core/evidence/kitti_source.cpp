// SPDX-License-Identifier: Apache-2.0
#include "evidence/kitti_source.h"

#include <filesystem>

#include "data/kitti_label.h"
#include "evidence/manifest_source.h"

namespace monodr {

KittiSource::KittiSource(const DatasetRequest& request)
    : request_(request), folder_(request.root), masks_(folder_, request.masks) {}

std::vector<std::string> KittiSource::frames() const {
  return folder_.frames(request_.split);
}

Frame KittiSource::read(const std::string& frame) const {
  return read_frame(folder_, masks_, frame, request_);
}

std::string KittiSource::picture(const std::string& frame) const {
  return folder_.image(frame);
}

Camera KittiSource::camera(const std::string& frame) const {
  return read_frame_evidence(folder_, frame).camera;
}

bool KittiSource::has_labels(const std::string& frame) const {
  return std::filesystem::exists(folder_.path("label_2", frame, "txt"));
}

std::vector<Annotation> KittiSource::labels(const std::string& frame) const {
  const std::string folder = (std::filesystem::path(request_.root) / "training/label_2").string();
  return read_kitti_frame(folder, frame, KittiFileKind::labels).objects;
}

std::unique_ptr<FrameSource> open_frame_source(const DatasetRequest& request) {
  if (request.source == DataSource::manifest) return std::make_unique<ManifestSource>(request);
  return std::make_unique<KittiSource>(request);
}

}  // namespace monodr
