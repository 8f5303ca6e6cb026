// SPDX-License-Identifier: Apache-2.0
#include "inspect/folder_manifest.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/lines.h"
#include "base/parallel.h"
#include "base/parameters.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "data/file_pattern.h"
#include "data/manifest.h"
#include "evidence/depth_plausibility.h"
#include "evidence/exif.h"
#include "evidence/manifest_source.h"
#include "evidence/npz.h"
#include "experiment/category_file.h"
#include "inspect/picture_companions.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) {
  return to_toml(ParameterValue(text));
}

const char* name_of(Companion kind) {
  switch (kind) {
    case Companion::masks:
      return "masks";
    case Companion::depth:
      return "depth";
    case Companion::boxes:
      return "boxes";
    case Companion::labels:
      return "labels";
    case Companion::lidar:
      return "lidar";
  }
  return "";
}

/// A picture's size and what its EXIF data say.
struct Taken {
  int width = 0, height = 0;
  std::optional<ExifFocal> focal;
};

/// One line of [defaults].
struct Key {
  std::string name, value, remark;
};

struct Numbers {
  int width = 0, height = 0;
  bool is_whole = false;
};

Numbers numbers_of(const std::string& path) {
  const std::string ending = lower_case(fs::path(path).extension().string());
  const NumberPicture picture = ending == ".npz"   ? read_npz_plane(path, "depth")
                                : ending == ".npy" ? read_npy_plane(path)
                                                   : load_numbers(path);
  return {picture.values.width, picture.values.height, picture.is_whole};
}

class Draft {
 public:
  explicit Draft(const FolderManifestOptions& options)
      : options_(options), folder_(options.folder), lying_(find_pictures(options.folder)) {
    result_.left_out = lying_.left_out;
  }

  FolderManifest run() {
    add_pictures();
    add_camera();
    for (const Companion kind : {Companion::masks,
                                 Companion::boxes,
                                 Companion::depth,
                                 Companion::labels,
                                 Companion::lidar})
      add(kind);
    fs::path beside = fs::path(options_.output).parent_path();
    if (beside.empty()) beside = ".";
    std::error_code none;
    fs::path prefix = fs::relative(folder_, beside, none);
    if (none || prefix.empty()) prefix = fs::absolute(folder_);
    if (unit_is_open_) choose_unit();
    result_.text = text(prefix == "." ? "" : prefix);
    read_once(text(fs::absolute(folder_)), [](const std::string&) {});
    return std::move(result_);
  }

 private:
  void add_pictures() {
    const fs::path first = lying_.pictures.front();
    const fs::path in = first.parent_path();
    PatternFiles files(folder_);
    for (const std::string& name : {std::string("*"), "*" + first.extension().string()}) {
      const std::string pattern = (in / name).string();
      std::vector<std::string> fitting = files.that_fit(pattern, "", {options_.folder});
      std::erase_if(fitting, [](const std::string& file) { return !is_picture(file); });
      if (fitting.size() != lying_.pictures.size()) continue;
      keys_.push_back({"picture", pattern, ""});
      break;
    }
    if (keys_.empty())
      for (const std::string& picture : lying_.pictures) own_[picture];
    result_.found.push_back(fmt::format("{:<11}{:>5}  {}",
                                        "picture",
                                        lying_.pictures.size(),
                                        keys_.empty() ? in.string() : keys_[0].value));
  }

  // ---- the camera

  void add_camera() {
    if (options_.field_of_view > 0) {
      camera_text_ = fmt::format("{} degrees wide", options_.field_of_view);
      keys_.push_back({"horizontal_field_of_view", fmt::format("{}", options_.field_of_view), ""});
    } else if (!options_.intrinsics.empty()) {
      add_intrinsics(options_.intrinsics, "");
    } else if (!lying_.camera.empty()) {
      add_intrinsics(numbers_in((folder_ / lying_.camera).string()), lying_.camera);
      result_.guessed.push_back(
          fmt::format("intrinsics are those of '{}' as they stand there; add 0.5 to cx and cy if "
                      "they count from the middle of the first pixel, as OpenCV does",
                      lying_.camera));
    } else {
      add_exif();
    }
    result_.found.push_back(fmt::format("{:<11}{:>5}  {}", "camera", "", camera_text_));
  }

  void add_intrinsics(const std::vector<double>& k, const std::string& remark) {
    std::vector<std::string> numbers;
    for (const double number : k) numbers.push_back(fmt::format("{}", number));
    keys_.push_back({"intrinsics", "[" + join(numbers, ", ") + "]", remark});
    camera_text_ = keys_.back().value;
  }

