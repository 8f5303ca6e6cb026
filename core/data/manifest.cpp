// SPDX-License-Identifier: Apache-2.0
#include "data/manifest.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/folder_files.h"
#include "base/json_tree.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/toml_access.h"
#include "data/hash_cache.h"
#include "settings/binding.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

/// A [[frame]] or [defaults] as it is written.
struct FrameKeys {
  std::string id, picture, masks, boxes, depth, labels;
  std::vector<double> intrinsics, distortion;
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

/// A matrix may be written row by row.
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

std::string with_name(std::string text, const std::string& name) {
  constexpr std::string_view kMark = "{name}";
  for (size_t at = text.find(kMark); at != std::string::npos;
       at = text.find(kMark, at + name.size()))
    text.replace(at, kMark.size(), name);
  return text;
}

/// The text between the stars, in this order.
bool fits(std::string_view text, const std::vector<std::string>& parts) {
  if (parts.size() == 1) return text == parts[0];
  if (!text.starts_with(parts.front())) return false;
  text.remove_prefix(parts.front().size());
  if (!text.ends_with(parts.back())) return false;
  text.remove_suffix(parts.back().size());
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const size_t at = text.find(parts[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + parts[i].size());
  }
  return true;
}

bool is_picture(const std::string& file) {
  const std::string ending = lower_case(fs::path(file).extension().string());
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

/// The files that patterns fit, each folder listed once.
class Files {
 public:
  explicit Files(fs::path folder) : folder_(std::move(folder)) {}

  /// Sorted. `name` stands for {name}.
  std::vector<std::string> that_fit(const std::string& pattern,
                                    const std::string& name,
                                    const SourceLocation& where) {
    const fs::path written(pattern);
    if (written.parent_path().string().find('*') != std::string::npos)
      throw UserError(
          where,
          fmt::format("'{}' has a * in a folder's name; only the file's name, behind the last "
                      "'/', may have one",
                      pattern));
    const fs::path in = folder_ / with_name(written.parent_path().string(), name);
    std::vector<std::string> parts;  // the name is put in afterwards: it may hold a star itself
    for (std::string rest = written.filename().string();;) {
      const size_t star = rest.find('*');
      parts.push_back(with_name(rest.substr(0, star), name));
      if (star == std::string::npos) break;
      rest.erase(0, star + 1);
    }
    if (parts.size() == 1) {
      const fs::path file = in / parts[0];
      return fs::is_regular_file(file) ? std::vector{file.string()} : std::vector<std::string>{};
    }
    std::vector<std::string> files;
    for (const std::string& file : listing(in))
      if (fits(file, parts)) files.push_back((in / file).string());
    return files;
  }

  std::string path_of(const std::string& pattern, const std::string& name) const {
    return (folder_ / with_name(pattern, name)).string();
  }

 private:
  const std::vector<std::string>& listing(const fs::path& folder) {
    const auto [known, is_new] = listings_.try_emplace(folder.string());
    std::error_code none;
    if (is_new)
      for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, none))
        if (const std::string name = entry.path().filename().string();
            !is_system_file(name) && entry.is_regular_file())
          known->second.push_back(name);
    std::sort(known->second.begin(), known->second.end());
    return known->second;
  }

  fs::path folder_;
  std::map<std::string, std::vector<std::string>> listings_;
};

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
    frame.labels = find_one("labels", keys.labels, name, own, given);
    frame.depth_unit = keys.depth_unit;
    frame.depth_invalid = keys.depth_invalid;
    frame.depth_deviation = keys.depth_deviation;
    frame.camera_height = keys.camera_height;
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
    for (const char* key : {"masks", "boxes", "depth", "labels"}) {
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
  Files files_;
  Given defaults_;
  std::vector<ManifestFrame> frames_;
  std::set<std::string> ids_, taken_, found_;  ///< frames; pictures; keys that fitted a file
};

}  // namespace

std::vector<std::string> ManifestFrame::files() const {
  std::vector<std::string> all{picture, boxes, depth, labels};
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
    for (const std::string& file : f.masks) text += " " + hash_of(file);
    text += "\n";
  }
  cache.save();
  return sha256(text);
}

}  // namespace monodr
