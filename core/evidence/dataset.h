// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/frame_moment.h"
#include "geometry/annotation.h"
#include "plugin/observation.h"
#include "settings/category.h"
#include "settings/dataset.h"

namespace monodr {

class NetworkEvidence;

/// What a cell asks of its data: [dataset], and what it needs of other tables.
struct DatasetRequest : DatasetSettings {
  CategoryModel category_model;  ///< the file that `category` names, read
  int image_size = 64;           ///< px, side of the crop
  double crop_margin = 1.3;      ///< side of the crop over the longer side of the box
  std::string mask_cache;        ///< folder for masks that were cut from images; "" = none
  std::uint64_t seed = 0;        ///< of the faults
  std::shared_ptr<const NetworkEvidence>
      networks;  ///< where `boxes`, `masks` or `depth` is "network"
};

class FrameSource;

/// Something that could not be used, and why. Evaluation counts skipped objects as misses.
struct Skipped {
  std::string frame;
  int object = -1;  ///< running number as in Observation; -1 = the whole frame
  std::string reason;
};

/// What met what, for whoever judges whether results say anything.
struct EvidenceCounts {
  size_t boxes = 0;    ///< of the class, in all frames that were read
  size_t given = 0;    ///< those in frames whose masks a file gives
  size_t masks = 0;    ///< in these files
  size_t matched = 0;  ///< boxes that one of the masks belongs to
  size_t to_fit = 0;   ///< observations that came of them

  void add(const EvidenceCounts& other);
};

/// Of which object's track an observation is, and when and from where it was made.
struct Sighting {
  std::string track;  ///< unique in the set; "" = nobody knows
  int block = 0;      ///< observations of one track and block are fitted together
  FrameMoment moment;
};

struct ObservationSet {
  std::vector<Observation> observations;
  /// Of each observation, whether its box takes in what is hidden of the object (a label's, or by the user's word) rather than
  /// showing what is visible (a detector's, a mask's).
  std::vector<bool> whole_boxes;
  std::vector<Sighting> sightings;  ///< of the observations; empty where frames stand alone
  std::vector<std::string> frames;  ///< all that were read, those without objects too
  std::vector<Skipped> skipped_objects, skipped_frames;
  EvidenceCounts counts;
  std::vector<std::string> notes;  ///< what the reader of a table should know
};

/// "3 frames read, 1 left out, 12 boxes of class Car, 10 of 14 masks matched, 9 objects can be fitted, 3 are left out".
std::string describe_counts(const ObservationSet& set, const std::string& category);

/// The observations of a dataset, frame by frame. The same options give the same bits.
///
/// No 3-D truth: 2-D boxes come from detections_2 or from the labels' 2-D columns through
/// read_boxes2d, which converts no other column and whose result has no place for one; nothing
/// else here opens label_2. (A test replaces the 3-D fields and compares the bits.)
///
/// UserError for a folder, split, calibration, image, depth, mask or box file that is missing or
/// broken, with file, line and remedy; with OnError::skip the frame goes to skipped_frames
/// instead (a missing root or split is an error all the same). An object that cannot be used (its box lies beyond
/// the picture, no mask shows it) costs itself alone, whatever OnError says. UserError too where the files' depth
/// cannot be in the unit that was assumed (depth_plausibility.h).
ObservationSet load_observations(const FrameSource& source, const DatasetRequest& request);
ObservationSet load_observations(const DatasetRequest& request);

/// The same of these frames instead of the split's.
ObservationSet load_observations_of(const std::vector<std::string>& frames,
                                    const FrameSource& source,
                                    const DatasetRequest& request);

/// Called with the share done, 0..1, by one thread at a time.
using DatasetProgress = std::function<void(double share)>;

struct DatasetCheck {
  std::vector<Skipped> skipped;  ///< frames, with OnError::skip
  std::string
      nothing_to_fit;  ///< where no frame has an object of the class that is high enough: what there is; else ""
};

/// Reads what load_observations and load_labels will read, on several threads, and makes nothing of it: a fault is
/// found before the first cell runs, and what networks say of the pictures is kept. UserError as theirs, of the first
/// frame that has one; with OnError::skip the frames that will be left out are returned. With `objects` given it stops
/// at the frame that holds so many objects.
DatasetCheck check_dataset(const DatasetRequest& request,
                           int threads = 1,
                           const DatasetProgress& progress = {});

/// Cuts all masks that load_observations will need and keeps them in request.mask_cache, frame by
/// frame on several threads; does nothing where none are to be kept. `progress` gets the share
/// done.
void cut_masks(const DatasetRequest& request, int threads, const DatasetProgress& progress);

/// The labels of these frames, with their 3-D boxes: for the evaluation only. Frames without labels are left
/// out. A broken file is a UserError, or with OnError::skip its frame is left out and named in `skipped`.
std::vector<FrameAnnotations> load_labels(const FrameSource& source,
                                          const std::vector<std::string>& frames,
                                          OnError on_error = OnError::fail,
                                          std::vector<Skipped>* skipped = nullptr);

}  // namespace monodr
