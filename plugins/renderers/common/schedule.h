// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

namespace monodr {

/// A value that falls or rises from `start` at progress 0 to `end` at `until`: exponentially where both are above 0, else
/// linearly.
struct Schedule {
  double start, end, until;

  double at(double progress) const {
    if (start == end || progress >= until) return end;
    const double share = std::max(progress, 0.0) / until;
    if (!(start > 0 && end > 0)) return start + (end - start) * share;
    return start * std::pow(end / start, share);
  }
};

}  // namespace monodr
