// SPDX-License-Identifier: Apache-2.0
#include "evidence/mask_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/folder_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr double kMatchOverlap = 0.5;

void check_size(const std::string& path, int mask_width, int mask_height, int width, int height) {
  if (mask_width == width && mask_height == height) return;
  throw UserError(
      fmt::format("'{}' is {}x{} pixels, its image {}x{}; masks must be of the "
                  "image's size",
                  path,
                  mask_width,
                  mask_height,
                  width,
                  height));
}

UserError missing(MaskKind choice, const std::string& path) {
  return UserError(fmt::format(
      "dataset.masks = \"{}\", but there is no '{}'; add it, or set dataset.masks = \"auto\"",
      name_of(choice),
      path));
}

std::map<std::string, std::vector<std::string>> list_pngs(const KittiFolder& folder) {
  std::map<std::string, std::vector<std::string>> files;
  if (!folder.has("masks_2")) return files;
  for (const auto& entry : fs::directory_iterator(fs::path(folder.root()) / "training/masks_2")) {
    if (is_system_file(entry.path())) continue;
    const std::string stem = entry.path().stem().string();
    const size_t bar = stem.rfind('_');
    if (entry.path().extension() == ".png" && bar != std::string::npos)
      files[stem.substr(0, bar)].push_back(entry.path().string());
  }
  for (auto& [frame, paths] : files) std::sort(paths.begin(), paths.end());
  return files;
}

std::vector<Instance> as_instances(std::vector<BinaryMask> masks) {
  std::vector<Instance> instances;
  for (BinaryMask& mask : masks) {
    Instance instance;
    instance.box = box_around(mask);
    instance.mask = std::move(mask);
    if (instance.box.area() > 0) instances.push_back(std::move(instance));
  }
  return instances;
}

}  // namespace

MaskSource::MaskSource(const KittiFolder& folder, MaskKind choice)
    : folder_(folder), choice_(choice) {
  const bool automatic = choice == MaskKind::automatic;
  if (automatic || choice == MaskKind::png) pngs_ = list_pngs(folder);
  const std::string coco = folder.path("masks_2", "coco", "json");
  if ((automatic || choice == MaskKind::coco) && fs::exists(coco))
    coco_ = std::make_shared<const CocoMasks>(coco);
}

std::vector<std::string> MaskSource::faults() const {
  return coco_ ? coco_->faults() : std::vector<std::string>{};
}

std::string MaskSource::stray_pngs(const std::vector<std::string>& frames) const {
  if (pngs_.empty() || std::any_of(frames.begin(), frames.end(), [&](const std::string& frame) {
        return pngs_.count(frame) > 0;
      }))
    return "";
  return fmt::format(
      "'{}' holds masks of {} frames, as '{}', but of none of these {}, as '{}'; a mask is named "
      "by its frame, F_N.png",
      (fs::path(folder_.root()) / "training/masks_2").string(),
      pngs_.size(),
      fs::path(pngs_.begin()->second.front()).filename().string(),
      frames.size(),
      frames.empty() ? "" : frames.front());
}

void MaskSource::require_any(const std::vector<std::string>& frames) const {
  if (!coco_) return;
  for (const std::string& frame : frames)
    if (coco_->has(frame) || folder_.find("masks_2", frame, {"json"}) || pngs_.count(frame) > 0 ||
        (choice_ == MaskKind::automatic && folder_.find("instance_2", frame, {"png"})))
      return;
  throw UserError(
      fmt::format("'{}' has masks of none of the {} frames, not even of '{}'; it has {}. An "
                  "image's \"file_name\", or "
                  "without a list of images its \"image_id\", must name the frame",
                  coco_->path(),
                  frames.size(),
                  frames.empty() ? "" : frames.front(),
                  coco_->frames_text()));
}

std::optional<std::vector<Instance>> MaskSource::read(const std::string& frame,
                                                      int width,
                                                      int height,
                                                      const DepthMap& depth,
                                                      double minimum_score) const {
  const bool automatic = choice_ == MaskKind::automatic;
  std::optional<std::vector<Instance>> instances;
  if (automatic || choice_ == MaskKind::instance) {
    if (const auto path = folder_.find("instance_2", frame, {"png"})) {
      const Plane<std::uint16_t> ids = load_plane16(*path);
      check_size(*path, ids.width, ids.height, width, height);
      instances = instances_of_ids(ids);
    } else if (!automatic) {
      throw missing(choice_, folder_.path("instance_2", frame, "png"));
    }
  }
  if (!instances && (automatic || choice_ == MaskKind::png))
    if (auto masks = read_pngs(frame, width, height)) instances = as_instances(std::move(*masks));
  if (!instances && (automatic || choice_ == MaskKind::coco))
    if (auto masks = read_coco(frame, width, height, minimum_score))
      instances = as_instances(std::move(*masks));
  if (instances && !depth.empty())
    for (Instance& instance : *instances) instance.depth = depth_under(depth, instance.mask);
  return instances;
}

std::optional<std::vector<BinaryMask>> MaskSource::read_pngs(const std::string& frame,
                                                             int width,
                                                             int height) const {
  const auto files = pngs_.find(frame);
  if (files == pngs_.end()) {
    if (choice_ == MaskKind::automatic) return std::nullopt;
    if (pngs_.empty()) throw missing(choice_, folder_.path("masks_2", frame + "_0", "png"));
    return std::vector<BinaryMask>{};  // a frame without objects has no file
  }
  std::vector<BinaryMask> masks;
  for (const std::string& path : files->second) {
    const Plane<std::uint16_t> picture = load_plane16(path);
    check_size(path, picture.width, picture.height, width, height);
    BinaryMask& mask = masks.emplace_back(width, height);
    std::transform(
        picture.values.begin(), picture.values.end(), mask.values.begin(), [](std::uint16_t value) {
          return std::uint8_t(value != 0);
        });
  }
  return masks;
}

