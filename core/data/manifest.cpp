// SPDX-License-Identifier: Apache-2.0
#include "data/manifest.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/sha256.h"
#include "base/text.h"
#include "base/toml_access.h"
#include "base/toml_tree.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kKeys = {"id",
                                        "picture",
                                        "intrinsics",
                                        "horizontal_field_of_view",
                                        "distortion",
                                        "masks",
                                        "boxes",
                                        "depth",
                                        "depth_unit",
                                        "depth_invalid",
                                        "depth_deviation",
                                        "labels"};

TomlNode node_of(const nlohmann::json& value, const std::string& file) {
  TomlNode node{false, {file}};
  if (value.is_boolean()) {
    node.value = value.get<bool>();
  } else if (value.is_number_integer()) {
    node.value = value.get<std::int64_t>();
  } else if (value.is_number()) {
    node.value = value.get<double>();
  } else if (value.is_string()) {
    node.value = value.get<std::string>();
  } else if (value.is_array()) {
    TomlNode::List list;
    for (const auto& item : value) list.push_back(node_of(item, file));
    node.value = std::move(list);
  } else if (value.is_object()) {
    TomlNode::Table table;
    for (const auto& [key, item] : value.items())
      table.push_back({key, {file}, node_of(item, file)});
    node.value = std::move(table);
  } else {
    throw UserError(SourceLocation{file}, "null has no meaning here; leave the key out");
  }
  return node;
}

TomlNode read_document(const std::string& path) {
  if (fs::path(path).extension() != ".json") return read_toml(path);
  const auto document = nlohmann::json::parse(read_file(path), nullptr, false);
  if (!document.is_object())
    throw UserError(SourceLocation{path}, "is no JSON object of \"defaults\" and \"frame\"");
  return node_of(document, path);
}

/// `*` stands for any characters but '/'.
bool fits(const std::string& name, const std::string& pattern) {
  std::function<bool(size_t, size_t)> match = [&](size_t n, size_t p) {
    if (p == pattern.size()) return n == name.size();
    if (pattern[p] != '*') return n < name.size() && name[n] == pattern[p] && match(n + 1, p + 1);
    for (size_t skip = n; skip <= name.size(); ++skip)
      if (match(skip, p + 1)) return true;
    return false;
  };
  return match(0, 0);
}

