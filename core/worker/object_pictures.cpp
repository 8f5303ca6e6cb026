// SPDX-License-Identifier: Apache-2.0
#include "worker/object_pictures.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "pictures/frame_window.h"
#include "worker/sheet.h"

namespace monodr {
namespace {

constexpr double kMargin = 2.0;  // of the 2-D box: a fit may have gone astray

void write_picture(const RgbPicture& picture, const std::string& folder, const std::string& name) {
  write_file_atomically((std::filesystem::path(folder) / name).string(), encode_png(picture));
}

}  // namespace

nlohmann::json draw_object(const ShownObject& shown,
                           const LabelledDetection& object,
                           int size,
                           const std::string& folder,
                           const std::string& name) {
  const FrameWindow window(
      shown.frame.image, shown.frame.camera, crop_around(object.label.box2d, kMargin, size));
  OverlayObject fitted;
  if (shown.fit) fitted = {shown.fit->mesh, shown.fit->box, shown.fit->score};
  const bool has_label = object.label.has_box3d();
  write_picture(window.draw(shown.fit && shown.fit->has_box() ? &fitted : nullptr,
                            has_label ? &object.label.box3d : nullptr),
                folder,
                name + ".png");
  nlohmann::json evidence = nlohmann::json::array();
  if (!shown.seen) return evidence;
  for (const SheetPicture& picture : evidence_of(*shown.seen)) {
    const std::string file = fmt::format("{}-{}.png", name, picture.title);
    write_picture(resampled(picture.picture, size / 3, size / 3), folder, file);
    evidence.push_back({{"title", picture.title}, {"caption", picture.caption}, {"file", file}});
  }
  return evidence;
}

}  // namespace monodr
