// SPDX-License-Identifier: Apache-2.0
#include "inspect/inspect_files.h"

#include <algorithm>
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

/// One frame while it is looked at.
class FrameInspection {
 public:
  FrameInspection(const std::string& root, const std::string& frame) : root_(root), frame_(frame) {}

  void image() {
    for (const char* extension : {".png", ".jpg", ".jpeg"})
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

  void depth() {
    plane("depth_2", ".png");
    plane("disparity_2", ".png");
    read("depth_2", ".npz", [&](const std::string& path) { load_depth_npz(path, 1, 1); });
    for (const char* kind : {"velodyne", "velodyne_reduced"})
      read(kind, ".bin", [&](const std::string& path) {
        if (calibration_ && width_) load_depth_velodyne(path, *calibration_);
      });
  }

  void masks(const std::map<std::string, MaskSource>& sources) {
    if (!width_) return;
    for (const auto& [name, source] : sources) {
      const std::string kind = name == "instance" ? "instance_2" : "masks_2";
      std::string path = training_path(root_, kind, frame_, name == "coco" ? ".json" : ".png");
      if (name == "instance" && !fs::exists(path)) continue;
      if (name == "coco" && !fs::exists(path)) {
        path = training_path(root_, kind, "coco", ".json");
        if (!fs::exists(path)) continue;
      }
      try {
        const auto found = source.read(frame_, *width_, *height_, {}, 0);
        findings.masks[name] += found ? found->size() : 0;
      } catch (const std::exception& error) {
        findings.faults.push_back(fault_of(path, error.what()));
      }
    }
  }

  void plane_of_ground() {
    read("planes", ".txt", [](const std::string& path) { read_ground_plane(path); });
  }

  FrameFindings findings;

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

  void plane(const std::string& kind, const std::string& extension) {
    read(kind, extension, [&](const std::string& path) {
      const Plane<std::uint16_t> values = load_plane16(path);
      if (width_ && (values.width != *width_ || values.height != *height_))
        throw UserError(fmt::format("{}x{} pixels, the image {}x{}; the two must be the same size",
                                    values.width,
                                    values.height,
                                    *width_,
                                    *height_));
    });
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
    if (object.box3d.height <= 0 || object.box3d.width <= 0 || object.box3d.length <= 0)
      report("the dimensions (columns 9 to 11: height, width, length) must be positive");
    if (object.occlusion < 0 || object.occlusion > 3)
      report(fmt::format("occlusion (column 3) is {}, expected 0 to 3", object.occlusion));
  }

  std::string root_, frame_;
  std::optional<int> width_, height_;
  std::optional<KittiCalibration> calibration_;
};

}  // namespace

FileInspector::FileInspector(const std::string& root, std::vector<DataFault>& faults)
    : root_(root) {
  const fs::path training = fs::path(root) / "training";
  if (!fs::is_directory(training / "image_2")) return;  // its frames are reported one by one
  const KittiFolder folder(root);
  if (fs::is_directory(training / "instance_2"))
    mask_sources_.emplace("instance", MaskSource(folder, MaskKind::instance));
  if (!fs::is_directory(training / "masks_2")) return;
  bool has_png = false, has_json = false;
  for (const auto& entry : fs::directory_iterator(training / "masks_2")) {
    if (is_system_file(entry.path())) continue;
    has_png |= entry.path().extension() == ".png";
    has_json |= entry.path().extension() == ".json";
  }
  if (has_png) mask_sources_.emplace("png", MaskSource(folder, MaskKind::png));
  if (has_json) try {
      mask_sources_.emplace("coco", MaskSource(folder, MaskKind::coco));
    } catch (const UserError& error) {
      faults.push_back(fault_of((training / "masks_2" / "coco.json").string(), error.what()));
    }
}

FrameFindings FileInspector::look_at(const std::string& frame) const {
  FrameInspection inspection(root_, frame);
  inspection.image();
  inspection.calibration();
  inspection.objects("label_2", KittiFileKind::labels, inspection.findings.labels);
  inspection.objects("detections_2", KittiFileKind::results, inspection.findings.detections);
  inspection.depth();
  inspection.masks(mask_sources_);
  inspection.plane_of_ground();
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

ManifestInspector::ManifestInspector(const std::string& path) : source_(everything_in(path)) {}

FrameFindings ManifestInspector::look_at(const ManifestFrame& listed) const {
  FrameFindings findings;
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

}  // namespace monodr
