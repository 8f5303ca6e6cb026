// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/batch.h"

namespace monodr {

/// HOW TO ADD A LOSS
///  1. plugins/losses/NAME.cpp: derive from Loss, end the file with MONODR_PLUGIN(...).
///  2. One line in plugins/losses/CMakeLists.txt: monodr_add_plugin(loss NAME ...).
///  3. A test that calls check_loss_contract(registry, "NAME") of plugin/contract.h.

struct LossInput {
  const ObservationBatch& observation;  ///< B objects
  const HypothesisBatch& hypothesis;    ///< N hypotheses of them; hypothesis.object maps N to B
  const Rendering& rendering;           ///< at least the channels that `needs` names
  double progress = 1;                  ///< 0 at the first step of a fit, 1 at its end
};

/// One number a hypothesis: how badly it explains its observation. Lower is better; the
/// experiment's weight multiplies it outside.
class Loss {
 public:
  virtual ~Loss() = default;
  /// Channels of the rendering that `evaluate` reads: {.silhouette = true}, {.attributes = {"normals"}}, ...
  virtual Channels needs() const = 0;
  /// [N], finite, differentiable; no loop over objects in tensor code.
  virtual at::Tensor evaluate(const LossInput& input) const = 0;
};

}  // namespace monodr
