// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evidence/dataset.h"
#include "evidence/frame_reader.h"

namespace monodr {

/// HOW TO ADD A SOURCE OF DATA
///  1. A value of DataSource with its name (settings/dataset.h), the keys it reads in Binding::when().
///  2. A class like those below, and its line in open_frame_source().
///  3. Its identity in data/dataset_identity.cpp: what of its files makes a cell the same cell.
///
/// Frames are read one at a time, when they are asked for. The labels stand apart from the frame, so that
/// what a method is given has no way to a 3-D box.
class FrameSource {
 public:
  virtual ~FrameSource() = default;

  /// Ids in their order. UserError where there are none.
  virtual std::vector<std::string> frames() const = 0;
  /// Picture, camera, 2-D boxes, depth and masks. UserError for what is missing or broken.
  virtual Frame read(const std::string& frame) const = 0;
  /// Only the picture and its camera.
  virtual FrameEvidence view(const std::string& frame) const = 0;

  /// Where the frame stands in its sequence, of sources that have such. UserError for a broken file.
  virtual std::optional<FrameMoment> moment(const std::string&) const { return std::nullopt; }

  /// What was left out of files that are of all frames.
  virtual std::vector<std::string> notes() const { return {}; }

  /// For the evaluation alone. Nothing is evaluated of frames without labels.
  virtual bool has_labels(const std::string& frame) const = 0;
  virtual std::vector<Annotation> labels(const std::string& frame) const = 0;
};

/// The source that the request names. UserError where its root is not there.
std::unique_ptr<FrameSource> open_frame_source(const DatasetRequest& request);

}  // namespace monodr
