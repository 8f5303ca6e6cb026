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
#include "results/stored_facts.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr double kTurned = M_PI / 4;  // radians
constexpr double kTooFarOff = 2;      // m
constexpr size_t kShownOfAKind = 4;

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

const Annotation& object_of(const std::vector<FrameAnnotations>& frames,
                            const std::string& frame,
                            int number) {
  const auto found = std::find_if(frames.begin(), frames.end(), [&](const FrameAnnotations& some) {
    return some.frame == frame;
  });
  MONODR_CHECK(found != frames.end(), "there is no frame '{}'", frame);
  return found->objects.at(static_cast<size_t>(number));
}

LabelledDetection labelled(const RankedObject& object) {
  const LabelOutcome& o = object.outcome;
  LabelledDetection result{o.frame, object_of(object.cell->labels, o.frame, o.label), {}};
  if (o.matched()) result.detection = object_of(object.cell->detections, o.frame, o.detection);
  return result;
}

/// Cut from the overlay of the whole frame; "" where there is none.
std::string cut_from_overlay(const RankedObject& object, const std::string& fits_folder) {
  const StoredCell& cell = object.cell->cell;
  const fs::path file = pictures_folder(cell, fits_folder) / (object.outcome.frame + ".png");
  if (!fs::exists(file)) return "";
  const RgbPicture part = surroundings(decode_png(read_file(file.string()), file.string()),
                                       labelled(object).label.box2d);
  if (part.width == 0 || part.height == 0) return "";
  return encode_png(resampled(
      part, report_picture_width, std::max(1, report_picture_width * part.height / part.width)));
}

/// Draws what was asked for, each cell's objects at once.
class ObjectPainter {
 public:
  explicit ObjectPainter(const ReportOptions& options)
      : draw_(options.draw_objects),
        fits_folder_((fs::path(options.fits_folder) / options.table.experiment).string()) {}

  void ask_for(const RankedObject& object) {
    std::vector<RankedObject>& asked = asked_[object.cell];
    if (place_of(object, asked) == asked.size()) asked.push_back(object);
  }

  /// Returns why there are no new pictures of some cells, each reason once.
  std::vector<std::string> draw_all() {
    std::vector<std::string> reasons;
    for (const auto& [cell, objects] : asked_) {
      if (!draw_) continue;
      std::vector<LabelledDetection> wanted;
      for (const RankedObject& object : objects) wanted.push_back(labelled(object));
      try {
        drawn_[cell] = draw_(cell->cell, wanted);
      } catch (const UserError& error) {
        if (std::find(reasons.begin(), reasons.end(), error.what()) == reasons.end())
          reasons.emplace_back(error.what());
      }
    }
    return reasons;
  }

  ReportPicture picture(const RankedObject& object,
                        const std::string& heading,
                        const std::string& caption) const {
    const auto drawn = drawn_.find(object.cell);
    if (drawn == drawn_.end()) return {heading, caption, cut_from_overlay(object, fits_folder_)};
    const DrawnObject& own = drawn->second.at(place_of(object, asked_.at(object.cell)));
    return {heading, caption + (own.note.empty() ? "" : "; " + own.note), own.png, own.evidence};
  }

 private:
  static size_t place_of(const RankedObject& object, const std::vector<RankedObject>& all) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const RankedObject& other) {
      return other.outcome.frame == object.outcome.frame &&
             other.outcome.label == object.outcome.label;
    });
    return static_cast<size_t>(found - all.begin());
  }

  DrawObjects draw_;
  std::string fits_folder_;
  std::map<const LabelledCell*, std::vector<RankedObject>> asked_;
  std::map<const LabelledCell*, std::vector<DrawnObject>> drawn_;
};

std::string caption_of(const RankedObject& object) {
  const LabelOutcome& o = object.outcome;
  const std::string where =
      fmt::format("frame {}, label {}, seed {}", o.frame, o.label, object.cell->cell.seed);
  if (!o.matched()) return where + ": missed";
  return fmt::format("{}: 3-D overlap {:.2f}, heading off by {:.1f}°, location by {:.2f} m",
                     where,
                     o.volume_overlap,
                     o.heading_error * 180 / M_PI,
                     o.location_error);
}

// ---- best, median and worst ----

struct ChosenRow {
  std::string label;
  std::vector<std::pair<std::string, RankedObject>> objects;  ///< "best", ...
};

std::vector<ChosenRow> best_median_and_worst(const std::vector<RankedObject>& all) {
  std::vector<std::string> labels;
  std::map<std::string, std::vector<RankedObject>> objects;
  for (const RankedObject& object : all) {
    const std::string label = object.cell->cell.row_label();
    if (objects.count(label) == 0) labels.push_back(label);
    objects[label].push_back(object);
  }
  std::vector<ChosenRow> rows;
  for (const std::string& label : labels) {
    std::vector<RankedObject>& ranked = objects[label];
    std::stable_sort(ranked.begin(), ranked.end(), is_better);
    const size_t last = ranked.size() - 1;
    rows.push_back(
        {label, {{"best", ranked[0]}, {"median", ranked[last / 2]}, {"worst", ranked[last]}}});
  }
  return rows;
}

// ---- failures by kind ----

/// A way to fail: how bad it is, NaN where the object did not fail in that way.
struct FailureKind {
  const char* title;
  double (*badness)(const RankedObject&);
};

const FailureKind kFailureKinds[] = {
    {"Turned: heading off by more than 45°",
     [](const RankedObject& o) {
       return o.outcome.matched() && o.outcome.heading_error > kTurned ? o.outcome.heading_error
                                                                       : std::nan("");
     }},
    {"Too far off: location more than 2 m from the label's",
     [](const RankedObject& o) {
       return o.outcome.matched() && o.outcome.location_error > kTooFarOff
                  ? o.outcome.location_error
                  : std::nan("");
     }},
    {"Missed: no detection met the label; the largest in the picture", [](const RankedObject& o) {
       return o.outcome.matched() ? std::nan("") : labelled(o).label.box2d.area();
     }}};

