// SPDX-License-Identifier: Apache-2.0
#include "inspect/inspect_files.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/folder_files.h"
#include "base/lines.h"
#include "base/text.h"
#include "data/ground_plane.h"
#include "data/kitti_calibration.h"
#include "data/kitti_label.h"
#include "evidence/depth.h"
#include "evidence/image.h"
#include "evidence/lidar_points.h"
#include "experiment/category_file.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kClasses = {
    "Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare"};

std::string training_path(const std::string& root,
                          const std::string& kind,
                          const std::string& frame,
                          const std::string& extension) {
  return (fs::path(root) / "training" / kind / (frame + extension)).string();
}

// Messages of the readers name the file; in the listing it stands before them already.
DataFault fault_of(const std::string& file, std::string message) {
  int line = 0;
  if (message.starts_with(file + ":")) {
    message.erase(0, file.size() + 1);
    size_t digits = 0;
    while (digits < message.size() && message[digits] >= '0' && message[digits] <= '9') ++digits;
    if (digits > 0) line = std::stoi(message.substr(0, digits));
    message.erase(0, message.find_first_not_of(": ", digits));
  }
  if (const size_t at = message.find("'" + file + "'"); at != std::string::npos)
    message.replace(at, file.size() + 2, "the file");
  return {file, line, message};
}

/// What boxes, masks and depth of one frame make of each other.
void add_together(const Frame& frame, FrameFindings& findings) {
  if (frame.instances) {
    findings.matches.boxes += frame.objects.size();
    findings.matches.masks += frame.instances->size();
    findings.matches.matched += size_t(
        std::count_if(frame.objects.begin(), frame.objects.end(), [](const DetectedObject& object) {
          return object.instance >= 0;
        }));
  }
  findings.notes.insert(findings.notes.end(), frame.notes.begin(), frame.notes.end());
  findings.depth.add(frame);
}

/// One frame while it is looked at.
class FrameInspection {
 public:
  FrameInspection(const std::string& root, const std::string& frame, const CategoryModel& car)
      : root_(root), frame_(frame) {
    findings.depth = DepthPlausibility(car);
  }

  void image() {
    for (const char* extension : {".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG"})
      if (!width_)
        read("image_2", extension, [&](const std::string& path) {
          const ColourImage picture = load_colour_image(path);
          width_ = picture.width;
          height_ = picture.height;
          ++findings.image_sizes[fmt::format("{}x{}", picture.width, picture.height)];
        });
  }

  void calibration() {
    read("calib", ".txt", [&](const std::string& path) {
      calibration_ = read_kitti_calibration(path);
      calibration_->camera.width = width_.value_or(0);
      calibration_->camera.height = height_.value_or(0);
    });
  }

  // Line by line, so that one bad line does not hide the next.
  void objects(const char* kind, KittiFileKind file_kind, std::map<std::string, int>& counts) {
    read(kind, ".txt", [&](const std::string& path) {
      const std::string content = read_file(path);
      for (const NumberedLine& line : numbered_lines(content, path)) try {
          // Empty lines before it give the line its number.
          const std::string text =
              std::string(size_t(line.number - 1), '\n') + std::string(line.text);
          const Annotation object = parse_kitti_objects(text, file_kind, path).at(0);
          ++counts[object.category];
          object_is_sound(object, file_kind, {path, line.number});
        } catch (const UserError& error) {
          findings.faults.push_back(fault_of(path, error.what()));
        }
    });
  }

  // All are read; the first is what experiments take where nothing else is asked for.
  void depth() {
    const auto take = [&](DepthMap depth) {
      if (depth_.empty()) depth_ = std::move(depth);
    };
    const auto take_plane = [&](DepthMap depth) {
      if (width_ && (depth.metres.width != *width_ || depth.metres.height != *height_))
        throw UserError(fmt::format("{}x{} pixels, the image {}x{}; the two must be the same size",
                                    depth.metres.width,
                                    depth.metres.height,
                                    *width_,
                                    *height_));
      take(std::move(depth));
    };
    read("depth_2", ".png", [&](const std::string& path) { take_plane(load_depth_png(path)); });
    read("depth_2", ".npz", [&](const std::string& path) {
      take(load_depth_npz(path, width_.value_or(1), height_.value_or(1)));
    });
    for (const char* kind : {"velodyne_reduced", "velodyne"})
      read(kind, ".bin", [&](const std::string& path) {
        if (calibration_ && width_)
          take(load_depth_velodyne(path, *calibration_));
        else
          read_lidar_points(path);
      });
    read("disparity_2", ".png", [&](const std::string& path) {
      if (calibration_)
        take_plane(load_depth_disparity(path, *calibration_));
      else
        load_plane16(path, 16);
    });
  }

