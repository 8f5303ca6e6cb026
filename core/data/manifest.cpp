// SPDX-License-Identifier: Apache-2.0
#include "data/manifest.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "base/json_tree.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/toml_access.h"
#include "data/file_pattern.h"
#include "data/hash_cache.h"
#include "settings/binding.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

/// A [[frame]] or [defaults] as it is written.
struct FrameKeys {
  std::string id, picture, masks, boxes, depth, lidar, labels;
  std::vector<double> intrinsics, distortion, lidar_pose, ground_plane;
  double horizontal_field_of_view = 0;
  double depth_unit = 0, depth_invalid = 0, depth_deviation = 0.1;
  double camera_height = 0;
};

const Binding<FrameKeys>& frame_binding() {
  using K = FrameKeys;
  static const Binding<K> binding =
      Binding<K>("frame", "one picture with all that is known of it")
          .key("id", &K::id, "", "the frame's name; the picture's where it is not given")
          .key("picture", &K::picture, "", "PNG or JPEG file, or a pattern")
          .key("intrinsics", &K::intrinsics, "px", "fx, fy, cx, cy, or a 3x3 matrix")
          .key("horizontal_field_of_view",
               &K::horizontal_field_of_view,
               "deg",
               "in place of intrinsics",
               0,
               179)
          .key("distortion", &K::distortion, "1", "k1, k2, p1, p2[, k3]")
          .key("masks",
               &K::masks,
               "",
               "a picture of ids, COCO's JSON, or a pattern of one picture an object")
          .key("boxes", &K::boxes, "", "KITTI result lines")
          .key("depth", &K::depth, "", "PNG, TIFF, EXR, NPY or NPZ file")
          .key("depth_unit", &K::depth_unit, "m", "of one unit of the depth file", 0, 1e3)
          .key("depth_invalid", &K::depth_invalid, "", "value of the depth file that means none")
          .key("depth_deviation",
               &K::depth_deviation,
               "1",
               "relative deviation of the depth's noise",
               0,
               1)
          .key(
              "lidar", &K::lidar, "", "points: float32 x, y, z, reflectance, or NPY [N, 3 or more]")
          .key("lidar_pose", &K::lidar_pose, "m", "3x4 matrix: LiDAR's to camera's coordinates")
          .key("ground_plane", &K::ground_plane, "m", "a, b, c, d of a x + b y + c z + d = 0")
          .key("camera_height", &K::camera_height, "m", "above the road", 0, 100)
          .key("labels", &K::labels, "", "KITTI label lines");
  return binding;
}

TomlNode read_document(const std::string& path) {
  TomlNode root = lower_case(fs::path(path).extension().string()) == ".json" ? read_json_tree(path)
                                                                             : read_toml(path);
  refuse_unknown_keys(as_table(root, path), "the manifest", {"defaults", "frame"});
  return root;
}

/// A matrix may be written as a list of its rows.
GivenValue value_of(const TomlEntry& entry) {
  const auto* rows = std::get_if<TomlNode::List>(&entry.node.value);
  if (rows == nullptr || rows->empty() || !rows->front().is_list()) return to_given_value(entry);
  TomlNode flat{TomlNode::List{}, entry.node.where};
  for (const TomlNode& row : *rows)
    for (const TomlNode& number : as_list(row, entry.key, "[[fx, 0, cx], [0, fy, cy], [0, 0, 1]]"))
      std::get<TomlNode::List>(flat.value).push_back(number);
  return to_given_value(flat, entry.key_where);
}

std::map<std::string, GivenValue> values_of(const TomlNode& table, const std::string& name) {
  std::map<std::string, GivenValue> values;
  for (const TomlEntry& entry : as_table(table, name)) values[entry.key] = value_of(entry);
  return values;
}

void check_matrix(const std::vector<double>& k, const SourceLocation& where) {
  if (k[1] == 0 && k[3] == 0 && k[6] == 0 && k[7] == 0 && k[8] == 1) return;
  throw UserError(
      where,
      "'intrinsics' is no matrix of a camera with upright pixels: [fx, 0, cx], [0, fy, cy], "
      "[0, 0, 1] is expected; with a skew, undistort the pictures first");
}

class ManifestReader {
 public:
  explicit ManifestReader(const std::string& path)
      : path_(path), files_(fs::path(path).parent_path()) {}

