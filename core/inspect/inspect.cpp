// SPDX-License-Identifier: Apache-2.0
#include "inspect/inspect.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/folder_files.h"
#include "base/lines.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/kitti_folder.h"
#include "data/manifest.h"
#include "inspect/inspect_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

// Folder of training/ and the extensions that are read from it.
const std::vector<std::pair<std::string, std::vector<std::string>>> kKinds = {
    {"image_2", {".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG"}},
    {"calib", {".txt"}},
    {"label_2", {".txt"}},
    {"detections_2", {".txt"}},
    {"depth_2", {".png", ".npz"}},
    {"velodyne", {".bin"}},
    {"velodyne_reduced", {".bin"}},
    {"disparity_2", {".png"}},
    {"instance_2", {".png"}},
    {"masks_2", {".png", ".json"}},
    {"planes", {".txt"}}};

// The frame a file belongs to; "" for what is of all frames or of none.
std::string frame_of(const fs::path& file, const std::string& kind) {
  std::string stem = file.stem().string();
  if (kind != "masks_2") return stem;
  if (file.filename() == "coco.json") return "";
  if (file.extension() == ".png") stem = stem.substr(0, stem.rfind('_'));
  return stem;
}

std::set<std::string> frames_with(const fs::path& folder,
                                  const std::string& kind,
                                  const std::vector<std::string>& extensions,
                                  std::vector<DataFault>& faults) {
  std::set<std::string> frames;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_system_file(entry.path())) continue;
    const std::string extension = entry.path().extension().string();
    if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end())
      frames.insert(frame_of(entry.path(), kind));
    else if (std::find(extensions.begin(), extensions.end(), lower_case(extension)) !=
             extensions.end())
      faults.push_back(
          {entry.path().string(), 0, "its ending is in capitals and is not read; rename it"});
  }
  frames.erase("");
  return frames;
}

bool is_needed(const std::string& kind) {
  return kind == "image_2" || kind == "calib";
}

// "000008 (1).txt", "classes.txt": what has neither picture nor calibration is no frame; unless none has.
void pass_over_strays(std::map<std::string, std::set<std::string>>& found,
                      std::set<std::string>& all,
                      Inspection& inspection) {
  std::set<std::string> frames = found["image_2"];
  frames.insert(found["calib"].begin(), found["calib"].end());
  if (frames.empty()) return;
  for (auto& [kind, names] : found) {
    std::vector<std::string> strays;
    std::set_difference(
        names.begin(), names.end(), frames.begin(), frames.end(), std::back_inserter(strays));
    if (strays.empty()) continue;
    for (const std::string& stray : strays) names.erase(stray);
    constexpr size_t kNamed = 5;
    const std::string first =
        join({strays.begin(), strays.begin() + std::min(kNamed, strays.size())}, ", ");
    inspection.notes.push_back(fmt::format(
        "passed over in {}, as no picture and no calibration has the name: {}{}",
        kind,
        first,
        strays.size() > kNamed ? fmt::format(" and {} more", strays.size() - kNamed) : ""));
  }
  all = std::move(frames);
}

void list_files(Inspection& inspection) {
  std::map<std::string, std::set<std::string>> found;
  std::set<std::string> all;
  for (const auto& [kind, extensions] : kKinds) {
    const fs::path folder = fs::path(inspection.root) / "training" / kind;
    if (!fs::is_directory(folder)) continue;
    found[kind] = frames_with(folder, kind, extensions, inspection.faults);
    all.insert(found[kind].begin(), found[kind].end());
  }
  pass_over_strays(found, all, inspection);
  inspection.frames.assign(all.begin(), all.end());
  for (const auto& [name, extensions] : kKinds) {
    if (found.count(name) == 0 && !is_needed(name)) continue;
    DataKind kind{name, found[name].size(), {}};
    std::set_difference(all.begin(),
                        all.end(),
                        found[name].begin(),
                        found[name].end(),
                        std::back_inserter(kind.missing));
    for (const std::string& frame : kind.missing)
      if (is_needed(name))
        inspection.faults.push_back(
            {(fs::path(inspection.root) / "training" / name / frame).string() + extensions.front(),
             0,
             "missing; the frame cannot be used without"});
    inspection.kinds.push_back(std::move(kind));
  }
}

void check_split(Inspection& inspection, const fs::path& path) {
  const std::string content = read_file(path.string());
  std::set<std::string> seen;
  const auto report = [&](int line, const std::string& message) {
    inspection.faults.push_back({path.string(), line, message});
  };
  for (const NumberedLine& line : numbered_lines(content, path.string())) {
    const std::string id(line.text);
    if (split_fields(line.text).size() != 1)
      report(line.number, fmt::format("'{}' is not a frame id; one id a line is expected", id));
    else if (!seen.insert(id).second)
      report(line.number, fmt::format("frame {} is named twice", id));
    else if (!std::binary_search(inspection.frames.begin(), inspection.frames.end(), id))
      report(line.number, fmt::format("frame {} is not there", id));
  }
  if (seen.empty()) report(0, "names no frame");
  inspection.splits[path.stem().string()] = seen.size();
}

