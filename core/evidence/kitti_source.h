// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "evidence/frame_source.h"

namespace monodr {

/// KITTI's object layout, made-up scenes included (docs/data.md).
class KittiSource : public FrameSource {
 public:
  explicit KittiSource(const DatasetRequest& request);

  std::vector<std::string> frames() const override;
  Frame read(const std::string& frame) const override;
  FrameEvidence view(const std::string& frame) const override;
  std::optional<FrameMoment> moment(const std::string& frame) const override;
  std::vector<std::string> notes() const override;
  bool has_labels(const std::string& frame) const override;
  std::vector<Annotation> labels(const std::string& frame) const override;

 private:
  DatasetRequest request_;
  KittiFolder folder_;
  MaskSource masks_;
  std::vector<std::string> notes_;
};

}  // namespace monodr