  void masks(const std::map<std::string, MaskSource>& sources) {
    if (!width_) return;
    for (const MaskKind kind : {MaskKind::instance, MaskKind::png, MaskKind::coco}) {
      const std::string name(name_of(kind));
      const auto source = sources.find(name);
      if (source == sources.end()) continue;
      const std::string folder = kind == MaskKind::instance ? "instance_2" : "masks_2";
      std::string path =
          training_path(root_, folder, frame_, kind == MaskKind::coco ? ".json" : ".png");
      if (kind == MaskKind::instance && !fs::exists(path)) continue;
      if (kind == MaskKind::coco && !fs::exists(path)) {
        path = training_path(root_, folder, "coco", ".json");
        if (!fs::exists(path)) continue;
      }
      try {
        auto found = source->second.read(frame_, *width_, *height_, {}, 0);
        findings.masks[name] += found ? found->size() : 0;
        if (!frame.instances) frame.instances = std::move(found);
      } catch (const std::exception& error) {
        findings.faults.push_back(fault_of(path, error.what()));
      }
    }
  }

  // Faults of the files have been told; here what they say is held against each other.
  void together() {
    if (!calibration_ || !width_) return;
    frame.evidence.frame = frame_;
    frame.evidence.camera = calibration_->camera;
    std::string path = training_path(root_, "detections_2", frame_, ".txt");
    frame.boxes_are_labels = !fs::exists(path);
    if (frame.boxes_are_labels) path = training_path(root_, "label_2", frame_, ".txt");
    try {
      const DatasetRequest usual;
      frame.objects = read_objects(path,
                                   frame.boxes_are_labels ? BoxFile::labels : BoxFile::detections,
                                   usual.minimum_score);
    } catch (const UserError&) {
      return;
    }
    leave_out_beyond_picture(frame, path);
    if (frame.instances) assign_instances(frame);
    constexpr double kFarthestOff =
        0.2;  // of the width; a camera looks to the middle of its picture
    const double centre = calibration_->camera.intrinsics.cx / *width_;
    if (std::abs(centre - 0.5) > kFarthestOff)
      frame.notes.push_back(
          fmt::format("the principal point lies at {:.0f} % of the width: is the calibration of "
                      "another resolution?",
                      100 * centre));
    frame.depth = std::move(depth_);
    add_together(frame, findings);
  }

  void plane_of_ground() {
    read("planes", ".txt", [](const std::string& path) { read_ground_plane(path); });
  }

  FrameFindings findings;
  Frame frame;

 private:
  template <typename Action>
  void read(const std::string& kind, const std::string& extension, Action action) {
    const std::string path = training_path(root_, kind, frame_, extension);
    if (!fs::exists(path)) return;
    try {
      action(path);
    } catch (const std::exception& error) {  // whatever it is, the listing goes on
      findings.faults.push_back(fault_of(path, error.what()));
    }
  }

