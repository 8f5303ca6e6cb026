// SPDX-License-Identifier: Apache-2.0
#include "experiment/sections.h"

namespace monodr {
namespace {

using Strings = std::vector<std::string>;

Parameter choice(const std::string& name,
                 const std::string& default_value,
                 const std::string& meaning,
                 const Strings& choices) {
  Parameter parameter{name, default_value, "", meaning};
  parameter.choices = choices;
  return parameter;
}

ParameterSchema dataset_parameters() {
  return {
      choice("source",
             "synthetic",
             "made-up scenes, or a folder in KITTI's layout",
             {"synthetic", "kitti"}),
      {"root", std::string(), "", "folder that holds training/ (source = kitti)"},
      {"split",
       std::string("all"),
       "",
       "ImageSets/<split>.txt; all = every image; val|all = the first of them that is there"},
      {"objects",
       std::int64_t{64},
       "1",
       "frames are taken until they hold this many objects; 0 = all",
       0},
      choice("on_error", "fail", "what an unreadable frame does", {"fail", "skip"}),
      choice("boxes",
             "auto",
             "2-D boxes: detections_2, the labels', or the first of them "
             "that is there",
             {"auto", "detections", "labels"}),
      choice("box_extent",
             "auto",
             "modal = the box around the visible mask; amodal = the box as given, its hidden sides "
             "count; auto = modal for labels with instance masks, else as given",
             {"auto", "modal", "amodal"}),
      choice("masks",
             "auto",
             "masks: instance_2 (16-bit ids), png (masks_2/F_N.png, one an object), coco "
             "(masks_2/F.json or masks_2/coco.json), grabcut, or the first of them that is there",
             {"auto", "instance", "png", "coco", "grabcut"}),
      choice("depth",
             "auto",
             "depth: depth_2, velodyne, disparity_2, none, or the first of "
             "them that is there",
             {"auto", "depth_2", "velodyne", "disparity", "none"}),
      {"minimum_score", 0.5, "1", "detections below this score are left out", 0, 1},
      {"minimum_height", 25.0, "px", "objects with a lower 2-D box are left out", 1, 1e4},
      {"scene_seed",
       std::int64_t{1},
       "1",
       "seed of the synthetic scenes (the sweep's seed drives the "
       "faults)",
       0},
      choice(
          "faults",
          "synthetic",
          "where the faults below are put in: into made-up data only (else it is perfect), always, "
          "never",
          {"synthetic", "always", "never"}),
      {"mask_erosion",
       0.0,
       "px of a 64 px crop",
       "fault: by how much the masks' borders move inwards",
       0,
       20},
      {"mask_dilation",
       0.0,
       "px of a 64 px crop",
       "fault: by how much the masks' borders move outwards (with mask_erosion: the difference)",
       0,
       20},
      {"mask_raggedness",
       2.0,
       "px of a 64 px crop",
       "fault: standard deviation of a smooth random displacement of the masks' borders",
       0,
       20},
      {"mask_cut",
       0.0,
       "1",
       "fault: share of the mask that an occluder from the left, the right or below takes away",
       0,
       0.95},
      {"mask_cut_chance", 1.0, "1", "fault: share of the objects that have that occluder", 0, 1},
      {"mask_cut_known",
       true,
       "",
       "whether that occluder is known of: its pixels are unknown; false = they pass for "
       "background"},
      {"depth_scale", 1.0, "1", "fault: factor of all depths", 0.1, 10},
      {"depth_noise",
       0.1,
       "1",
       "fault: relative standard deviation of a depth, all in all; 0.11 with the default bleeding "
       "is an AbsRel of 10 %",
       0,
       1},
      {"depth_bias",
       0.05,
       "1",
       "fault: standard deviation of the part of depth_noise that one object shares (at most "
       "depth_noise)",
       0,
       1},
      {"depth_nodes",
       std::int64_t{5},
       "1",
       "fault: the other part of depth_noise is a smooth field with so many nodes a side of the "
       "crop; 5 = as large as the object, 32 = two pixels of 64",
       2,
       128},
      {"depth_noise_metres",
       0.0,
       "m",
       "fault: standard deviation of an error that each pixel has for itself; LiDAR: 0.02",
       0,
       10},
      {"depth_bleeding",
       1.2,
       "px of a 64 px crop",
       "fault: how far depth runs across the object's border into a background 1.6 times as far",
       0,
       20},
      {"depth_row_step",
       std::int64_t{1},
       "px of the image",
       "fault: only one image row in so many has depth; 5 = as KITTI's LiDAR",
       1,
       100},
      {"box_jitter",
       0.02,
       "1",
       "fault: standard deviation of each side of the 2-D boxes, as a share of the box",
       0,
       0.5},
  };
}

ParameterSchema fit_parameters() {
  return {
      {"iterations", std::int64_t{100}, "1", "gradient steps", 1, 100000},
      {"hypotheses", std::int64_t{8}, "1", "start headings an object", 1, 64},
      {"first_heading",
       22.5,
       "deg",
       "heading (alpha) of the first start; the others follow in equal "
       "steps",
       -360,
       360},
      {"prune_steps",
       std::vector<double>{20, 40},
       "1",
       "steps at which hypotheses are dropped",
       0,
       1e5},
      {"prune_keep",
       std::vector<double>{4, 2},
       "1",
       "hypotheses an object that stay at those steps",
       1,
       64},
      choice("share",
             "nothing",
             "what the hypotheses of an object have in common: nothing (each has its own full "
             "state), or all but the heading",
             {"nothing", "all_but_heading"}),
      {"explore_every",
       std::int64_t{0},
       "1",
       "steps between explorations, in which each hypothesis also tries the heading +-90 and 180 "
       "degrees and mirrored, and depth and size traded by +-8 %; 0 = never",
       0,
       100000},
      {"explore_trial_steps",
       std::int64_t{15},
       "1",
       "steps that each of those descends before the best of them goes on",
       1,
       100000},
      {"rate_position",
       0.02,
       "1",
       "learning rate of the image position (units of 32 px of a 64 px crop)",
       0,
       10},
      {"rate_depth", 0.02, "1", "learning rate of the log depth", 0, 10},
      {"rate_size", 0.012, "1", "learning rate of the log size", 0, 10},
      {"rate_heading", 0.06, "rad", "learning rate of the heading", 0, 10},
      {"rate_tilt",
       0.0,
       "rad",
       "learning rate of pitch and roll; 0 = the car stands upright",
       0,
       10},
      {"rate_shape", 0.06, "1", "learning rate of the shape code", 0, 10},
      {"rate_texture", 0.1, "1", "learning rate of the texture code", 0, 10},
      choice(
          "start_depth",
          "median_depth",
          "where the range begins: the median depth under the mask (the box's height where there "
          "is no depth), or the range at which a car of mean height is as high as the box",
          {"median_depth", "box_height"}),
      {"start_depth_offset",
       1.2,
       "m",
       "surface to centre: added to the median depth under the mask",
       -10,
       10},
      {"size_mean",
       std::vector<double>{1.526, 1.63, 3.88},
       "m",
       "height, width, length of the class",
       0.01,
       100},
      {"size_deviation",
       std::vector<double>{0.085, 0.055, 0.10},
       "1",
       "standard deviation of the log "
       "height, width, length",
       1e-4,
       10},
  };
}

std::vector<Section> make_sections() {
  return {
      {"dataset", "what is looked at", dataset_parameters()},
      {"shape_prior",
       "the latent space of shapes",
       {{"plugin", std::string(), "", "shape prior plugin"},
        {"latent_dims",
         std::int64_t{0},
         "1",
         "dimensions of the shape code; 0 = the plugin's own default",
         0,
         256},
        {"seed", std::int64_t{0}, "1", "seed of the corpus and the training", 0},
        {"file",
         std::string(),
         "",
         "a trained prior (`runexp prior train --output`); empty = train one, or take it from the "
         "cache"}}},
      {"corpus",
       "the shapes that the prior learns from",
       {{"root",
         std::string(),
         "",
         "folder of meshes (.obj, .off, .ply), searched to its depths; empty = parametric cars"},
        {"cars", std::int64_t{400}, "1", "parametric cars to train on", 8, 100000},
        {"held_out",
         std::int64_t{40},
         "1",
         "parametric cars kept aside for `runexp prior evaluate`",
         0,
         10000}}},
      {"renderer",
       "how a mesh becomes an image",
       {{"plugin", std::string(), "", "renderer plugin"},
        {"image_size", std::int64_t{64}, "px", "side of the square crop", 8, 1024},
        {"crop_margin", 1.3, "1", "crop side over the longer side of the 2-D box", 1, 10}}},
      {"rule",
       "how the hypotheses of an object share its loss",
       {{"plugin", std::string(), "", "rule plugin"}}},
      {"fit", "the descent", fit_parameters()},
      {"confidence",
       "3-D score = product of the factors switched on",
       {{"score", true, "", "certainty of the 2-D detection"},
        {"mask", true, "", "overlap of the rendered and the observed mask"},
        {"depth", true, "", "exp(-mean depth residual)"},
        {"agreement", false, "", "share of the hypotheses that end at the winner's heading"},
        {"range", true, "", "chance that the range error stays within a BEV overlap of 0.5"}}},
      {"evaluation",
       "how detections meet labels",
       {choice("difficulty",
               "moderate",
               "labels that count in the pose errors",
               {"easy", "moderate", "hard"}),
        {"overlays", true, "", "write a picture a frame: fitted mesh and box over the image"},
        {"held_out_cars",
         std::int64_t{0},
         "1",
         "parametric cars, never trained on, whose geometry the prior is fitted to: metrics "
         "shape_iou and shape_chamfer_error",
         0,
         1000},
        {"fitted_shapes",
         false,
         "",
         "compare fitted shapes with those that made-up scenes were made with: metrics "
         "fitted_shape_iou and fitted_shape_chamfer_error"}}},
  };
}

}  // namespace

const std::vector<Section>& core_sections() {
  static const std::vector<Section> sections = make_sections();
  return sections;
}

const ParameterSchema& loss_section_parameters() {
  static const ParameterSchema parameters = {
      {"weight", 1.0, "1", "factor of this loss in the objective; 0 switches it off", 0, 1e6}};
  return parameters;
}

}  // namespace monodr
