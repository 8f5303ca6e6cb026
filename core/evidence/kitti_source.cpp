// SPDX-License-Identifier: Apache-2.0
#include "evidence/kitti_source.h"

#include <filesystem>

#include "base/error.h"
#include "data/kitti_label.h"
#include "evidence/manifest_source.h"

namespace monodr {

KittiSource::KittiSource(const DatasetRequest& request)
    : request_(request), folder_(request.root), masks_(folder_, request.masks) {
  const std::vector<std::string> all = folder_.frames(request.split);
  if (request.reads_sequences() && !folder_.has("poses"))
    throw UserError(
        fmt::format("'dataset.frames_per_object' is {}, but '{}' has no training/poses that say "
                    "where the camera was; convert "
                    "KITTI raw or tracking with 'runexp data convert', or set it to 1",
                    request.frames_per_object,
                    request.root));
  masks_.require_any(all);
  const std::string stray = masks_.stray_pngs(all);
  if (!stray.empty() && request.masks == MaskKind::png) throw UserError(stray);
  notes_ = masks_.faults();
  if (!stray.empty()) notes_.push_back(stray);
}

std::vector<std::string> KittiSource::frames() const {
  return folder_.frames(request_.split);
}

Frame KittiSource::read(const std::string& frame) const {
  return read_frame(folder_, masks_, frame, request_);
}

std::optional<FrameMoment> KittiSource::moment(const std::string& frame) const {
  if (!request_.reads_sequences()) return std::nullopt;
  return read_moment(folder_.path("poses", frame, "txt"));
}

std::vector<std::string> KittiSource::notes() const {
  return notes_;
}

FrameEvidence KittiSource::view(const std::string& frame) const {
  return read_frame_evidence(folder_, frame);
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