  static std::vector<double> numbers_in(const std::string& path) {
    std::vector<double> numbers;
    const std::string content = read_file(path);
    for (const NumberedLine& line : numbered_lines(content, path))
      for (const std::string_view word : split_fields(line.text))
        numbers.push_back(parse_number(word, {path, line.number}, "intrinsics"));
    if (numbers.size() != 4 && numbers.size() != 9)
      throw UserError(
          fmt::format("'{}' has {} numbers; fx, fy, cx, cy or a 3x3 matrix are expected",
                      path,
                      numbers.size()));
    return numbers;
  }

  static std::vector<double> intrinsics_of(double focal, const Taken& taken) {
    const double rounded = std::round(10 * focal) / 10;
    return {rounded, rounded, taken.width / 2.0, taken.height / 2.0};
  }

  void add_exif() {
    std::vector<Taken> taken(lying_.pictures.size());
    parallel_for(taken.size(), 2, [&](size_t i) {
      const std::string path = (folder_ / lying_.pictures[i]).string();
      const ColourImage image = load_colour_image(path);
      taken[i] = {image.width, image.height, exif_focal(path, image.width, image.height)};
    });
    std::map<std::vector<double>, size_t> counts;
    const Taken* known = nullptr;
    for (const Taken& one : taken)
      if (one.focal) {
        ++counts[intrinsics_of(one.focal->pixels, one)];
        if (known == nullptr) known = &one;
      }
    if (known == nullptr)
      throw UserError(fmt::format(
          "nothing says the focal length of the {} pictures in '{}': they have no EXIF "
          "data of it, and there is no intrinsics.txt; give --intrinsics FX,FY,CX,CY in "
          "pixels or --field-of-view DEGREES (a phone's main camera has about 65)",
          taken.size(),
          options_.folder));
    const auto usual =
        std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
          return a.second < b.second;
        })->first;
    add_intrinsics(usual, "EXIF: " + known->focal->source);
    size_t without = 0;
    const double of_diagonal =
        known->focal->pixels / std::hypot(double(known->width), double(known->height));
    for (size_t i = 0; i < taken.size(); ++i) {
      without += !taken[i].focal;
      const double focal = taken[i].focal ? taken[i].focal->pixels
                                          : of_diagonal * std::hypot(double(taken[i].width),
                                                                     double(taken[i].height));
      const std::vector<double> own = intrinsics_of(focal, taken[i]);
      if (own != usual) own_[lying_.pictures[i]] = own;
    }
    result_.guessed.push_back(
        fmt::format("intrinsics from EXIF ({}) are good to a few percent, with the principal point "
                    "in the middle",
                    known->focal->source));
    if (without > 0)
      result_.guessed.push_back(fmt::format(
          "{} of {} pictures say no focal length; the others' is taken", without, taken.size()));
  }

  // ---- masks, boxes, depth, labels, LiDAR

  void add(Companion kind) {
    const CompanionFiles* taken = nullptr;
    for (const CompanionFiles& files : lying_.companions) {
      if (files.kind != kind) continue;
      const std::string reason = why_not(files, taken != nullptr);
      if (reason.empty()) {
        taken = &files;
        take(files);
      } else {
        result_.left_out.push_back(fmt::format("'{}': {}", files.pattern, reason));
      }
    }
  }

  /// "" = these files can be taken.
  std::string why_not(const CompanionFiles& files, bool is_given) const {
    if (is_given) return fmt::format("other {} are taken", name_of(files.kind));
    if (files.kind == Companion::lidar)
      return "LiDAR needs the matrix that takes it to the camera; add lidar and lidar_pose";
    if (files.kind == Companion::boxes && files.pictures < lying_.pictures.size())
      return fmt::format(
          "boxes of {} of {} pictures; every picture needs its file, an empty one "
          "where nothing was detected",
          files.pictures,
          lying_.pictures.size());
    if (files.kind != Companion::depth) return "";
    try {
      const Numbers depth = numbers_of(files.first);
      const auto picture = std::find_if(
          lying_.pictures.begin(), lying_.pictures.end(), [&](const std::string& name) {
            return files.first.find(fs::path(name).stem().string()) != std::string::npos;
          });
      const ColourImage image = load_colour_image(
          (folder_ / (picture == lying_.pictures.end() ? lying_.pictures[0] : *picture)).string());
      constexpr double kTolerance = 0.02;
      const double ratio =
          double(depth.width) * image.height / (double(depth.height) * image.width);
      if (std::abs(ratio - 1) > kTolerance)
        return fmt::format("of {}x{} numbers, which is not the shape of its picture ({}x{})",
                           depth.width,
                           depth.height,
                           image.width,
                           image.height);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  }

  void take(const CompanionFiles& files) {
    const std::string key = name_of(files.kind);
    keys_.push_back({key, files.pattern, ""});
    result_.found.push_back(fmt::format("{:<11}{:>5}  {}", key, files.pictures, files.pattern));
    if (files.kind != Companion::depth) return;
    if (!numbers_of(files.first).is_whole) {
      result_.guessed.push_back(
          "the numbers of depth are metres; a network that gives depth up to a scale, or its "
          "inverse, must be brought to metres first");
      return;
    }
    unit_is_open_ = options_.depth_unit == 0;
    unit_ = options_.depth_unit;
  }

  /// Millimetres, unless boxes or the road speak against them and not against KITTI's unit.
  void choose_unit() {
    constexpr double kMillimetre = 0.001, kKitti = 1.0 / 256;
    constexpr size_t kLookedAt = 12;  // frames
    const CategoryModel car = load_category("car");
    const auto is_odd = [&](double unit) {
      unit_ = unit;
      bool odd = false;
      read_once(text(fs::absolute(folder_)), [&](const std::string& manifest) {
        DatasetRequest request;
        request.source = DataSource::manifest;
        request.root = manifest;
        request.category_model = car;
        const ManifestSource source(request);
        DepthPlausibility judge(car);
        const std::vector<std::string> frames = source.frames();
        for (size_t i = 0; i < std::min(kLookedAt, frames.size()); ++i) try {
            judge.add(source.read(frames[i]));
          } catch (const UserError&) {  // data inspect says what is wrong
          }
        odd = judge.complaint() || judge.complaint_of_ground();
      });
      return odd;
    };
    const bool is_kitti = is_odd(kMillimetre) && !is_odd(kKitti);
    unit_ = is_kitti ? kKitti : kMillimetre;
    result_.guessed.push_back(
        is_kitti ? "depth_unit is KITTI's 1/256 m: millimetres do not fit boxes or road"
                 : "depth_unit is 0.001: whole numbers of depth mostly are millimetres");
  }

  // ---- the text

  template <typename Action>
  void read_once(const std::string& text, Action action) const {
    const TemporaryFolder folder("monodr-manifest");
    const std::string manifest = (folder.path() / "frames.toml").string();
    write_file_atomically(manifest, text);
    try {
      read_manifest(manifest);
    } catch (const UserError& error) {
      throw UserError(
          fmt::format("'{}' cannot be listed in a manifest: {}", options_.folder, error.what()));
    }
    action(manifest);
  }

  std::string text(const fs::path& prefix) const {
    const auto path = [&](const std::string& relative) {
      return quoted((prefix / relative).generic_string());
    };
    std::string result =
        "# What `runexp data manifest` found; docs/own-data.md has all keys.\n[defaults]\n";
    for (const Key& key : keys_) {
      const bool is_path = key.name != "intrinsics" && key.name != "horizontal_field_of_view";
      result += fmt::format("{:<10} = {}{}\n",
                            key.name,
                            is_path ? path(key.value) : key.value,
                            key.remark.empty() ? "" : "  # " + key.remark);
    }
    if (unit_ > 0) result += fmt::format("{:<10} = {}\n", "depth_unit", unit_);
    for (const auto& [picture, intrinsics] : own_) {
      result += "\n[[frame]]\npicture    = " + path(picture) + "\n";
      if (intrinsics.empty()) continue;
      std::vector<std::string> numbers;
      for (const double number : intrinsics) numbers.push_back(fmt::format("{}", number));
      result += "intrinsics = [" + join(numbers, ", ") + "]\n";
    }
    return result;
  }

  FolderManifestOptions options_;
  fs::path folder_;
  FolderPictures lying_;
  FolderManifest result_;
  std::vector<Key> keys_;
  std::map<std::string, std::vector<double>> own_;  ///< pictures with a [[frame]], their intrinsics
  std::string camera_text_;
  double unit_ = 0;
  bool unit_is_open_ = false;
};

}  // namespace

FolderManifest folder_manifest(const FolderManifestOptions& options) {
  return Draft(options).run();
}

}  // namespace monodr
