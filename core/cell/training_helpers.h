// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "launch/workers.h"
#include "methods/training_group.h"

namespace monodr {

/// Exit code of a process that lost those with which it trains.
constexpr int kLostTheOthers = 75;

/// What a process is told that helps to train a predictor (`monodr-worker learn`).
struct LearnOrder {
  std::string config;  ///< resolved, JSON
  std::vector<std::string> plugin_folders;
  std::string cache;
  Rendezvous where;
};
std::string to_json(const LearnOrder& order);
LearnOrder learn_order_from_json(const std::string& text);

/// The other processes of a training on this host, from its start to its end. They stop when this one does, however it does.
class TrainingHelpers {
 public:
  /// Starts `processes` - 1 of them; the threads of this process are shared out among all.
  TrainingHelpers(LearnOrder order, int processes);
  ~TrainingHelpers();
  TrainingHelpers(const TrainingHelpers&) = delete;
  TrainingHelpers& operator=(const TrainingHelpers&) = delete;

  const Rendezvous& leader() const { return leader_; }
  /// Does the leader's work. What fails because one of them has gone is a UserError that says how it ended.
  void watch(const std::function<void()>& lead);

 private:
  TemporaryFolder folder_{"monodr-training"};  ///< where they meet
  Rendezvous leader_;
  std::vector<std::unique_ptr<WorkerProcess>> processes_;
  int threads_;  ///< of this process before
};

}  // namespace monodr
