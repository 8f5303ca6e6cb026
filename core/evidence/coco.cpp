// SPDX-License-Identifier: Apache-2.0
#include "evidence/coco.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "evidence/coco_rle.h"

namespace monodr {

using nlohmann::json;

namespace {

json parse_file(const std::string& path) {
  const std::string content = read_file(path);
  try {
    return json::parse(content);
  } catch (const json::parse_error& error) {
    const auto end = content.begin() + std::ptrdiff_t(std::min(error.byte, content.size()));
    throw UserError({path, 1 + int(std::count(content.begin(), end, '\n'))},
                    "this is not JSON; export the masks again");
  } catch (const json::exception&) {  // well written, and no number that there is: 1e999
    throw UserError({path},
                    "this is not JSON: a number is too large for any; export the masks again");
  }
}

UserError fault(const std::string& path, size_t number, const std::string& what) {
  return UserError(fmt::format(
      "'{}': annotation {} (counted from 0) {}; mend or remove it", path, number, what));
}

std::string frame_of_id(const json& id) {
  if (id.is_number_integer()) return fmt::format("{:06d}", id.get<std::int64_t>());
  return id.get<std::string>();
}

/// The same for 8, "8" and 8.0: tools disagree on whether ids are numbers.
std::string key_of(const json& id) {
  if (id.is_string()) return id.get<std::string>();
  if (id.is_number_float() && id.get<double>() == std::floor(id.get<double>()))
    return fmt::format("{:.0f}", id.get<double>());
  return id.dump();
}

// image_id as text -> frame.
std::map<std::string, std::string> frames_of_images(const json& document,
                                                    const std::string& path,
                                                    std::vector<std::string>& faults) {
  std::map<std::string, std::string> frames;
  const auto images = document.find("images");
  if (!document.is_object() || images == document.end()) return frames;
  for (const json& image : *images) {
    if (!image.is_object() || !image.contains("id") || !image.contains("file_name") ||
        !image["file_name"].is_string()) {
      faults.push_back(
          fmt::format("'{}': an entry of \"images\" lacks \"id\" or \"file_name\"", path));
      continue;
    }
    std::string file = image["file_name"];
    std::replace(file.begin(), file.end(), '\\', '/');  // written on Windows
    frames[key_of(image["id"])] = std::filesystem::path(file).stem().string();
  }
  return frames;
}

// category_id as text -> name.
std::map<std::string, std::string> names_of_categories(const json& document) {
  std::map<std::string, std::string> names;
  if (!document.is_object() || !document.contains("categories")) return names;
  for (const json& category : document["categories"])
    if (category.is_object() && category.contains("id") &&
        category.value("name", json()).is_string())
      names[key_of(category["id"])] = category["name"];
  return names;
}

const json& annotations_of(const json& document, const std::string& path) {
  if (document.is_array()) return document;
  if (document.is_object() && document.contains("annotations") &&
      document["annotations"].is_array())
    return document["annotations"];
  throw UserError(fmt::format(
      "'{}' holds no list of annotations: COCO's JSON is a list, or an object with \"annotations\"",
      path));
}

}  // namespace

namespace {

constexpr size_t kSmallestPolygon = 6;  // coordinates: two points enclose nothing

/// Lists of x0 y0 x1 y1 ..., of which a single one may stand alone.
std::vector<std::vector<double>> polygons_of(const json& segmentation) {
  const bool is_flat = !segmentation.empty() && segmentation.front().is_number();
  std::vector<std::vector<double>> polygons;
  if (is_flat)
    polygons.push_back(segmentation.get<std::vector<double>>());
  else
    polygons = segmentation.get<std::vector<std::vector<double>>>();
  std::erase_if(polygons, [](const auto& polygon) { return polygon.size() < kSmallestPolygon; });
  return polygons;
}

}  // namespace

struct CocoParser {
  CocoMasks& masks;
  const std::map<std::string, std::string>& frames;
  const std::map<std::string, std::string> categories;
  bool has_images = false;

  /// "" where the list of images lacks it.
  std::string frame(const json& id) const {
    if (const auto known = frames.find(key_of(id)); known != frames.end()) return known->second;
    return has_images ? "" : frame_of_id(id);
  }

