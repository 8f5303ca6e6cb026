// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "synthetic/sequence.h"

namespace monodr {

/// Name of a sequence, as KITTI raw names its drives: "2011_09_26_drive_0003_sync".
std::string sequence_name(int index);

/// Where the frame stands, in the words of data/frame_moment.h.
void write_moment(const std::filesystem::path& training,
                  const std::string& id,
                  const std::string& sequence,
                  const SequenceFrame& frame);

/// A drive in KITTI raw's layout below `day`: image_02 with timestamps, oxts, tracklet_labels.xml. The inertial unit stands
/// level in the first frame; what oxts holds beside pose is 0.
void write_raw_drive(const std::filesystem::path& day,
                     const std::string& name,
                     const std::vector<SequenceFrame>& frames);

/// The day's three calibration files.
void write_raw_calibration(const std::filesystem::path& day);

}  // namespace monodr
