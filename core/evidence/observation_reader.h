// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evidence/depth_plausibility.h"
#include "evidence/frame_source.h"

namespace monodr {

/// Reads a source's frames one after the other, so that what was made of one may be dropped before the next is read:
///
///     ObservationReader reader(source, request, source.frames());
///     while (!reader.is_done()) use(reader.next(64));
///     reader.finish(totals);
///
/// Together the sets hold what load_observations gives at once.
class ObservationReader {
 public:
  /// Both must outlive it.
  ObservationReader(const FrameSource& source,
                    const DatasetRequest& request,
                    std::vector<std::string> frames);

  /// Whole frames until they hold so many objects, or until there are none left. Of sequences whole blocks of
  /// DatasetSettings::frames_per_object frames; and the last sequence is read to its end, so that a number of objects means
  /// the same frames whatever is fitted together.
  ObservationSet next(size_t objects);
  /// The picture of the last frame that was read, with its camera; empty where it could not be read.
  const FrameEvidence& picture() const { return picture_; }
  bool is_done() const { return next_ == frames_.size() || has_enough_; }
  /// Share of the frames (or of the objects, where their number is limited) that were read.
  double share() const;

  /// Puts the notes of all frames, each once, and what can be said of all depths together, into the set. UserError
  /// where depth cannot be in the unit that was assumed.
  void finish(ObservationSet& totals) const;

 private:
  /// Where the frame that comes next stands; at the start of its block, if it begins one.
  struct Upcoming {
    bool starts_sequence = true, starts_block = true;
    std::string sequence;
  };
  Upcoming upcoming() const;
  void read_frame(const Upcoming& frame, ObservationSet& set);

  const FrameSource& source_;
  const DatasetRequest& request_;
  std::vector<std::string> frames_;
  size_t next_ = 0, objects_ = 0;
  std::string sequence_;  ///< of the last frame
  int block_ = -1, frames_of_block_ = 0;
  bool has_enough_ = false;
  DepthPlausibility depth_;
  FrameEvidence picture_;
};

/// Adds all of `part` to `all` but its observations, which the caller has no more use for.
void add_without_observations(ObservationSet& all, ObservationSet part);

/// A frame of the source. What a library finds wrong with its pictures is said of the frame, not of the library.
Frame read_frame_of(const FrameSource& source, const std::string& id);

/// Observes the frame's objects of the request's class and adds them, and what is to be said of them.
void add_frame(const Frame& frame, const DatasetRequest& request, ObservationSet& set);

}  // namespace monodr