  CocoMasks::Entry entry(const json& annotation) const {
    CocoMasks::Entry entry;
    if (const auto score = annotation.find("score"); score != annotation.end())
      entry.score = score->is_number() ? score->get<double>() : -1;
    if (!(entry.score >= 0 && entry.score <= 1)) {
      entry.fault =
          fmt::format("has the score {}, it must lie within 0..1 (divide percents by 100)",
                      annotation.at("score").dump());
      return entry;
    }
    const auto category = categories.find(key_of(annotation.value("category_id", json())));
    if (category != categories.end()) entry.category = category->second;
    const json& segmentation = annotation.at("segmentation");
    if (segmentation.is_array()) {
      entry.polygons = polygons_of(segmentation);
      return entry;
    }
    entry.height = segmentation.at("size").at(0);
    entry.width = segmentation.at("size").at(1);
    const json& counts = segmentation.at("counts");
    if (counts.is_string())
      entry.text = counts;
    else
      entry.runs = counts.get<std::vector<std::int64_t>>();
    return entry;
  }

  void add(const json& annotation, size_t number) {
    std::string of;
    try {
      of = frame(annotation.at("image_id"));
    } catch (const json::exception&) {
      masks.faults_.push_back(fault(masks.path_, number, "lacks an \"image_id\"").what());
      return;
    }
    if (of.empty()) {
      masks.faults_.push_back(
          fault(masks.path_, number, "names an image that is not in \"images\"").what());
      return;
    }
    CocoMasks::Entry read;
    try {
      read = entry(annotation);
    } catch (const json::exception&) {
      read.fault = annotation.contains("segmentation")
                       ? "has a \"segmentation\" that is neither polygons (lists of x and y) nor "
                         "\"size\" and \"counts\""
                       : "lacks a \"segmentation\" (polygons, or \"size\" and \"counts\")";
    }
    read.number = number;
    masks.entries_[of].push_back(std::move(read));
  }
};

CocoMasks::CocoMasks(const std::string& path) : path_(path) {
  const json document = parse_file(path);
  const auto frames = frames_of_images(document, path, faults_);
  for (const auto& [id, frame] : frames) entries_[frame];
  CocoParser parser{*this,
                    frames,
                    names_of_categories(document),
                    document.is_object() && document.contains("images")};
  size_t number = 0;
  for (const json& annotation : annotations_of(document, path)) parser.add(annotation, number++);
}

void CocoMasks::require(const std::string& frame) const {
  if (has(frame) || (entries_.empty() && faults_.empty())) return;
  throw UserError(fmt::format(
      "'{}' has no masks of its own frame '{}', but of {}{}; an image's \"file_name\", or without "
      "a list "
      "of images its \"image_id\", must name the frame",
      path_,
      frame,
      frames_text(),
      faults_.empty() ? "" : fmt::format(" ({} left out: {})", faults_.size(), faults_.front())));
}

std::string CocoMasks::frames_text() const {
  std::vector<std::string> some;
  for (const auto& [frame, entries] : entries_) some.push_back(fmt::format("'{}'", frame));
  std::sort(some.begin(), some.end());
  constexpr size_t kShown = 3;
  const size_t all = some.size();
  some.resize(std::min(all, kShown));
  return all == 0
             ? "none"
             : join(some, ", ") + (all > kShown ? fmt::format(" and {} more", all - kShown) : "");
}

std::vector<CocoMask> CocoMasks::masks(const std::string& frame,
                                       int width,
                                       int height,
                                       double minimum_score) const {
  std::vector<CocoMask> result;
  const auto found = entries_.find(frame);
  if (found == entries_.end()) return result;
  for (const Entry& entry : found->second) {
    if (!entry.fault.empty())
      throw fault(path_, entry.number, fmt::format("of frame {} {}", frame, entry.fault));
    if (entry.score < minimum_score) continue;
    try {
      if (!entry.polygons.empty() || entry.width == 0) {
        result.push_back(
            {mask_of_polygons(entry.polygons, width, height), entry.category, entry.score});
        continue;
      }
      if (entry.width != width || entry.height != height)
        throw UserError(fmt::format(
            "is {}x{} pixels, its image {}x{}", entry.width, entry.height, width, height));
      const auto runs = entry.text.empty() ? entry.runs : runs_of_text(entry.text);
      result.push_back({mask_of_runs(runs, width, height), entry.category, entry.score});
    } catch (const UserError& error) {
      throw fault(path_, entry.number, fmt::format("of frame {}: {}", frame, error.what()));
    }
  }
  return result;
}

}  // namespace monodr
