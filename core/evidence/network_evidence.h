// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file_cache.h"
#include "evidence/depth.h"
#include "evidence/observations.h"
#include "plugin/depth_estimator.h"
#include "plugin/detector.h"

namespace monodr {

/// A plugin that holds a network, and what its answers depend on beside the picture: the plugin's file, the network's
/// and the settings, as a hash.
template <typename Plugin>
struct IdentifiedNetwork {
  std::function<std::unique_ptr<Plugin>()> open;  ///< empty = nobody asks for it
  std::string identity;
};

/// Depth as KITTI's PNG has it: metres x 256 in 16 bits; 0 = none, as what is too far for them.
Plane<std::uint16_t> depth_units(const Plane<float>& metres);

/// What networks say of frames, each asked once a picture however many cells need it: answers are kept in
/// `cache`/networks under a hash of network, settings, picture and camera (base/file_cache.h), objects as JSON with
/// COCO's run lengths, depth as KITTI's PNG of 1/256 m. What is not kept is rounded in the same way, so that the
/// second run has the first one's bits. Safe among threads.
class NetworkEvidence {
 public:
  NetworkEvidence(IdentifiedNetwork<Detector> detector,
                  IdentifiedNetwork<DepthEstimator> depth_estimator,
                  const std::string& cache);

  /// Opens the networks, which else happens at the first picture without an answer. UserError where one cannot be.
  void open() const;

  /// UserError where a network cannot be opened, or run on the picture.
  std::vector<FoundObject> objects(const FrameEvidence& frame) const;
  DepthMap depth(const FrameEvidence& frame) const;

  /// What it cost so far.
  struct Cost {
    int pictures_run = 0,
        pictures_kept = 0;  ///< answers that were computed, and found in the cache
    double seconds = 0;     ///< of wall time in the networks, summed over threads
  };
  Cost cost() const { return {run_, kept_, seconds_}; }

 private:
  template <typename Make>
  std::string answer(const std::string& key, const FileCache& cache, const Make& make) const;

  const Detector& detector() const;
  const DepthEstimator& depth_estimator() const;

  IdentifiedNetwork<Detector> how_detector_;
  IdentifiedNetwork<DepthEstimator> how_depth_estimator_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Detector> detector_;
  mutable std::unique_ptr<DepthEstimator> depth_estimator_;
  FileCache objects_, depths_;
  mutable std::atomic<int> run_{0}, kept_{0};
  mutable std::atomic<double> seconds_{0};
};

}  // namespace monodr