  std::vector<ManifestFrame> read() {
    const TomlNode root = read_document(path_);
    const auto& table = std::get<TomlNode::Table>(root.value);
    if (const TomlEntry* entry = find_entry(table, "defaults"))
      defaults_ = values_of(entry->node, "defaults");
    const Parameters sound(
        frame_binding().schema(), defaults_, "defaults");  // even where no frame needs them
    if (const TomlEntry* list = find_entry(table, "frame"))
      for (const TomlNode& frame : as_list(list->node, "frame", "[[frame]]"))
        add(values_of(frame, "[[frame]]"), frame.where);
    if (defaults_.count("picture") > 0) add({}, {path_});
    if (frames_.empty())
      throw UserError(
          SourceLocation{path_},
          "no picture is named; write picture = \"images/*.jpg\" in [defaults], or a [[frame]] "
          "with a picture");
    check_defaults();
    leave_masks_to_the_longest_name();
    return std::move(frames_);
  }

 private:
  using Given = std::map<std::string, GivenValue>;

  /// The frames of a [[frame]], or with nothing of its own those of the defaults' pictures.
  void add(const Given& own, const SourceLocation& where) {
    if (!own.empty() && own.count("picture") == 0)
      throw UserError(where,
                      "the frame has no 'picture'; write picture = \"FILE\" in its [[frame]]");
    Given given = own;
    given.insert(defaults_.begin(), defaults_.end());
    const FrameKeys keys =
        frame_binding().read(Parameters(frame_binding().schema(), given, "frame"));
    const SourceLocation& at = given.at("picture").where;
    std::vector<std::string> pictures = files_.that_fit(keys.picture, "", at);
    if (keys.picture.find('*') != std::string::npos)
      std::erase_if(pictures, [](const std::string& file) { return !is_picture(file); });
    if (pictures.empty())
      throw UserError(
          at,
          fmt::format("'picture' is \"{}\", but no {} fits it (from the manifest's folder)",
                      keys.picture,
                      keys.picture.find('*') == std::string::npos ? "file" : "PNG or JPEG file"));
    for (const std::string& picture : pictures)
      if (!own.empty() || taken_.count(picture) == 0)
        add(keys, own, given, picture, own.empty() ? at : where);
  }

  void add(const FrameKeys& keys,
           const Given& own,
           const Given& given,
           const std::string& picture,
           const SourceLocation& where) {
    const std::string name = fs::path(picture).stem().string();
    ManifestFrame frame;
    frame.id = keys.id.empty() ? name : keys.id;
    frame.picture = picture;
    if (frame.id.find('/') != std::string::npos)
      throw UserError(given.at("id").where,
                      fmt::format("'id' is \"{}\", but must be without '/': results are files of "
                                  "that name",
                                  frame.id));
    if (!ids_.insert(frame.id).second)
      throw UserError(
          where,
          fmt::format(
              "two frames are called '{}'; give one of them another id = \"...\" in a [[frame]]",
              frame.id));
    taken_.insert(picture);
    set_camera(keys, given, where, frame);
    frame.masks = find("masks", keys.masks, name, own, given);
    if (!keys.masks.empty())
      frame.mask_files = keys.masks.find('*') == std::string::npos ? MaskFiles::whole_frame
                                                                   : MaskFiles::one_an_object;
    if (frame.mask_files == MaskFiles::whole_frame && frame.masks.empty())
      frame.mask_files = MaskFiles::none;
    frame.boxes = find_one("boxes", keys.boxes, name, own, given);
    if (frame.boxes.empty() && !keys.boxes.empty()) frame.boxes = files_.path_of(keys.boxes, name);
    frame.depth = find_one("depth", keys.depth, name, own, given);
    set_lidar(keys, name, own, given, frame);
    set_ground(keys, own, given, frame);
    frame.labels = find_one("labels", keys.labels, name, own, given);
    frame.depth_unit = keys.depth_unit;
    frame.depth_invalid = keys.depth_invalid;
    frame.depth_deviation = keys.depth_deviation;
    frames_.push_back(std::move(frame));
  }

  static void set_camera(const FrameKeys& keys,
                         const Given& given,
                         const SourceLocation& where,
                         ManifestFrame& frame) {
    const std::vector<double>& k = keys.intrinsics;
    const bool has_view = keys.horizontal_field_of_view > 0;
    if (k.empty() == !has_view)
      throw UserError(where,
                      fmt::format("the frame has {} intrinsics; write either intrinsics = [fx, fy, "
                                  "cx, cy] in pixels or "
                                  "horizontal_field_of_view in degrees, here or in [defaults]",
                                  has_view ? "two kinds of" : "no"));
    frame.horizontal_field_of_view = keys.horizontal_field_of_view;
    if (k.size() == 9) check_matrix(k, given.at("intrinsics").where);
    if (k.size() == 4) frame.intrinsics = {k[0], k[1], k[2], k[3]};
    if (k.size() == 9) frame.intrinsics = {k[0], k[4], k[2], k[5]};
    if (!has_view && !(frame.intrinsics.fx > 0 && frame.intrinsics.fy > 0))
      throw UserError(
          given.at("intrinsics").where,
          fmt::format("'intrinsics' has {} numbers, but must be fx, fy, cx, cy, or a 3x3 matrix, "
                      "with focal lengths above 0",
                      k.size()));
    frame.distortion = keys.distortion;
    if (!frame.distortion.empty() && frame.distortion.size() != 4 && frame.distortion.size() != 5)
      throw UserError(
          given.at("distortion").where,
          fmt::format("'distortion' has {} numbers, but must have 4 or 5: k1, k2, p1, p2, k3",
                      frame.distortion.size()));
  }