  void object_is_sound(const Annotation& object, KittiFileKind kind, const SourceLocation& where) {
    const auto report = [&](const std::string& message) {
      findings.faults.push_back({where.file, where.line, message});
    };
    if (std::find(kClasses.begin(), kClasses.end(), object.category) == kClasses.end())
      report(fmt::format("class '{}' is none of KITTI's{}",
                         object.category,
                         did_you_mean(object.category, kClasses)));
    const Box2d& box = object.box2d;
    if (width_)
      (kind == KittiFileKind::labels ? findings.labels_reach : findings.detections_reach)
          .add(box, *width_, *height_);
    if (box.right < box.left || box.bottom < box.top)
      report("the 2-D box (columns 5 to 8: left, top, right, bottom) ends before it starts");
    else if (width_ && box.clipped_to(*width_, *height_).area() <= 0 && box.area() > 0)
      report("the 2-D box (columns 5 to 8) lies outside of the image");
    if (kind == KittiFileKind::results) {
      if (!(object.score >= 0 && object.score <= 1))
        report("the score (column 16) lies outside of 0..1; experiments take it as a probability");
      return;
    }
    if (object.category == "DontCare") return;
    const Box3d& box3d = object.box3d;
    if (box3d.height <= 0 || box3d.width <= 0 || box3d.length <= 0)
      report("the dimensions (columns 9 to 11: height, width, length) must be positive");
    constexpr double kHighest = 12, kLongest = 60;  // m; a train's wagon is 30 m long
    if (std::max(box3d.height, box3d.width) > kHighest || box3d.length > kLongest)
      report(
          fmt::format("the dimensions (columns 9 to 11) are {} x {} x {} m; are they centimetres?",
                      box3d.height,
                      box3d.width,
                      box3d.length));
    constexpr double kTurn = 6.3;  // a little more than 2 pi
    if (std::abs(box3d.rotation_y) > kTurn)
      report(fmt::format(
          "rotation_y (column 15) is {}, beyond a whole turn in radians; is it in degrees?",
          box3d.rotation_y));
    if (object.occlusion < 0 || object.occlusion > 3)
      report(fmt::format("occlusion (column 3) is {}, expected 0 to 3", object.occlusion));
  }

  std::string root_, frame_;
  std::optional<int> width_, height_;
  std::optional<KittiCalibration> calibration_;
  DepthMap depth_;
};

}  // namespace

FileInspector::FileInspector(const std::string& root,
                             const std::string& category,
                             std::vector<DataFault>& faults)
    : root_(root), category_(load_category(category)) {
  const fs::path training = fs::path(root) / "training";
  if (!fs::is_directory(training / "image_2")) return;  // its frames are reported one by one
  const KittiFolder folder(root);
  if (fs::is_directory(training / "instance_2"))
    mask_sources_.emplace(name_of(MaskKind::instance), MaskSource(folder, MaskKind::instance));
  if (!fs::is_directory(training / "masks_2")) return;
  bool has_png = false, has_json = false;
  for (const auto& entry : fs::directory_iterator(training / "masks_2")) {
    if (is_system_file(entry.path())) continue;
    has_png |= entry.path().extension() == ".png";
    has_json |= entry.path().extension() == ".json";
  }
  if (has_png) mask_sources_.emplace(name_of(MaskKind::png), MaskSource(folder, MaskKind::png));
  if (has_json) try {
      const MaskSource& coco =
          mask_sources_.emplace(name_of(MaskKind::coco), MaskSource(folder, MaskKind::coco))
              .first->second;
      const std::string file = (training / "masks_2" / "coco.json").string();
      for (const std::string& fault : coco.faults()) faults.push_back(fault_of(file, fault));
    } catch (const UserError& error) {
      faults.push_back(fault_of((training / "masks_2" / "coco.json").string(), error.what()));
    }
}

FrameFindings FileInspector::look_at(const std::string& frame) const {
  FrameInspection inspection(root_, frame, category_);
  inspection.image();
  inspection.calibration();
  inspection.objects("label_2", KittiFileKind::labels, inspection.findings.labels);
  inspection.objects("detections_2", KittiFileKind::results, inspection.findings.detections);
  inspection.depth();
  inspection.masks(mask_sources_);
  inspection.plane_of_ground();
  inspection.together();
  return std::move(inspection.findings);
}

namespace {

DatasetRequest everything_in(const std::string& manifest) {
  DatasetRequest request;
  request.source = DataSource::manifest;
  request.root = manifest;
  request.minimum_score = 0;
  return request;
}

}  // namespace

ManifestInspector::ManifestInspector(const std::string& path, const std::string& category)
    : category_(load_category(category)), source_(everything_in(path)) {}

