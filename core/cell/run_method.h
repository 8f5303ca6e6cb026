// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "evidence/frame_source.h"
#include "methods/method.h"

namespace monodr {

/// What a method found in a data set, and what it was given.
struct MethodRun {
  MethodResult found;
  ObservationSet set;  ///< without the observations themselves
  double seconds = 0;  ///< of processor time that the method took
};

/// How many objects are fitted together: 64, fewer where crops are larger than 128 px (no fewer than 8), so that memory grows
/// little with them.
size_t objects_at_once(int image_size);

/// Called with frames whose objects are done, and the objects (their number and order must stay).
using FramesDone =
    std::function<void(const std::vector<std::string>& frames, std::vector<FittedObject>& objects)>;

/// Reads the data and runs the method on it. A method that looks at observations gets whole frames that hold
/// objects_at_once() objects or more, while the next are read beside it; they are dropped then, so that memory does not
/// grow with the frames. An object's answer depends on the object alone, so that the result is that of all at once.
/// With `reads` alone frames are read for their number of objects; without, the method is given their names.
/// UserError where there is nothing to fit.
MethodRun run_method(const Method& method,
                     const FrameSource& source,
                     const DatasetRequest& request,
                     bool reads,
                     bool looks,
                     const std::function<void(double share)>& progress,
                     const FramesDone& frames_done = {});

}  // namespace monodr