  /// Depth and LiDAR are two sources of one thing: what the frame says itself goes before a default.
  void set_lidar(const FrameKeys& keys,
                 const std::string& name,
                 const Given& own,
                 const Given& given,
                 ManifestFrame& frame) {
    frame.lidar = find_one("lidar", keys.lidar, name, own, given);
    if (frame.lidar.empty()) return;
    if (!frame.depth.empty() && own.count("depth") == own.count("lidar"))
      throw UserError(given.at("lidar").where,
                      fmt::format("the picture '{}' has 'depth' and 'lidar', of which one can be "
                                  "used; keep one of the two",
                                  name));
    if (!frame.depth.empty() && own.count("depth") > 0) {
      frame.lidar.clear();
      return;
    }
    frame.depth.clear();
    const size_t count = keys.lidar_pose.size();
    if (count == 0)
      throw UserError(given.at("lidar").where,
                      "'lidar' needs 'lidar_pose', the 3x4 matrix that takes its points to the "
                      "camera's frame (x right, y down, z forward)");
    const SourceLocation& where = given.at("lidar_pose").where;
    if (count != 12 && count != 16)
      throw UserError(
          where,
          fmt::format("'lidar_pose' has {} numbers, but must be a 3x4 or 4x4 matrix, row "
                      "by row",
                      count));
    for (int i = 0; i < 12; ++i) frame.lidar_pose(i / 4, i % 4) = keys.lidar_pose[size_t(i)];
    const Eigen::Matrix3d rotation = frame.lidar_pose.leftCols<3>();
    constexpr double kTolerance = 1e-2;  // calibrations are written with few digits
    if (!((rotation * rotation.transpose() - Eigen::Matrix3d::Identity()).norm() < kTolerance &&
          rotation.determinant() > 0))
      throw UserError(where,
                      "the first three columns of 'lidar_pose' are no rotation; it is R and t of "
                      "p_camera = R p_lidar + t, row by row, in metres");
  }

  static void set_ground(const FrameKeys& keys,
                         const Given& own,
                         const Given& given,
                         ManifestFrame& frame) {
    const bool says_plane = !keys.ground_plane.empty(), says_height = keys.camera_height > 0;
    if (says_plane && says_height && own.count("ground_plane") == own.count("camera_height"))
      throw UserError(given.at("camera_height").where,
                      "'camera_height' and 'ground_plane' both say where the road is; keep one");
    frame.camera_height = keys.camera_height;
    if (!says_plane || (says_height && own.count("camera_height") > 0)) return;
    const SourceLocation& where = given.at("ground_plane").where;
    const std::vector<double>& plane = keys.ground_plane;
    constexpr double kSteepest = 1;  // 45 degrees
    if (plane.size() != 4 || !(std::hypot(plane[0], plane[2]) < kSteepest * std::abs(plane[1])))
      throw UserError(
          where,
          "'ground_plane' must be four numbers a, b, c, d of a x + b y + c z + d = 0 in "
          "the camera's frame (x right, y down, z forward), with b the largest of a, b, c: "
          "0, -1, 0, 1.65 is a level road 1.65 m below the camera");
    frame.camera_height = -plane[3] / plane[1];
    frame.road_slope = -plane[2] / plane[1];
    if (frame.camera_height <= 0)
      throw UserError(
          where,
          fmt::format("'ground_plane' puts the road {:.3g} m above the camera; y points "
                      "downwards",
                      -frame.camera_height));
  }

  std::vector<std::string> find(const std::string& key,
                                const std::string& pattern,
                                const std::string& name,
                                const Given& own,
                                const Given& given) {
    if (pattern.empty()) return {};
    const SourceLocation& where = given.at(key).where;
    std::vector<std::string> found = files_.that_fit(pattern, name, where);
    if (found.empty() && own.count(key) > 0)
      throw UserError(
          where,
          fmt::format("'{}' is \"{}\", but there is no such file (from the manifest's folder)",
                      key,
                      with_name(pattern, name)));
    if (!found.empty()) found_.insert(key);
    return found;
  }