struct ChosenFailure {
  RankedObject object;  ///< where it is worst
  int cells = 0;        ///< that fail so at this label
};

struct ChosenKind {
  std::string label;
  std::vector<ChosenFailure> failures;
};

ChosenKind worst_of(const FailureKind& kind, const std::vector<RankedObject>& all) {
  std::vector<std::pair<double, const RankedObject*>> failed;
  for (const RankedObject& object : all)
    if (const double badness = kind.badness(object); !std::isnan(badness))
      failed.emplace_back(badness, &object);
  std::stable_sort(
      failed.begin(), failed.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::map<std::pair<std::string, int>, int> cells;
  for (const auto& [badness, object] : failed)
    ++cells[{object->outcome.frame, object->outcome.label}];
  ChosenKind chosen{
      fmt::format("{}: {} of {} over all cells", kind.title, failed.size(), all.size()), {}};
  std::map<std::pair<std::string, int>, int> left = cells;
  for (const auto& [badness, object] : failed) {
    const std::pair<std::string, int> name{object->outcome.frame, object->outcome.label};
    if (chosen.failures.size() < kShownOfAKind && left.erase(name) > 0)
      chosen.failures.push_back({*object, cells.at(name)});
  }
  return chosen;
}

std::string ray_words(double radial_error) {
  return fmt::format("{:.1f} m too {}", std::abs(radial_error), radial_error > 0 ? "far" : "near");
}

std::string failure_caption(const Database& database, const ChosenFailure& failure, size_t cells) {
  const LabelOutcome& o = failure.object.outcome;
  const StoredCell& cell = failure.object.cell->cell;
  std::string text = fmt::format("frame {}, label {}: ", o.frame, o.label);
  if (o.matched())
    text += fmt::format("heading off by {:.0f}°, {}, {:.1f} m aside, 3-D overlap {:.2f}",
                        o.heading_error * 180 / M_PI,
                        ray_words(o.radial_error),
                        std::abs(o.lateral_error),
                        o.volume_overlap);
  else
    text += "missed";
  const std::string reason = o.matched() ? "" : reason_of_miss(database, cell.id, o.frame, o.label);
  if (!reason.empty()) text += " (" + reason + ")";
  return text + fmt::format("; {}, seed {}; so in {} of {} cells",
                            cell.row_label(),
                            cell.seed,
                            failure.cells,
                            cells);
}

void add_landscape(const RankedObject& object,
                   const ReportOptions& options,
                   ReportContent& content) {
  const LabelOutcome& o = object.outcome;
  if (!options.draw_landscape || !o.matched()) return;
  try {
    content.figures.push_back(
        {options.draw_landscape(object.cell->cell, o.frame, o.label),
         fmt::format(
             "The loss of one object, fitted again and turned in steps of 5 degrees while all else "
             "follows: frame {}, label {} ({}, seed {}), heading off by {:.0f}°.",
             o.frame,
             o.label,
             object.cell->cell.row_label(),
             object.cell->cell.seed,
             o.heading_error * 180 / M_PI)});
  } catch (const UserError& error) {
    content.failures.push_back({"loss over the heading", error.what()});
  }
}

}  // namespace

void add_object_pictures(const Database& database,
                         const std::vector<LabelledCell>& cells,
                         const ReportOptions& options,
                         ReportContent& content) {
  std::vector<RankedObject> all;
  for (const LabelledCell& cell : cells)
    for (const LabelOutcome& outcome :
         measure_pose_errors(cell.labels, cell.detections, cell.category))
      all.push_back({&cell, outcome});
  if (all.empty()) return;
  const std::vector<ChosenRow> rows = best_median_and_worst(all);
  std::vector<ChosenKind> kinds;
  for (const FailureKind& kind : kFailureKinds) kinds.push_back(worst_of(kind, all));

  ObjectPainter painter(options);
  for (const ChosenRow& row : rows)
    for (const auto& [heading, object] : row.objects) painter.ask_for(object);
  for (const ChosenKind& kind : kinds)
    for (const ChosenFailure& failure : kind.failures) painter.ask_for(failure.object);
  for (const std::string& reason : painter.draw_all())
    content.failures.push_back({"new pictures of objects", reason});

  content.picture_note =
      "Ranked by 3-D overlap with the label, those without any by the distance of their location, "
      "over all seeds. Green: fitted (the front face crossed), orange: labelled.";
  for (const ChosenRow& row : rows) {
    content.picture_rows.push_back({row.label, {}});
    for (const auto& [heading, object] : row.objects) {
      ReportPicture picture = painter.picture(object, heading, caption_of(object));
      picture.evidence.clear();
      content.picture_rows.back().pictures.push_back(std::move(picture));
    }
  }
  content.gallery_note =
      "The worst of each kind over all cells, each label once. Below each picture what the method "
      "saw: "
      "image and mask of its crop (hatched: no evidence), and depth where it had any.";
  for (const ChosenKind& kind : kinds) {
    content.gallery.push_back({kind.label, {}});
    for (const ChosenFailure& failure : kind.failures)
      content.gallery.back().pictures.push_back(
          painter.picture(failure.object, "", failure_caption(database, failure, cells.size())));
  }
  const bool is_turned = !kinds[0].failures.empty();
  add_landscape(
      is_turned ? kinds[0].failures[0].object : rows[0].objects[1].second, options, content);
}

}  // namespace monodr