FrameFindings ManifestInspector::look_at(const ManifestFrame& listed) const {
  FrameFindings findings;
  findings.depth = DepthPlausibility(category_);
  const auto report = [&](const std::string& file, const std::string& message) {
    findings.faults.push_back(fault_of(file, message));
  };
  try {
    const Frame frame = source_.read(listed.id);
    const Camera& camera = frame.evidence.camera;
    ++findings.image_sizes[fmt::format("{}x{}", camera.width, camera.height)];
    if (frame.instances) findings.masks["manifest"] += frame.instances->size();
    if (!listed.boxes.empty())
      for (const DetectedObject& detected : frame.objects)
        ++findings.detections[detected.object.category];
    for (const LeftOut& left_out : frame.left_out) report(listed.boxes, left_out.reason);
    if (!listed.boxes.empty())
      for (const DetectedObject& detected : frame.objects)
        findings.detections_reach.add(detected.object.box, camera.width, camera.height);
    add_together(frame, findings);
    const Intrinsics& k = camera.intrinsics;
    if (k.cx < 0 || k.cy < 0 || k.cx > camera.width || k.cy > camera.height)
      report(listed.picture,
             fmt::format("the principal point ({}, {}) lies outside of the {}x{} pixels: are the "
                         "intrinsics of another resolution?",
                         k.cx,
                         k.cy,
                         camera.width,
                         camera.height));
  } catch (const std::exception& error) {  // whatever it is, the listing goes on
    std::string file = listed.picture;
    for (const std::string& named : listed.files())
      if (std::string(error.what()).find(named) != std::string::npos) file = named;
    report(file, error.what());
  }
  if (listed.labels.empty()) return findings;
  try {
    for (const Annotation& label : source_.labels(listed.id)) ++findings.labels[label.category];
  } catch (const UserError& error) {
    report(listed.labels, error.what());
  }
  return findings;
}

std::vector<std::string> ManifestInspector::notes() const {
  return source_.notes();
}

void BoxReach::add(const Box2d& box, int width, int height) {
  constexpr double kSlack = 5;  // px
  ++boxes;
  beyond += box.left < -kSlack || box.top < -kSlack || box.right > width + kSlack ||
            box.bottom > height + kSlack;
  right = std::max(right, box.right / width);
  bottom = std::max(bottom, box.bottom / height);
}

void BoxReach::add(const BoxReach& other) {
  boxes += other.boxes;
  beyond += other.beyond;
  right = std::max(right, other.right);
  bottom = std::max(bottom, other.bottom);
}

namespace {

/// A detector that saw pictures of another size says all in their pixels.
void judge_reach(const BoxReach& reach, const char* kind, std::vector<std::string>& notes) {
  constexpr size_t kFewest = 20;
  constexpr double kManyBeyond = 0.05, kSmallPart = 0.6;
  if (double(reach.beyond) > kManyBeyond * double(reach.boxes))
    notes.push_back(fmt::format(
        "{} of {} boxes of {} reach beyond the picture: are they of another resolution?",
        reach.beyond,
        reach.boxes,
        kind));
  else if (reach.boxes >= kFewest && reach.right < kSmallPart && reach.bottom < kSmallPart)
    notes.push_back(
        fmt::format("none of {} boxes of {} reaches beyond {:.0f} % of the width and {:.0f} % of "
                    "the height: are they of "
                    "another resolution?",
                    reach.boxes,
                    kind,
                    100 * reach.right,
                    100 * reach.bottom));
}

}  // namespace

void judge_together(const FrameFindings& all, Inspection& inspection) {
  const MaskMatches& matches = all.matches;
  inspection.matches = matches;
  const std::string met = fmt::format(
      "{} of {} boxes met one of the {} masks", matches.matched, matches.boxes, matches.masks);
  if (matches.boxes > 0 && matches.matched == 0)
    inspection.faults.push_back(
        {inspection.root, 0, met + ": are masks and boxes of the same pictures?"});
  else if (2 * matches.matched < matches.boxes)
    inspection.notes.push_back("only " + met);
  if (const auto complaint = all.depth.complaint()) {
    if (all.depth.unit_is_assumed())
      inspection.faults.push_back({complaint->file, 0, complaint->text});
    else
      inspection.notes.push_back(complaint->with_file());
  }
  if (const auto complaint = all.depth.complaint_of_ground())
    inspection.notes.push_back(complaint->with_file());
  judge_reach(all.labels_reach, "labels", inspection.notes);
  judge_reach(all.detections_reach, "detections", inspection.notes);
  std::map<std::string, size_t> frames;
  for (const std::string& note : all.notes) ++frames[note];
  for (const auto& [note, count] : frames)
    inspection.notes.push_back(fmt::format("in {} frames {}", count, note));
}

}  // namespace monodr
