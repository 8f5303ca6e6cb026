// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "settings/binding.h"

namespace monodr {

/// Where frames come from: scenes that are made, KITTI's object layout, or a manifest of one's own pictures.
enum class DataSource { synthetic, kitti, manifest };
/// What an unreadable frame does: end the run, or be left out by name.
enum class OnError { fail, skip };
/// detections_2, the labels' 2-D columns, or the first of them that is there; or those of the detector.
enum class BoxSource { automatic, detections, labels, network };
/// The box around the visible mask; the box as given, whose hidden sides count; modal for labels with
/// instance masks, else as given.
enum class BoxExtent { automatic, modal, amodal };
/// See evidence/mask_source.h; network = the detector's.
enum class MaskKind { automatic, instance, png, coco, grabcut, network };
/// What becomes of an object that the detector gives no mask: it is left out by name, or GrabCut cuts one.
enum class MissingMask { skip, grabcut };
/// See load_frame_depth (evidence/depth.h); network = the depth estimator's.
enum class DepthKind { automatic, depth_2, velodyne, disparity, none, network };
/// What the cars of made-up sequences do; mixed = a third each of parked, straight and turning.
enum class SequenceMotion { mixed, parked, moving };
/// How made-up scenes are painted; `street`: rows of parked cars, lamps, grilles, plates and bumpers of
/// many makes, dirt, glass that mirrors, exposures and contrasts of a camera in the sun (synthetic/car_trim.h).
enum class SceneLook { plain, street };
/// Into which data the faults are put.
enum class FaultsIn { synthetic, always, never };

// clang-format off
template <> struct EnumNames<DataSource> {
  static constexpr auto list = enum_names<DataSource>({{DataSource::synthetic, "synthetic"}, {DataSource::kitti, "kitti"}, {DataSource::manifest, "manifest"}});
};
template <> struct EnumNames<OnError> {
  static constexpr auto list = enum_names<OnError>({{OnError::fail, "fail"}, {OnError::skip, "skip"}});
};
template <> struct EnumNames<BoxSource> {
  static constexpr auto list = enum_names<BoxSource>({{BoxSource::automatic, "auto"}, {BoxSource::detections, "detections"}, {BoxSource::labels, "labels"}, {BoxSource::network, "network"}});
};
template <> struct EnumNames<BoxExtent> {
  static constexpr auto list = enum_names<BoxExtent>({{BoxExtent::automatic, "auto"}, {BoxExtent::modal, "modal"}, {BoxExtent::amodal, "amodal"}});
};
template <> struct EnumNames<MaskKind> {
  static constexpr auto list = enum_names<MaskKind>({{MaskKind::automatic, "auto"}, {MaskKind::instance, "instance"}, {MaskKind::png, "png"}, {MaskKind::coco, "coco"}, {MaskKind::grabcut, "grabcut"}, {MaskKind::network, "network"}});
};
template <> struct EnumNames<MissingMask> {
  static constexpr auto list = enum_names<MissingMask>({{MissingMask::skip, "skip"}, {MissingMask::grabcut, "grabcut"}});
};
template <> struct EnumNames<DepthKind> {
  static constexpr auto list = enum_names<DepthKind>({{DepthKind::automatic, "auto"}, {DepthKind::depth_2, "depth_2"}, {DepthKind::velodyne, "velodyne"}, {DepthKind::disparity, "disparity"}, {DepthKind::none, "none"}, {DepthKind::network, "network"}});
};
template <> struct EnumNames<SceneLook> {
  static constexpr auto list = enum_names<SceneLook>({{SceneLook::plain, "plain"}, {SceneLook::street, "street"}});
};
template <> struct EnumNames<SequenceMotion> {
  static constexpr auto list = enum_names<SequenceMotion>({{SequenceMotion::mixed, "mixed"}, {SequenceMotion::parked, "parked"}, {SequenceMotion::moving, "moving"}});
};
template <> struct EnumNames<FaultsIn> {
  static constexpr auto list = enum_names<FaultsIn>({{FaultsIn::synthetic, "synthetic"}, {FaultsIn::always, "always"}, {FaultsIn::never, "never"}});
};
// clang-format on

/// What real networks get wrong, put into evidence (evidence/faults.h), so that an experiment can ask how good
/// its input must be. Lengths are in pixels of a 64 px crop whatever the crop's resolution, so that a fault
/// keeps its size relative to the object. A struct as it is made has no fault; what [dataset] puts in where
/// nothing else is said stands in DatasetSettings.
struct MaskFaults {
  double erosion = 0;     ///< px of a 64 px crop by which the border moves inwards
  double dilation = 0;    ///< the same outwards; both together move it by the difference
  double raggedness = 0;  ///< px of a 64 px crop: deviation of a smooth random displacement
  double cut = 0;         ///< share of the mask's pixels that a made-up occluder takes away
  double cut_chance = 1;  ///< share of the objects that have such an occluder
  bool cut_known = true;  ///< its pixels are unknown; false: they pass for background
};

struct DepthFaults {
  double scale = 1;      ///< factor of all depths: the scale that a single camera cannot see
  double noise = 0;      ///< relative deviation of a pixel, all in all (its AbsRel: 0.8 times this)
  double bias = 0;       ///< the part of `noise` that one object shares; at most `noise`
  double bias_kept = 1;  ///< share of the variance of that part which a track keeps over its frames
  int nodes = 5;         ///< the rest is a smooth field with so many nodes a side of the crop
  double noise_metres = 0;  ///< m: deviation of an error of each pixel for itself, as LiDAR's
  double bleeding = 0;      ///< px of a 64 px crop over which depth runs across the border
  int row_step = 1;         ///< one image row in so many has depth, as LiDAR's scan lines do

