// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "analysis/report_content.h"
#include "base/error.h"
#include "base/text.h"
#include "evaluation/errors.h"
#include "report/png.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

/// One labelled object of one cell.
struct RankedObject {
  const LabelledCell* cell = nullptr;
  LabelOutcome outcome;
};

bool is_better(const RankedObject& a, const RankedObject& b) {
  const LabelOutcome &x = a.outcome, &y = b.outcome;
  if (x.matched() != y.matched()) return x.matched();
  if (x.volume_overlap != y.volume_overlap) return x.volume_overlap > y.volume_overlap;
  return x.matched() && x.location_error < y.location_error;
}

/// The surroundings of a 2-D box in an overlay, 3 : 2, as large as to show a box that went astray.
/// At the right of the frame the overlay shows the ground, a square of the frame's height.
RgbPicture surroundings(const RgbPicture& overlay, const Box2d& box) {
  const int frame_width = std::max(1, overlay.width - overlay.height);
  const double height =
      std::min<double>(std::max({box.height() * 1.9, box.width() * 1.2, 80.0}), overlay.height);
  const double width = std::min<double>(1.5 * height, frame_width);
  const double x = (box.left + box.right - width) / 2, y = (box.top + box.bottom - height) / 2;
  const auto place = [](double start, double size, int whole) {
    return static_cast<int>(std::lround(std::clamp(start, 0.0, std::max(0.0, whole - size))));
  };
  return cropped(overlay,
                 place(x, width, frame_width),
                 place(y, height, overlay.height),
                 static_cast<int>(width),
                 static_cast<int>(height));
}

/// The folder of a cell's overlays: its name ends in the first digits of the cell's id, or is
/// those.
fs::path pictures_folder(const StoredCell& cell, const std::string& fits_folder) {
  std::error_code no_folder;
  for (const auto& entry : fs::directory_iterator(fits_folder, no_folder)) {
    const std::string name = entry.path().filename().string();
    if (name == cell.short_hash() || name.ends_with("-" + cell.hash.substr(0, 6)))
      return entry.path();
  }
  return "";
}

std::string picture_of(const RankedObject& object, const std::string& fits_folder) {
  const StoredCell& cell = object.cell->cell;
  const fs::path file = pictures_folder(cell, fits_folder) / (object.outcome.frame + ".png");
  if (!fs::exists(file)) return "";
  for (const FrameAnnotations& frame : object.cell->labels) {
    if (frame.frame != object.outcome.frame) continue;
    const Box2d& box = frame.objects[static_cast<size_t>(object.outcome.label)].box2d;
    return encode_png(surroundings(decode_png(read_file(file.string()), file.string()), box));
  }
  return "";
}

std::string caption_of(const RankedObject& object) {
  const LabelOutcome& o = object.outcome;
  const std::string where =
      fmt::format("frame {}, label {}, seed {}", o.frame, o.label, object.cell->cell.seed);
  if (!o.matched()) return where + ": missed";
  return fmt::format("{}: 3-D overlap {:.2f}, heading off by {:.1f}°, location by {:.2f} m",
                     where,
                     o.volume_overlap,
                     o.heading_error * 180 / std::acos(-1.0),
                     o.location_error);
}

}  // namespace

std::vector<ReportPictureRow> object_pictures(const std::vector<LabelledCell>& cells,
                                              const std::string& fits_folder) {
  std::vector<std::string> labels;
  std::map<std::string, std::vector<RankedObject>> objects;
  for (const LabelledCell& cell : cells) {
    const std::string label = cell.cell.row_label();
    if (objects.count(label) == 0) labels.push_back(label);
    for (const LabelOutcome& outcome :
         measure_pose_errors(cell.labels, cell.detections, cell.category))
      objects[label].push_back({&cell, outcome});
  }
  std::vector<ReportPictureRow> rows;
  for (const std::string& label : labels) {
    std::vector<RankedObject>& ranked = objects[label];
    if (ranked.empty()) continue;
    std::stable_sort(ranked.begin(), ranked.end(), is_better);
    ReportPictureRow row{label, {}};
    const std::pair<const char*, size_t> places[] = {
        {"best", 0}, {"median", (ranked.size() - 1) / 2}, {"worst", ranked.size() - 1}};
    for (const auto& [heading, place] : places)
      row.pictures.push_back(
          {heading, caption_of(ranked[place]), picture_of(ranked[place], fits_folder)});
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace monodr
