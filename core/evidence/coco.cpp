// SPDX-License-Identifier: Apache-2.0
#include "evidence/coco.h"

#include <algorithm>
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

// image_id as JSON text -> frame.
std::map<std::string, std::string> frames_of_images(const json& document, const std::string& path) {
  std::map<std::string, std::string> frames;
  const auto images = document.find("images");
  if (!document.is_object() || images == document.end()) return frames;
  for (const json& image : *images) {
    if (!image.is_object() || !image.contains("id") || !image.contains("file_name") ||
        !image["file_name"].is_string())
      throw UserError(
          fmt::format("'{}': an entry of \"images\" lacks \"id\" or \"file_name\"", path));
    std::string file = image["file_name"];
    std::replace(file.begin(), file.end(), '\\', '/');  // written on Windows
    frames[image["id"].dump()] = std::filesystem::path(file).stem().string();
  }
  return frames;
}

// category_id as JSON text -> name.
std::map<std::string, std::string> names_of_categories(const json& document) {
  std::map<std::string, std::string> names;
  if (!document.is_object() || !document.contains("categories")) return names;
  for (const json& category : document["categories"])
    if (category.is_object() && category.contains("id") &&
        category.value("name", json()).is_string())
      names[category["id"].dump()] = category["name"];
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

struct CocoParser {
  CocoMasks& masks;
  const std::map<std::string, std::string>& frames;
  const std::map<std::string, std::string> categories;

  std::string frame(const json& annotation) const {
    const json& id = annotation.at("image_id");
    if (const auto known = frames.find(id.dump()); known != frames.end()) return known->second;
    if (!frames.empty()) throw std::out_of_range("names an image that is not in \"images\"");
    return frame_of_id(id);
  }

  void add(const json& annotation, size_t number) {
    CocoMasks::Entry entry;
    entry.number = number;
    entry.score = annotation.value("score", 1.0);
    const auto category = categories.find(annotation.value("category_id", json()).dump());
    if (category != categories.end()) entry.category = category->second;
    const json& segmentation = annotation.at("segmentation");
    if (segmentation.is_array()) {
      entry.polygons = segmentation.get<std::vector<std::vector<double>>>();
    } else {
      entry.height = segmentation.at("size").at(0);
      entry.width = segmentation.at("size").at(1);
      const json& counts = segmentation.at("counts");
      if (counts.is_string())
        entry.text = counts;
      else
        entry.runs = counts.get<std::vector<std::int64_t>>();
    }
    masks.entries_[frame(annotation)].push_back(std::move(entry));
  }
};

CocoMasks::CocoMasks(const std::string& path) : path_(path) {
  const json document = parse_file(path);
  const auto frames = frames_of_images(document, path);
  for (const auto& [id, frame] : frames) entries_[frame];
  CocoParser parser{*this, frames, names_of_categories(document)};
  size_t number = 0;
  for (const json& annotation : annotations_of(document, path)) {
    try {
      parser.add(annotation, number);
    } catch (const json::exception&) {
      throw fault(
          path,
          number,
          "lacks \"image_id\" or a \"segmentation\" (polygons, or \"size\" and \"counts\")");
    } catch (const std::out_of_range& error) {
      throw fault(path, number, error.what());
    }
    ++number;
  }
}

std::vector<CocoMask> CocoMasks::masks(const std::string& frame,
                                       int width,
                                       int height,
                                       double minimum_score) const {
  std::vector<CocoMask> result;
  const auto found = entries_.find(frame);
  if (found == entries_.end()) return result;
  for (const Entry& entry : found->second) {
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