/// Files that the pattern fits, sorted. Only the last part of the path may hold stars; hidden files never fit.
std::vector<std::string> files_of(const fs::path& folder, const std::string& pattern) {
  const fs::path whole = folder / pattern;
  std::vector<std::string> files;
  if (pattern.find('*') == std::string::npos) {
    if (fs::is_regular_file(whole)) files.push_back(whole.string());
    return files;
  }
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(whole.parent_path(), none)) {
    const std::string name = entry.path().filename().string();
    if (name[0] != '.' && entry.is_regular_file() && fits(name, whole.filename().string()))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// One frame's keys: its own before the defaults.
class FrameKeys {
 public:
  FrameKeys(const TomlNode::Table& own,
            const TomlNode::Table& defaults,
            const SourceLocation& where)
      : own_(own), defaults_(defaults), where_(where) {}

  const TomlEntry* find(const std::string& key) const {
    const TomlEntry* entry = find_entry(own_, key);
    return entry != nullptr ? entry : find_entry(defaults_, key);
  }
  bool is_own(const std::string& key) const { return find_entry(own_, key) != nullptr; }
  const SourceLocation& where() const { return where_; }

  double number(const std::string& key, double fallback) const {
    const TomlEntry* entry = find(key);
    if (entry == nullptr) return fallback;
    static const Parameter real{"", 0.0, "", "a number"};
    Parameter named = real;
    named.name = key;
    return std::get<double>(checked_value(named, to_given_value(*entry), "frame"));
  }
  std::vector<double> numbers(const std::string& key) const {
    const TomlEntry* entry = find(key);
    if (entry == nullptr) return {};
    Parameter list{key, std::vector<double>{}, "", "numbers"};
    const GivenValue given = to_given_value(*entry);
    // A 3x3 matrix may be written row by row.
    if (const auto* rows = std::get_if<TomlNode::List>(&entry->node.value);
        rows && !rows->empty() && rows->front().is_list())
      return flattened(*rows);
    return std::get<std::vector<double>>(checked_value(list, given, "frame"));
  }

 private:
  static std::vector<double> flattened(const TomlNode::List& rows) {
    std::vector<double> all;
    for (const TomlNode& row : rows) {
      const auto values = std::get<std::vector<double>>(to_given_value(row, row.where).value);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

  const TomlNode::Table& own_;
  const TomlNode::Table& defaults_;
  SourceLocation where_;
};

void set_camera(const FrameKeys& keys, ManifestFrame& frame) {
  const std::vector<double> k = keys.numbers("intrinsics");
  if (k.size() == 4)
    frame.intrinsics = {k[0], k[1], k[2], k[3]};
  else if (k.size() == 9)
    frame.intrinsics = {k[0], k[4], k[2], k[5]};
  else if (!k.empty())
    throw UserError(
        keys.find("intrinsics")->node.where,
        fmt::format("'intrinsics' has {} numbers, but must have 4 (fx, fy, cx, cy) or 9 (a 3x3 "
                    "matrix)",
                    k.size()));
  frame.horizontal_field_of_view = keys.number("horizontal_field_of_view", 0);
  const bool has_view = frame.horizontal_field_of_view > 0 && frame.horizontal_field_of_view < 180;
  if (k.empty() && !has_view)
    throw UserError(
        keys.where(),
        "the frame has no intrinsics; write intrinsics = [fx, fy, cx, cy] in pixels, or "
        "horizontal_field_of_view in degrees (above 0, below 180), here or in [defaults]");
  if (!k.empty() && !(frame.intrinsics.fx > 0 && frame.intrinsics.fy > 0))
    throw UserError(keys.find("intrinsics")->node.where,
                    "'intrinsics' must have focal lengths fx and fy above 0");
  frame.distortion = keys.numbers("distortion");
  if (!frame.distortion.empty() && frame.distortion.size() != 4 && frame.distortion.size() != 5)
    throw UserError(
        keys.find("distortion")->node.where,
        fmt::format("'distortion' has {} numbers, but must have 4 or 5: k1, k2, p1, p2, k3",
                    frame.distortion.size()));
}

class ManifestReader {
 public:
  explicit ManifestReader(const std::string& path)
      : path_(path), folder_(fs::path(path).parent_path()), root_(read_document(path)) {
    const auto& table = std::get<TomlNode::Table>(root_.value);
    refuse_unknown_keys(table, "the manifest", {"defaults", "frame"});
    if (const TomlEntry* entry = find_entry(table, "defaults"))
      defaults_ = as_table(entry->node, "[defaults]");
    refuse_unknown_keys(defaults_, "[defaults]", kKeys);
  }

  std::vector<ManifestFrame> read() {
    const auto& table = std::get<TomlNode::Table>(root_.value);
    const TomlEntry* list = find_entry(table, "frame");
    if (list == nullptr) add(TomlNode::Table{}, SourceLocation{path_});
    if (list != nullptr)
      for (const TomlNode& frame : as_list(list->node, "[[frame]]", "[[frame]]")) {
        refuse_unknown_keys(as_table(frame, "[[frame]]"), "[[frame]]", kKeys);
        add(as_table(frame, "[[frame]]"), frame.where);
      }
    return std::move(frames_);
  }

 private:
  void add(const TomlNode::Table& own, const SourceLocation& where) {
    const FrameKeys keys(own, defaults_, where);
    const TomlEntry* picture = keys.find("picture");
    if (picture == nullptr)
      throw UserError(where,
                      "no picture is named; write picture = \"images/*.jpg\" in [defaults], or "
                      "picture in each [[frame]]");
    const std::string pattern = as_text(picture->node, "picture");
    const std::vector<std::string> pictures = files_of(folder_, pattern);
    if (pictures.empty())
      throw UserError(picture->node.where,
                      fmt::format("'picture' is \"{}\", but no file fits it in '{}'",
                                  pattern,
                                  folder_.empty() ? "." : folder_.string()));
    for (const std::string& file : pictures) add(keys, file);
  }

  void add(const FrameKeys& keys, const std::string& picture) {
    ManifestFrame frame;
    frame.picture = picture;
    const std::string name = fs::path(picture).stem().string();
    const TomlEntry* id = keys.find("id");
    frame.id = id == nullptr ? name : as_text(id->node, "id");
    if (!ids_.insert(frame.id).second)
      throw UserError(
          keys.where(),
          fmt::format("two frames are called '{}'; give one of them another id = \"...\"",
                      frame.id));
    set_camera(keys, frame);
    frame.masks = files("masks", keys, name);
    frame.boxes = file("boxes", keys, name);
    frame.depth = file("depth", keys, name);
    frame.labels = file("labels", keys, name);
    frame.depth_unit = keys.number("depth_unit", 1);
    frame.depth_invalid = keys.number("depth_invalid", 0);
    frame.depth_deviation = keys.number("depth_deviation", 0.1);
    if (!(frame.depth_unit > 0))
      throw UserError(keys.find("depth_unit")->node.where,
                      "'depth_unit' must be above 0: metres of one unit of the file (0.001 for "
                      "millimetres)");
    frames_.push_back(std::move(frame));
  }

  std::vector<std::string> files(const std::string& key,
                                 const FrameKeys& keys,
                                 const std::string& name) const {
    const TomlEntry* entry = keys.find(key);
    if (entry == nullptr) return {};
    std::string pattern = as_text(entry->node, key);
    for (size_t at; (at = pattern.find("{name}")) != std::string::npos;)
      pattern.replace(at, 6, name);
    std::vector<std::string> found = files_of(folder_, pattern);
    if (found.empty() && keys.is_own(key))
      throw UserError(entry->node.where,
                      fmt::format("'{}' is \"{}\", but there is no such file", key, pattern));
    return found;
  }

  std::string file(const std::string& key, const FrameKeys& keys, const std::string& name) const {
    const std::vector<std::string> found = files(key, keys, name);
    if (found.size() > 1)
      throw UserError(
          keys.find(key)->node.where,
          fmt::format(
              "'{}' fits {} files for the picture '{}'; one is expected", key, found.size(), name));
    return found.empty() ? "" : found.front();
  }

  std::string path_;
  fs::path folder_;
  TomlNode root_;
  TomlNode::Table defaults_;
  std::vector<ManifestFrame> frames_;
  std::set<std::string> ids_;
};

}  // namespace

std::vector<ManifestFrame> read_manifest(const std::string& path) {
  return ManifestReader(path).read();
}

std::string manifest_fingerprint(const std::string& path) {
  std::string text = sha256_of_file(path) + "\n";
  for (const ManifestFrame& frame : read_manifest(path)) {
    text += frame.id;
    std::vector<std::string> files{frame.picture, frame.boxes, frame.depth, frame.labels};
    files.insert(files.end(), frame.masks.begin(), frame.masks.end());
    for (const std::string& file : files) text += file.empty() ? " -" : " " + sha256_of_file(file);
    text += "\n";
  }
  return sha256(text);
}

}  // namespace monodr