  bool any() const {
    return scale != 1 || noise > 0 || noise_metres > 0 || bleeding > 0 || row_step > 1;
  }
};

struct Faults {
  MaskFaults mask;
  DepthFaults depth;
  double box_jitter = 0;  ///< deviation of each side of the 2-D box, as a share of its extent

  /// Whether anything of masks and boxes, or of depth, is drawn; the rest is the same each time.
  bool draw_shapes() const {
    return mask.raggedness > 0 || (mask.cut > 0 && mask.cut_chance > 0) || box_jitter > 0;
  }
  bool draw_depth() const { return depth.noise > 0 || depth.noise_metres > 0; }
};

/// [dataset]: what is looked at.
struct DatasetSettings {
  DataSource source = DataSource::synthetic;
  std::string root;              ///< folder that holds training/, or a manifest
  std::string category = "car";  ///< see settings/category.h
  std::string split = "all";     ///< see KittiFolder::frames
  int objects = 64;              ///< whole frames are taken until they hold this many; 0 = all
  OnError on_error = OnError::fail;
  BoxSource boxes = BoxSource::automatic;
  BoxExtent box_extent = BoxExtent::automatic;
  MaskKind masks = MaskKind::automatic;
  MissingMask missing_mask = MissingMask::skip;
  DepthKind depth = DepthKind::automatic;
  double depth_unit =
      0;  ///< metres of one unit of depth_2's PNG; 0 = KITTI's 1/256, checked against the boxes
  double depth_invalid = 0;    ///< a value of depth_2's PNG that means "none", beside 0 and 65535
  double minimum_score = 0.5;  ///< detections below it are left out
  double minimum_height = 0;   ///< px; objects with a lower 2-D box are skipped; 0 = see lowest_box
  std::uint64_t scene_seed = 1;
  int frames_per_object =
      1;  ///< so many frames of a sequence are fitted together, object by object
  int frames_per_sequence = 1;  ///< of made-up scenes; 1 = single pictures
  SequenceMotion sequence_motion = SequenceMotion::mixed;
  FaultsIn faults_in = FaultsIn::synthetic;
  Faults faults{{.raggedness = 2.0}, {.noise = 0.1, .bias = 0.05, .bleeding = 1.2}, 0.02};

  /// Whether tracks and camera poses are read.
  bool reads_sequences() const {
    return frames_per_object > 1 || (is_synthetic() && frames_per_sequence > 1);
  }
  /// px. Labels count from 25 px on (KITTI's moderate). A detector's box is a few pixels off: one of 24 px may be of a label of
  /// 26, and to leave it out would be to miss a car that counts.
  double lowest_box(bool of_labels) const {
    return minimum_height > 0 ? minimum_height : of_labels ? 25 : 20;
  }
  bool is_synthetic() const { return source == DataSource::synthetic; }
  /// Whether [detector] and [depth_estimator] are read.
  bool asks_detector() const { return boxes == BoxSource::network || masks == MaskKind::network; }
  bool asks_depth_estimator() const { return depth == DepthKind::network; }
  bool adds_faults() const {
    return faults_in == FaultsIn::always || (faults_in == FaultsIn::synthetic && is_synthetic());
  }
};

const Binding<DatasetSettings>& dataset_binding();

}  // namespace monodr
