// SPDX-License-Identifier: Apache-2.0
#include "settings/dataset.h"

namespace monodr {
namespace {

void check(const DatasetSettings& settings) {
  if (settings.frames_per_object > 1 && settings.source == DataSource::manifest)
    throw UserError(fmt::format(
        "'dataset.frames_per_object' is {}, but a manifest says nothing of tracks and camera "
        "poses; set it "
        "to 1, or dataset.source = \"kitti\" with a folder that 'runexp data convert' made",
        settings.frames_per_object));
  if (settings.is_synthetic() && settings.frames_per_object > settings.frames_per_sequence)
    throw UserError(
        fmt::format("'dataset.frames_per_object' is {}, but made-up sequences have {} frames; set "
                    "dataset.frames_per_sequence to as many or more",
                    settings.frames_per_object,
                    settings.frames_per_sequence));
  if (!settings.is_synthetic()) return;
  if (settings.masks == MaskKind::png || settings.masks == MaskKind::coco)
    throw UserError(fmt::format(
        "'dataset.masks' is \"{}\", but made-up scenes have none such; set it to auto, instance or "
        "grabcut, or dataset.source = \"kitti\"",
        name_of(settings.masks)));
  if (settings.depth == DepthKind::velodyne || settings.depth == DepthKind::disparity)
    throw UserError(
        fmt::format("'dataset.depth' is \"{}\", but made-up scenes have none such; set it to auto, "
                    "depth_2 or none, or dataset.source = \"kitti\"",
                    name_of(settings.depth)));
}

Binding<DatasetSettings> make_binding() {
  using S = DatasetSettings;
  const ReadWhen<S> kitti{[](const S& s) { return s.source == DataSource::kitti; },
                          {"source"},
                          "dataset.source = \"kitti\""};
  // A manifest says itself which files it has; a network is asked for by key there, too.
  const auto layout_or_network = [](bool (*is_network)(const S&)) {
    return ReadWhen<S>{
        [is_network](const S& s) { return s.source != DataSource::manifest || is_network(s); },
        {"source"},
        "it to \"network\" or dataset.source = \"kitti\""};
  };
  const ReadWhen<S> real{[](const S& s) { return !s.is_synthetic(); },
                         {"source"},
                         "dataset.source = \"kitti\" or \"manifest\""};
  const ReadWhen<S> made_up{
      [](const S& s) { return s.is_synthetic(); }, {"source"}, "dataset.source = \"synthetic\""};
  const ReadWhen<S> faulty{[](const S& s) { return s.adds_faults(); },
                           {"source", "faults"},
                           "dataset.faults = \"always\""};
  const std::string crop_pixels = "px of a 64 px crop";
  Binding<S> binding("dataset", "what is looked at");
  // A key is a line.
  // clang-format off
  binding
      .key("source", &S::source, "", "made-up scenes, a folder in KITTI's layout, or a manifest of one's own pictures")
      .key("root", &S::root, "", "folder that holds training/ (source = kitti), or the manifest's file (source = manifest)").when(real)
      .key("category", &S::category, "", "class of the objects: a file of experiments/categories without .toml, or the path of such a file; its values are the defaults of [category]")
      .key("split", &S::split, "", "ImageSets/<split>.txt; all = every image; val|all = the first of them that is there").when(kitti)
      .key("objects", &S::objects, "1", "frames are taken until they hold this many objects; 0 = all", 0)
      .key("on_error", &S::on_error, "", "what an unreadable frame does").when(real)
      .key("boxes", &S::boxes, "", "2-D boxes: detections_2, the labels', the first of them that is there, or those that [detector] finds").when({[](const S& s) { return s.source == DataSource::kitti || s.boxes == BoxSource::network; }, {"source"}, "it to \"network\" or dataset.source = \"kitti\""})
      .key("box_extent", &S::box_extent, "", "modal = the box around the visible mask; amodal = the box as given, its hidden sides count; auto = modal for labels with instance masks, else as given")
      .key("masks", &S::masks, "", "masks: instance_2 (16-bit ids), png (masks_2/F_N.png, one an object), coco (masks_2/F.json or masks_2/coco.json), grabcut, the first of them that is there, or network: those of [detector]").when(layout_or_network([](const S& s) { return s.masks == MaskKind::network; }))
      .key("missing_mask", &S::missing_mask, "", "an object without a mask of the detector: skip = it is left out, with a word; grabcut = one is cut from the picture").when({[](const S& s) { return s.masks == MaskKind::network; }, {"masks"}, "dataset.masks = \"network\""})
      .key("depth", &S::depth, "", "depth: depth_2, velodyne, disparity_2, none, the first of them that is there, or network: that of [depth_estimator]").when(layout_or_network([](const S& s) { return s.depth == DepthKind::network; }))
      .key("depth_unit", &S::depth_unit, "m", "metres of one unit of depth_2's PNG: 0.001 for millimetres; 0 = KITTI's 1/256, and depth that is far from what the height of the boxes says is an error", 0, 1000).when(kitti)
      .key("depth_invalid", &S::depth_invalid, "1", "value of depth_2's PNG that means no depth, beside 0 and 65535", 0, 65535).when(kitti)
      .key("minimum_score", &S::minimum_score, "1", "detections below this score are left out", 0, 1).when(real)
      .key("minimum_height", &S::minimum_height, "px", "objects with a lower 2-D box are left out; 0 = below 25 px where boxes are labels, as KITTI counts, and below 20 px where they are a detector's, which are a few pixels off", 0, 1e4)
      .key("frames_per_object", &S::frames_per_object, "1", "frames of a sequence in which an object is fitted as one, with one size, shape, paint and motion; needs tracks and camera poses (runexp data convert); 1 = each frame for itself", 1, 100)
      .key("frames_per_sequence", &S::frames_per_sequence, "1", "frames of a made-up sequence, 0.1 s apart, of a moving camera; 1 = single pictures", 1, 100).when(made_up)
      .key("sequence_motion", &S::sequence_motion, "", "what the cars of made-up sequences do: mixed = parked, driving straight and turning, a third each").when({[](const S& s) { return s.is_synthetic() && s.frames_per_sequence > 1; }, {"source", "frames_per_sequence"}, "dataset.frames_per_sequence above 1"})
      .key("scene_seed", &S::scene_seed, "1", "seed of the synthetic scenes (the sweep's seed drives the faults)", 0).when(made_up)
      .key("faults", &S::faults_in, "", "where the faults below are put in: into made-up data only (else it is perfect), always, never")
      .key("mask_erosion", [](S& s) -> auto& { return s.faults.mask.erosion; }, crop_pixels, "fault: by how much the masks' borders move inwards", 0, 20).when(faulty)
      .key("mask_dilation", [](S& s) -> auto& { return s.faults.mask.dilation; }, crop_pixels, "fault: by how much the masks' borders move outwards (with mask_erosion: the difference)", 0, 20).when(faulty)
      .key("mask_raggedness", [](S& s) -> auto& { return s.faults.mask.raggedness; }, crop_pixels, "fault: standard deviation of a smooth random displacement of the masks' borders", 0, 20).when(faulty)
      .key("mask_cut", [](S& s) -> auto& { return s.faults.mask.cut; }, "1", "fault: share of the mask that an occluder from the left, the right or below takes away", 0, 0.95).when(faulty)
      .key("mask_cut_chance", [](S& s) -> auto& { return s.faults.mask.cut_chance; }, "1", "fault: share of the objects that have that occluder", 0, 1).when(faulty)
      .key("mask_cut_known", [](S& s) -> auto& { return s.faults.mask.cut_known; }, "", "whether that occluder is known of: its pixels are unknown; false = they pass for background").when(faulty)
      .key("depth_scale", [](S& s) -> auto& { return s.faults.depth.scale; }, "1", "fault: factor of all depths", 0.1, 10).when(faulty)
      .key("depth_noise", [](S& s) -> auto& { return s.faults.depth.noise; }, "1", "fault: relative standard deviation of a depth, all in all; 0.11 with the default bleeding is an AbsRel of 10 %", 0, 1).when(faulty)
      .key("depth_bias", [](S& s) -> auto& { return s.faults.depth.bias; }, "1", "fault: standard deviation of the part of depth_noise that one object shares (at most depth_noise)", 0, 1).when(faulty)
      .key("depth_bias_kept", [](S& s) -> auto& { return s.faults.depth.bias_kept; }, "1", "fault: share of the variance of depth_bias that a track keeps from frame to frame; the rest is drawn anew in each; matters in sequences alone", 0, 1).when(faulty)
      .key("depth_nodes", [](S& s) -> auto& { return s.faults.depth.nodes; }, "1", "fault: the other part of depth_noise is a smooth field with so many nodes a side of the crop; 5 = as large as the object, 32 = two pixels of 64", 2, 128).when(faulty)
      .key("depth_noise_metres", [](S& s) -> auto& { return s.faults.depth.noise_metres; }, "m", "fault: standard deviation of an error that each pixel has for itself; LiDAR: 0.02", 0, 10).when(faulty)
      .key("depth_bleeding", [](S& s) -> auto& { return s.faults.depth.bleeding; }, crop_pixels, "fault: how far depth runs across the object's border into a background 1.6 times as far", 0, 20).when(faulty)
      .key("depth_row_step", [](S& s) -> auto& { return s.faults.depth.row_step; }, "px of the image", "fault: only one image row in so many has depth; 5 = as KITTI's LiDAR", 1, 100).when(faulty)
      .key("box_jitter", [](S& s) -> auto& { return s.faults.box_jitter; }, "1", "fault: standard deviation of each side of the 2-D boxes, as a share of the box", 0, 0.5).when(faulty);
  // clang-format on
  binding.rule(check);
  return binding;
}

}  // namespace

const Binding<DatasetSettings>& dataset_binding() {
  static const Binding<DatasetSettings> binding = make_binding();
  return binding;
}

}  // namespace monodr
