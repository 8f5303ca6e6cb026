// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>

#include "geometry/box.h"

namespace monodr {

/// The smallest box around pixels that are added one by one.
class EnclosingBox {
 public:
  void add(double u, double v) {
    box_ = {std::min(box_.left, u),
            std::min(box_.top, v),
            std::max(box_.right, u),
            std::max(box_.bottom, v)};
  }
  bool is_empty() const { return box_.right < box_.left; }
  /// Of infinite negative extent where nothing was added: whatever is joined to it stays as it is.
  const Box2d& box() const { return box_; }

 private:
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  Box2d box_{kNone, kNone, -kNone, -kNone};
};

}  // namespace monodr
