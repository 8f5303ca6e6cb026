// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evidence/faults.h"
#include "evidence/image.h"
#include "geometry/annotation.h"
#include "plugin/observation.h"

namespace monodr {

/// What is looked at: the [dataset] section of an experiment and what it needs of [renderer].
struct DatasetOptions {
  std::string root;               ///< folder in KITTI's layout (holds training/)
  std::string split = "all";      ///< see KittiFolder::frames
  std::string on_error = "fail";  ///< "fail", or "skip": leave unreadable frames out, by name
  std::string boxes = "auto";     ///< "detections", "labels", "auto" = detections_2 if it is there
  std::string masks = "auto";     ///< see MaskSource
  std::string mask_cache;         ///< folder for masks that were cut from images; "" = none
  std::string depth = "auto";     ///< see load_frame_depth
  std::string box_extent = "auto";  ///< "modal", "amodal", "auto": see observe()
  std::string category = "Car";
  int objects = 0;             ///< whole frames are taken until they hold this many; 0 = all
  double minimum_score = 0.5;  ///< detections below it are left out
  double minimum_height = 25;  ///< px; objects with a lower 2-D box are skipped

  int image_size = 64;       ///< px, side of the crop
  double crop_margin = 1.3;  ///< side of the crop over the longer side of the box

  bool is_synthetic = false;  ///< made-up data: its depth is exact
  bool adds_faults = false;   ///< whether `faults` are put into the evidence
  std::uint64_t seed = 0;     ///< of the faults
  Faults faults;
};

/// Something that could not be used, and why. Evaluation counts skipped objects as misses.
struct Skipped {
  std::string frame;
  int object = -1;  ///< running number as in Observation; -1 = the whole frame
  std::string reason;
};

struct ObservationSet {
  std::vector<Observation> observations;
  std::vector<std::string> frames;  ///< all that were read, those without objects too
  std::vector<Skipped> skipped_objects, skipped_frames;
};

/// The observations of a dataset, frame by frame. The same options give the same bits.
///
/// No 3-D truth: 2-D boxes come from detections_2 or from the labels' 2-D columns through
/// read_boxes2d, which converts no other column and whose result has no place for one; nothing
/// else here opens label_2. (A test replaces the 3-D fields and compares the bits.)
///
/// UserError for a folder, split, calibration, image, depth, mask or box file that is missing or
/// broken, with file, line and remedy; with on_error = "skip" the frame goes to skipped_frames
/// instead (a missing root or split is an error all the same).
ObservationSet load_observations(const DatasetOptions& options);

/// The same of these frames instead of the split's.
ObservationSet load_observations_of(const std::vector<std::string>& frames,
                                    const DatasetOptions& options);

/// Reads what load_observations and load_labels will read, and makes nothing of it: a fault is
/// found before the first cell runs. UserError as theirs; with on_error = "skip" the frames that
/// will be left out are returned. With `objects` given it stops at the frame that holds so many
/// objects.
std::vector<Skipped> check_dataset(const DatasetOptions& options);

/// Cuts all masks that load_observations will need and keeps them in options.mask_cache, frame by
/// frame on several threads; does nothing where none are to be kept. `progress` gets the share
/// done.
void cut_masks(const DatasetOptions& options,
               int threads,
               const std::function<void(double)>& progress);

/// The labels of these frames, with their 3-D boxes: for the evaluation only. A broken file is a
/// UserError, or with on_error = "skip" its frame is left out and named in `skipped`.
std::vector<FrameAnnotations> load_labels(const std::string& root,
                                          const std::vector<std::string>& frames,
                                          const std::string& on_error = "fail",
                                          std::vector<Skipped>* skipped = nullptr);

/// The picture of a frame, for overlays.
ColourImage load_frame_image(const std::string& root, const std::string& frame);

/// The camera of a frame (with the image's size), for overlays.
Camera load_frame_camera(const std::string& root, const std::string& frame);

}  // namespace monodr