std::optional<std::vector<BinaryMask>> MaskSource::read_coco(const std::string& frame,
                                                             int width,
                                                             int height,
                                                             double minimum_score) const {
  const auto masks_in = [&](const CocoMasks& file) {
    std::vector<BinaryMask> masks;
    for (CocoMask& found : file.masks(frame, width, height, minimum_score))
      masks.push_back(std::move(found.mask));
    return masks;
  };
  if (const auto path = folder_.find("masks_2", frame, {"json"})) {
    const CocoMasks own(*path);
    own.require(frame);
    return masks_in(own);
  }
  if (coco_) return masks_in(*coco_);
  if (choice_ == MaskKind::automatic) return std::nullopt;
  throw missing(choice_, folder_.path("masks_2", frame, "json"));
}

namespace {

constexpr int kNoObject = 65535;  // made-up scenes: what hides objects and has no label
constexpr int kMotsIgnore = 10000;
constexpr int kFirstThing = 24;  // of Cityscapes' classes: those below have no instances
constexpr int kLastThing = 33;

/// What ids are made of: class x base + number. 0 = they are the label file's lines.
int base_of(const std::map<int, Instance>& found) {
  constexpr int kCityscapes = 1000, kKittiSemantics = 256;
  bool are_large = false, has_thing = false, fits_256 = true;
  for (const auto& [id, instance] : found) {
    if (id == kNoObject) continue;
    are_large |= id >= kCityscapes;
    const int of_256 = id / kKittiSemantics;
    const bool is_thing = of_256 >= kFirstThing && of_256 <= kLastThing;
    has_thing |= is_thing;
    fits_256 &= is_thing || (of_256 < kFirstThing && id % kKittiSemantics == 0);
  }
  if (has_thing && fits_256) return kKittiSemantics;
  return are_large ? kCityscapes : 0;
}

/// Of KITTI MOTS (1, 2) and of Cityscapes.
std::string category_of_class(int number) {
  static const std::map<int, std::string> names = {{1, "Car"},
                                                   {2, "Pedestrian"},
                                                   {24, "Pedestrian"},
                                                   {25, "Cyclist"},
                                                   {26, "Car"},
                                                   {27, "Truck"},
                                                   {28, "Bus"},
                                                   {31, "Train"},
                                                   {32, "Motorcycle"},
                                                   {33, "Bicycle"}};
  const auto found = names.find(number);
  return found == names.end() ? "" : found->second;
}

/// Cityscapes' road and sky, which hide nothing.
bool is_surface(int id, int base) {
  constexpr int kByThousand = 1000;
  return base == kByThousand ? id < base : base > 0 && id / base < kFirstThing;
}

}  // namespace

std::vector<Instance> instances_of_ids(const Plane<std::uint16_t>& ids) {
  std::map<int, Instance> found;
  for (int y = 0; y < ids.height; ++y)
    for (int x = 0; x < ids.width; ++x) {
      const int id = ids.at(x, y);
      if (id == 0) continue;
      const auto [entry, is_new] = found.try_emplace(id);
      if (is_new) entry->second.mask = BinaryMask(ids.width, ids.height);
      entry->second.mask.at(x, y) = 1;
    }
  const int base = base_of(found);
  std::vector<Instance> instances;
  for (auto& [id, instance] : found) {
    if (id != kNoObject && is_surface(id, base)) continue;
    instance.number = base > 0 ? -1 : id - 1;
    instance.is_object = id != kNoObject && !(base > 0 && id == kMotsIgnore);
    if (base > 0 && instance.is_object) instance.category = category_of_class(id / base);
    instance.box = box_around(instance.mask);
    instances.push_back(std::move(instance));
  }
  return instances;
}

std::vector<int> match_instances(const std::vector<Box2d>& boxes,
                                 const std::vector<Instance>& instances) {
  std::vector<std::tuple<double, int, int>> pairs;  // -overlap: the largest first, ties by order
  for (int b = 0; b < int(boxes.size()); ++b)
    for (int i = 0; i < int(instances.size()); ++i) {
      if (!instances[size_t(i)].is_object) continue;
      const double overlap = intersection_over_union(boxes[size_t(b)], instances[size_t(i)].box);
      if (overlap > kMatchOverlap) pairs.emplace_back(-overlap, b, i);
    }
  std::sort(pairs.begin(), pairs.end());
  std::vector<int> match(boxes.size(), -1);
  std::vector<bool> taken(instances.size(), false);
  for (const auto& [overlap, b, i] : pairs) {
    if (match[size_t(b)] >= 0 || taken[size_t(i)]) continue;
    match[size_t(b)] = i;
    taken[size_t(i)] = true;
  }
  return match;
}

Box2d box_around(const BinaryMask& mask) {
  int left = mask.width, top = mask.height, right = 0, bottom = 0;
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x) {
      if (!mask.at(x, y)) continue;
      left = std::min(left, x);
      top = std::min(top, y);
      right = std::max(right, x + 1);
      bottom = std::max(bottom, y + 1);
    }
  if (right == 0) return {};
  return {double(left), double(top), double(right), double(bottom)};
}

double depth_under(const DepthMap& depth, const BinaryMask& mask) {
  std::vector<double> values;
  for (size_t i = 0; i < mask.values.size(); ++i)
    if (mask.values[i] && depth.metres.values[i] > 0) values.push_back(depth.metres.values[i]);
  return typical_depth(std::move(values), depth.is_sparse);
}

}  // namespace monodr
