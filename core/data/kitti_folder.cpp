// SPDX-License-Identifier: Apache-2.0
#include "data/kitti_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/folder_files.h"
#include "base/lines.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

// Cameras write capitals.
const std::vector<std::string> kImageExtensions = {"png", "jpg", "jpeg", "PNG", "JPG", "JPEG"};

std::vector<std::string> stems(const fs::path& folder, const std::vector<std::string>& extensions) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_system_file(entry.path())) continue;
    const std::string extension = entry.path().extension().string();
    for (const std::string& wanted : extensions)
      if (extension == "." + wanted) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

KittiFolder::KittiFolder(const std::string& root) : root_(root) {
  if (root.empty())
    throw UserError("dataset.root is empty; set it to the folder that holds training/image_2");
  if (!fs::is_directory(root))
    throw UserError(
        fmt::format("dataset.root '{}' is not a folder; set it to the one that holds "
                    "training/image_2",
                    root));
  if (!has("image_2"))
    throw UserError(
        fmt::format("'{}' is not in KITTI's object layout: it has no training/image_2; "
                    "set dataset.root to the folder that holds training/",
                    root));
}

std::vector<std::string> KittiFolder::frames(const std::string& split) const {
  if (const size_t bar = split.find('|'); bar != std::string::npos) {
    const std::string first = split.substr(0, bar);
    const bool is_there =
        first == "all" || fs::exists(fs::path(root_) / "ImageSets" / (first + ".txt"));
    return frames(is_there ? first : split.substr(bar + 1));
  }
  if (split == "all") {
    const auto names = stems(fs::path(root_) / "training" / "image_2", kImageExtensions);
    if (names.empty())
      throw UserError(fmt::format("'{}/training/image_2' holds no PNG or JPEG file", root_));
    return names;
  }
  const fs::path path = fs::path(root_) / "ImageSets" / (split + ".txt");
  if (!fs::exists(path)) {
    std::vector<std::string> splits = stems(path.parent_path(), {"txt"});
    splits.push_back("all");
    throw UserError(fmt::format("dataset.split '{}': no file '{}'; there are: {}{}",
                                split,
                                path.string(),
                                join(splits, ", "),
                                did_you_mean(split, splits)));
  }
  const std::string content = read_file(path);
  std::vector<std::string> names;
  for (const NumberedLine& line : numbered_lines(content, path.string())) {
    if (split_fields(line.text).size() != 1)
      throw UserError({path.string(), line.number},
                      fmt::format("'{}' is not a frame id; one id a line is expected", line.text));
    names.emplace_back(line.text);
  }
  if (names.empty()) throw UserError(fmt::format("'{}' names no frame", path.string()));
  return names;
}

bool KittiFolder::has(const std::string& kind) const {
  return fs::is_directory(fs::path(root_) / "training" / kind);
}

std::string KittiFolder::path(const std::string& kind,
                              const std::string& frame,
                              const std::string& extension) const {
  return (fs::path(root_) / "training" / kind / (frame + "." + extension)).string();
}

std::optional<std::string> KittiFolder::find(const std::string& kind,
                                             const std::string& frame,
                                             const std::vector<std::string>& extensions) const {
  for (const std::string& extension : extensions) {
    const std::string candidate = path(kind, frame, extension);
    if (fs::exists(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string KittiFolder::image(const std::string& frame) const {
  if (const auto found = find("image_2", frame, kImageExtensions)) return *found;
  throw UserError(fmt::format("no image '{}' (or .jpg): add it, or take frame {} out of the split",
                              path("image_2", frame, "png"),
                              frame));
}

}  // namespace monodr