void check_splits(Inspection& inspection) {
  const fs::path folder = fs::path(inspection.root) / "ImageSets";
  if (!fs::is_directory(folder)) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".txt" && !is_system_file(entry.path()))
      check_split(inspection, entry.path());
}

template <typename Map>
void add_to(Map& total, const Map& part) {
  for (const auto& [name, count] : part) total[name] += count;
}

/// Calls `look(i)` for each frame on several threads; it may change what it shares under the lock it is given.
void for_each_frame(size_t count,
                    int threads,
                    const std::function<void(double)>& progress,
                    const std::function<FrameFindings(size_t)>& look,
                    Inspection& inspection) {
  std::mutex mutex;
  size_t done = 0;
  FrameFindings all;
  parallel_for(count, threads, [&](size_t i) {
    const FrameFindings found = look(i);
    const std::lock_guard lock(mutex);
    all.matches.boxes += found.matches.boxes;
    all.matches.masks += found.matches.masks;
    all.matches.matched += found.matches.matched;
    all.labels_reach.add(found.labels_reach);
    all.detections_reach.add(found.detections_reach);
    all.notes.insert(all.notes.end(), found.notes.begin(), found.notes.end());
    if (all.depth.is_empty())
      all.depth = found.depth;
    else
      all.depth.add(found.depth);
    add_to(inspection.image_sizes, found.image_sizes);
    add_to(inspection.labels, found.labels);
    add_to(inspection.detections, found.detections);
    add_to(inspection.masks, found.masks);
    inspection.faults.insert(inspection.faults.end(), found.faults.begin(), found.faults.end());
    if (progress) progress(double(++done) / double(count));
  });
  judge_together(all, inspection);
  std::sort(inspection.faults.begin(),
            inspection.faults.end(),
            [](const DataFault& a, const DataFault& b) {
              return std::tie(a.file, a.line, a.message) < std::tie(b.file, b.line, b.message);
            });
}

void list_files(const std::vector<ManifestFrame>& frames, Inspection& inspection) {
  const auto add = [&](const std::string& name, auto has_file) {
    DataKind kind{name, 0, {}};
    for (const ManifestFrame& frame : frames)
      if (has_file(frame))
        ++kind.files;
      else
        kind.missing.push_back(frame.id);
    if (kind.files > 0) inspection.kinds.push_back(std::move(kind));
  };
  add("picture", [](const ManifestFrame& frame) { return !frame.picture.empty(); });
  add("masks", [](const ManifestFrame& frame) { return !frame.masks.empty(); });
  add("boxes", [](const ManifestFrame& frame) { return fs::exists(frame.boxes); });
  add("depth", [](const ManifestFrame& frame) { return !frame.depth.empty(); });
  add("lidar", [](const ManifestFrame& frame) { return !frame.lidar.empty(); });
  add("labels", [](const ManifestFrame& frame) { return !frame.labels.empty(); });
}

Inspection inspect_manifest(const std::string& path,
                            int threads,
                            const std::function<void(double)>& progress,
                            const std::string& category) {
  Inspection inspection;
  inspection.root = path;
  const std::vector<ManifestFrame> frames = read_manifest(path);
  for (const ManifestFrame& frame : frames) inspection.frames.push_back(frame.id);
  list_files(frames, inspection);
  const ManifestInspector inspector(path, category);
  for (const std::string& note : inspector.notes()) inspection.notes.push_back(note);
  for_each_frame(
      frames.size(),
      threads,
      progress,
      [&](size_t i) { return inspector.look_at(frames[i]); },
      inspection);
  return inspection;
}

}  // namespace

std::string DataFault::to_string() const {
  return SourceLocation{file, line}.to_string() + ": " + message;
}

Inspection inspect(const std::string& root,
                   int threads,
                   const std::function<void(double)>& progress,
                   const std::string& category) {
  if (fs::is_regular_file(root)) return inspect_manifest(root, threads, progress, category);
  Inspection inspection;
  inspection.root = root;
  if (!fs::is_directory(fs::path(root) / "training"))
    throw UserError(
        fmt::format("'{}' is not in KITTI's object layout: it has no folder training/; name the "
                    "folder that holds training/image_2, or a manifest of one's own pictures",
                    root));
  list_files(inspection);
  check_splits(inspection);
  const FileInspector inspector(root, category, inspection.faults);
  const std::vector<std::string> frames = inspection.frames;
  for_each_frame(
      frames.size(),
      threads,
      progress,
      [&](size_t i) { return inspector.look_at(frames[i]); },
      inspection);
  return inspection;
}

}  // namespace monodr
