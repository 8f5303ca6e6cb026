// SPDX-License-Identifier: Apache-2.0
#include "data/fingerprint.h"

#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/folder_files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/hash_cache.h"
#include "data/kitti_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

// F.ext, masks_2/F_N.png and masks_2/coco.json, the one file that is of all frames.
bool is_of(const fs::path& path, const std::set<std::string>& frames) {
  const std::string stem = path.stem().string();
  if (frames.count(stem) > 0) return true;
  if (path.parent_path().filename() != "masks_2") return false;
  return path.filename() == "coco.json" || frames.count(stem.substr(0, stem.rfind('_'))) > 0;
}

}  // namespace

std::vector<std::string> folders_used(BoxSource boxes, MaskKind masks, DepthKind depth) {
  const auto masks_from = [&](MaskKind kind) {
    return masks == MaskKind::automatic || masks == kind;
  };
  const auto depth_from = [&](DepthKind kind) {
    return depth == DepthKind::automatic || depth == kind;
  };
  std::vector<std::string> folders = {"image_2", "calib", "label_2"};
  if (boxes != BoxSource::labels && boxes != BoxSource::network) folders.push_back("detections_2");
  if (masks_from(MaskKind::instance)) folders.push_back("instance_2");
  if (masks_from(MaskKind::png) || masks_from(MaskKind::coco)) folders.push_back("masks_2");
  if (depth_from(DepthKind::depth_2)) folders.push_back("depth_2");
  if (depth_from(DepthKind::velodyne)) {
    folders.push_back("velodyne_reduced");
    folders.push_back("velodyne");
  }
  if (depth_from(DepthKind::disparity)) folders.push_back("disparity_2");
  return folders;
}

std::string dataset_fingerprint(const std::string& root,
                                const std::string& split,
                                const std::vector<std::string>& folders,
                                const std::string& cache_file) {
  const KittiFolder folder(root);
  const std::vector<std::string> frames = folder.frames(split);
  const std::set<std::string> wanted(frames.begin(), frames.end());

  std::set<std::string> paths;
  for (const std::string& kind : folders) {
    if (!folder.has(kind)) continue;
    for (const auto& entry : fs::directory_iterator(fs::path(root) / "training" / kind))
      if (!is_system_file(entry.path()) && is_of(entry.path(), wanted) && entry.is_regular_file())
        paths.insert("training/" + kind + "/" + entry.path().filename().string());
  }

  HashCache cache(cache_file);
  // The frames in their order: it decides which of them `dataset.objects` takes.
  std::string text = join(frames, "\n") + "\n";
  for (const std::string& path : paths)
    text += fmt::format("{} {}\n", cache.hash_of((fs::path(root) / path).string()), path);
  cache.save();
  return sha256(text);
}

}  // namespace monodr
