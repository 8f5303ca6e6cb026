// SPDX-License-Identifier: Apache-2.0
#include "settings/dataset.h"

#include <map>

namespace monodr {
namespace {

Binding<DatasetSettings> make_binding() {
  using S = DatasetSettings;
  const std::string crop_pixels = "px of a 64 px crop";
  Binding<S> binding("dataset", "what is looked at");
  binding
      .key("source", &S::source, "", "made-up scenes, a folder in KITTI's layout, or a manifest of one's own pictures")
      .key("root", &S::root, "", "folder that holds training/ (source = kitti), or the manifest's file (source = manifest)")
      .key("category", &S::category, "", "class of the objects: a file of experiments/categories without .toml, or the path of such a file; its values are the defaults of [category]")
      .key("split", &S::split, "", "ImageSets/<split>.txt; all = every image; val|all = the first of them that is there")
      .key("objects", &S::objects, "1", "frames are taken until they hold this many objects; 0 = all", 0)
      .key("on_error", &S::on_error, "", "what an unreadable frame does")
      .key("boxes", &S::boxes, "", "2-D boxes: detections_2, the labels', or the first of them that is there")
      .key("box_extent", &S::box_extent, "", "modal = the box around the visible mask; amodal = the box as given, its hidden sides count; auto = modal for labels with instance masks, else as given")
      .key("masks", &S::masks, "", "masks: instance_2 (16-bit ids), png (masks_2/F_N.png, one an object), coco (masks_2/F.json or masks_2/coco.json), grabcut, or the first of them that is there")
      .key("depth", &S::depth, "", "depth: depth_2, velodyne, disparity_2, none, or the first of them that is there")
      .key("minimum_score", &S::minimum_score, "1", "detections below this score are left out", 0, 1)
      .key("minimum_height", &S::minimum_height, "px", "objects with a lower 2-D box are left out", 1, 1e4)
      .key("scene_seed", &S::scene_seed, "1", "seed of the synthetic scenes (the sweep's seed drives the faults)", 0)
      .key("faults", &S::faults_in, "", "where the faults below are put in: into made-up data only (else it is perfect), always, never")
      .key("mask_erosion", [](S& s) -> auto& { return s.faults.mask.erosion; }, crop_pixels, "fault: by how much the masks' borders move inwards", 0, 20)
      .key("mask_dilation", [](S& s) -> auto& { return s.faults.mask.dilation; }, crop_pixels, "fault: by how much the masks' borders move outwards (with mask_erosion: the difference)", 0, 20)
      .key("mask_raggedness", [](S& s) -> auto& { return s.faults.mask.raggedness; }, crop_pixels, "fault: standard deviation of a smooth random displacement of the masks' borders", 0, 20)
      .key("mask_cut", [](S& s) -> auto& { return s.faults.mask.cut; }, "1", "fault: share of the mask that an occluder from the left, the right or below takes away", 0, 0.95)
      .key("mask_cut_chance", [](S& s) -> auto& { return s.faults.mask.cut_chance; }, "1", "fault: share of the objects that have that occluder", 0, 1)
      .key("mask_cut_known", [](S& s) -> auto& { return s.faults.mask.cut_known; }, "", "whether that occluder is known of: its pixels are unknown; false = they pass for background")
      .key("depth_scale", [](S& s) -> auto& { return s.faults.depth.scale; }, "1", "fault: factor of all depths", 0.1, 10)
      .key("depth_noise", [](S& s) -> auto& { return s.faults.depth.noise; }, "1", "fault: relative standard deviation of a depth, all in all; 0.11 with the default bleeding is an AbsRel of 10 %", 0, 1)
      .key("depth_bias", [](S& s) -> auto& { return s.faults.depth.bias; }, "1", "fault: standard deviation of the part of depth_noise that one object shares (at most depth_noise)", 0, 1)
      .key("depth_nodes", [](S& s) -> auto& { return s.faults.depth.nodes; }, "1", "fault: the other part of depth_noise is a smooth field with so many nodes a side of the crop; 5 = as large as the object, 32 = two pixels of 64", 2, 128)
      .key("depth_noise_metres", [](S& s) -> auto& { return s.faults.depth.noise_metres; }, "m", "fault: standard deviation of an error that each pixel has for itself; LiDAR: 0.02", 0, 10)
      .key("depth_bleeding", [](S& s) -> auto& { return s.faults.depth.bleeding; }, crop_pixels, "fault: how far depth runs across the object's border into a background 1.6 times as far", 0, 20)
      .key("depth_row_step", [](S& s) -> auto& { return s.faults.depth.row_step; }, "px of the image", "fault: only one image row in so many has depth; 5 = as KITTI's LiDAR", 1, 100)
      .key("box_jitter", [](S& s) -> auto& { return s.faults.box_jitter; }, "1", "fault: standard deviation of each side of the 2-D boxes, as a share of the box", 0, 0.5);
  return binding;
}

}  // namespace

const Binding<DatasetSettings>& dataset_binding() {
  static const Binding<DatasetSettings> binding = make_binding();
  return binding;
}

bool reads_key(DataSource source, const std::string& key) {
  using enum DataSource;
  static const std::map<std::string, std::vector<DataSource>> readers = {
      {"root", {kitti, manifest}},     {"split", {kitti}},    {"boxes", {kitti}},
      {"masks", {kitti}},              {"depth", {kitti}},    {"on_error", {kitti, manifest}},
      {"scene_seed", {synthetic}}};
  const auto found = readers.find(key);
  if (found == readers.end()) return true;
  for (const DataSource reader : found->second)
    if (reader == source) return true;
  return false;
}

}  // namespace monodr
