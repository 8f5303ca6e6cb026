// SPDX-License-Identifier: Apache-2.0
#include "methods/boxes_method.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "geometry/rotation.h"
#include "methods/detection_files.h"
#include "settings/sections.h"

namespace monodr {
namespace {

FittedObject as_object(const std::string& frame, int number, const Annotation& detection) {
  constexpr double kAlphaNotGiven = -10;
  const Box3d& box = detection.box3d;
  FittedObject object;
  object.frame = frame;
  object.object = number;
  object.category = detection.category;
  object.box2d = detection.box2d;
  object.box = box;
  object.alpha = detection.alpha;
  if (detection.alpha == kAlphaNotGiven && detection.has_box3d())
    object.alpha = alpha_from_rotation_y(box.rotation_y, box.location.x(), box.location.z());
  object.score = detection.score;
  return object;
}

class BoxesMethod : public Method {
 public:
  explicit BoxesMethod(DetectionFiles files) : files_(std::move(files)) {}

  MethodResult detect(const ObservationSet& set,
                      const std::function<void(double share)>& progress) const override {
    MethodResult result;
    size_t frames_without = 0;
    for (const std::string& frame : set.frames) {
      const auto found = files_.by_frame().find(frame);
      if (found == files_.by_frame().end()) {
        ++frames_without;
        continue;
      }
      for (size_t i = 0; i < found->second.size(); ++i)
        result.objects.push_back(as_object(frame, static_cast<int>(i), found->second[i]));
    }
    if (frames_without == set.frames.size() && !set.frames.empty())
      throw UserError(
          fmt::format("'method.detections' is \"{}\", which has a file for none of the {} frames; "
                      "files are named by their frames: {}.txt",
                      files_.folder(),
                      set.frames.size(),
                      set.frames.front()));
    if (frames_without > 0)
      result.notes.push_back(
          fmt::format("{} of {} frames have no file in method.detections and count as frames "
                      "without detections",
                      frames_without,
                      set.frames.size()));
    progress(1);
    return result;
  }

 private:
  DetectionFiles files_;
};

DetectionFiles files_of(const nlohmann::json& config) {
  const CellSettings settings = cell_settings(config);
  return {settings.method.detections, settings.category, "method.detections"};
}

}  // namespace

std::unique_ptr<Method> make_boxes_method(const nlohmann::json& config,
                                          Registry&,
                                          const std::string&) {
  return std::make_unique<BoxesMethod>(files_of(config));
}

void check_boxes_method(const nlohmann::json& config, Registry&) {
  files_of(config);
}

}  // namespace monodr