  std::string find_one(const std::string& key,
                       const std::string& pattern,
                       const std::string& name,
                       const Given& own,
                       const Given& given) {
    const std::vector<std::string> found = find(key, pattern, name, own, given);
    if (found.size() > 1)
      throw UserError(
          given.at(key).where,
          fmt::format(
              "'{}' fits {} files for the picture '{}'; one is expected", key, found.size(), name));
    return found.empty() ? "" : found.front();
  }

  // A name that fits nothing is a slip of the pen, and would go without masks or depth unnoticed.
  void check_defaults() const {
    if (const auto masks = defaults_.find("masks");
        masks != defaults_.end() && frames_.size() > 1) {
      const std::string pattern = to_toml(masks->second.value);
      if (pattern.find('*') != std::string::npos && pattern.find("{name}") == std::string::npos)
        throw UserError(
            masks->second.where,
            fmt::format(
                "'masks' is {}, which gives every frame all of these files; write {{name}} where "
                "the picture's name stands in theirs",
                pattern));
    }
    for (const char* key : {"masks", "boxes", "depth", "lidar", "labels"}) {
      const auto given = defaults_.find(key);
      if (given == defaults_.end() || found_.count(key) > 0) continue;
      throw UserError(
          given->second.where,
          fmt::format("'{}' is {}, but fits a file of none of the {} frames (from the manifest's "
                      "folder; {{name}} is the picture's without its ending, \"{}\" for the first)",
                      key,
                      to_toml(given->second.value),
                      frames_.size(),
                      fs::path(frames_[0].picture).stem().string()));
    }
  }

  void leave_masks_to_the_longest_name() {
    const auto length = [](const ManifestFrame& frame) {
      return fs::path(frame.picture).stem().string().size();
    };
    std::map<std::string, size_t> longest;
    for (const ManifestFrame& frame : frames_)
      if (frame.mask_files == MaskFiles::one_an_object)
        for (const std::string& file : frame.masks)
          longest[file] = std::max(longest[file], length(frame));
    for (ManifestFrame& frame : frames_)
      if (frame.mask_files == MaskFiles::one_an_object)
        std::erase_if(frame.masks,
                      [&](const std::string& file) { return longest.at(file) > length(frame); });
  }

  std::string path_;
  PatternFiles files_;
  Given defaults_;
  std::vector<ManifestFrame> frames_;
  std::set<std::string> ids_, taken_, found_;  ///< frames; pictures; keys that fitted a file
};

}  // namespace

std::vector<std::string> ManifestFrame::files() const {
  std::vector<std::string> all{picture, boxes, depth, lidar, labels};
  all.insert(all.end(), masks.begin(), masks.end());
  std::erase(all, "");
  return all;
}

std::vector<ManifestFrame> read_manifest(const std::string& path) {
  return ManifestReader(path).read();
}

std::string manifest_fingerprint(const std::string& path, const std::string& cache_file) {
  HashCache cache(cache_file);
  std::map<std::string, std::string> known;  // one file of masks may be of all frames
  const auto hash_of = [&](const std::string& file) -> const std::string& {
    const auto [entry, is_new] = known.try_emplace(file);
    if (is_new && fs::exists(file)) entry->second = cache.hash_of(file);
    return entry->second;
  };
  std::string text;
  for (const ManifestFrame& f : read_manifest(path)) {
    text += fmt::format("{} {} {} {} {} {}",
                        f.id,
                        f.intrinsics.fx,
                        f.intrinsics.fy,
                        f.intrinsics.cx,
                        f.intrinsics.cy,
                        f.horizontal_field_of_view);
    for (const double coefficient : f.distortion) text += fmt::format(" {}", coefficient);
    text += fmt::format(" depth {} {} {} {} masks {}",
                        f.depth_unit,
                        f.depth_invalid,
                        f.depth_deviation,
                        f.camera_height,
                        int(f.mask_files));
    for (const std::string& file : {f.picture, f.boxes, f.depth, f.labels})
      text += " " + hash_of(file);
    if (!f.lidar.empty()) {
      text += " lidar " + hash_of(f.lidar);
      for (int i = 0; i < 12; ++i) text += fmt::format(" {}", f.lidar_pose(i / 4, i % 4));
    }
    if (f.road_slope != 0) text += fmt::format(" slope {}", f.road_slope);
    for (const std::string& file : f.masks) text += " " + hash_of(file);
    text += "\n";
  }
  cache.save();
  return sha256(text);
}

}  // namespace monodr
