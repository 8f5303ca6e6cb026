// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fitting/descent.h"

namespace monodr {

/// The state that a fit ended in, one row an object: what is looked at around a fit that is done.
struct FinalState {
  at::Tensor state, initial_texture;
};

/// An observer that keeps it; `final` must outlive the fit.
inline FitObserver record_final_state(FinalState& final, int iterations) {
  return [&final, iterations](const FitSnapshot& now) {
    if (now.step == iterations) final = {now.state.clone(), now.initial_texture.clone()};
  };
}

}  // namespace monodr
