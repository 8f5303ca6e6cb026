// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace monodr {

/// Which of the processes that train one predictor this one is, and where they meet. Whoever starts them says it: the
/// leader for its own host (methods/training_helpers.h), a cluster's scheduler for several.
struct Rendezvous {
  int rank =
      0;  ///< 0..size-1; 0 leads: it makes data and prior, keeps checkpoints, writes the file
  int size = 1;
  std::string
      store;  ///< "HOST:PORT", where rank 0 listens, or a file that all processes of one host share
};

/// One of the others has gone, or does not come.
class LostProcess : public UserError {
 public:
  using UserError::UserError;
};

/// The processes of one training, by c10d and gloo. Every call is made by all of them, in the same order. Where one is
/// gone, or does not come for half an hour, the others throw LostProcess.
class TrainingGroup {
 public:
  /// Whether monodr was built with gloo's headers.
  static bool is_built_in();

  /// Waits until all are there. UserError for what is no store, and where monodr was built without gloo.
  explicit TrainingGroup(const Rendezvous& where);
  ~TrainingGroup();
  TrainingGroup(const TrainingGroup&) = delete;
  TrainingGroup& operator=(const TrainingGroup&) = delete;

  bool leads() const { return where_.rank == 0; }
  int rank() const { return where_.rank; }
  int size() const { return where_.size; }

  /// In place, the sum over all processes: the same bits in each of them.
  void sum(at::Tensor values) const;
  /// In place, what the leader has.
  void take_leaders(at::Tensor values) const;
  /// What each process has, in the order of their ranks.
  std::vector<std::string> exchange(const std::string& own) const;
  /// The last call, before a process goes: it waits until all have come here, for who closes its connections earlier takes
  /// from the others what they have not read yet.
  void part() const;

 private:
  struct Processes;
  Rendezvous where_;
  std::unique_ptr<Processes> processes_;
};

}  // namespace monodr
