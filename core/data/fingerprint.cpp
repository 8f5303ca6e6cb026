// SPDX-License-Identifier: Apache-2.0
#include "data/fingerprint.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/fields.h"
#include "data/kitti_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

/// Hashes of files by "path size mtime".
class HashCache {
 public:
  explicit HashCache(const std::string& file) : file_(file) {
    if (file_.empty() || !fs::exists(file_)) return;
    const std::string content = read_file(file_);
    for (const NumberedLine& line : numbered_lines(content)) {
      // "hash size mtime path"; the path comes last because it may hold blanks.
      const size_t space = line.text.find(' ');
      if (space == kHashLength)
        hashes_.emplace(line.text.substr(space + 1), line.text.substr(0, space));
    }
  }

  std::string hash_of(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
      throw UserError(fmt::format("cannot read '{}': {}", path.string(), std::strerror(errno)));
    const std::string key = fmt::format("{} {}.{:09} {}",
                                        status.st_size,
                                        status.st_mtim.tv_sec,
                                        status.st_mtim.tv_nsec,
                                        fs::canonical(path).string());
    const auto known = hashes_.find(key);
    if (known != hashes_.end()) return known->second;
    const std::string hash = sha256_of_file(path.string());
    hashes_.emplace(key, hash);
    is_changed_ = true;
    return hash;
  }

  void save() const {
    if (file_.empty() || !is_changed_) return;
    std::string content;
    for (const auto& [key, hash] : hashes_) content += fmt::format("{} {}\n", hash, key);
    const fs::path parent = fs::path(file_).parent_path();
    if (!parent.empty()) fs::create_directories(parent);
    write_file_atomically(file_, content);
  }

 private:
  static constexpr size_t kHashLength = 64;

  std::string file_;
  std::map<std::string, std::string> hashes_;
  bool is_changed_ = false;
};

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
  if (boxes != BoxSource::labels) folders.push_back("detections_2");
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
      if (is_of(entry.path(), wanted) && entry.is_regular_file())
        paths.insert("training/" + kind + "/" + entry.path().filename().string());
  }

  HashCache cache(cache_file);
  // The frames in their order: it decides which of them `dataset.objects` takes.
  std::string text = join(frames, "\n") + "\n";
  for (const std::string& path : paths)
    text += fmt::format("{} {}\n", cache.hash_of(fs::path(root) / path), path);
  cache.save();
  return sha256(text);
}

}  // namespace monodr
