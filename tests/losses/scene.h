// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "plugin/loss.h"
#include "plugin/registry.h"
#include "plugin/rule.h"

namespace monodr::test {

/// The plugins beside the test binary.
Registry& registry();

using Given = std::map<std::string, ParameterValue>;

std::unique_ptr<Loss> loss(const std::string& name, const Given& given = {});
std::unique_ptr<Rule> rule(const std::string& name, const Given& given = {});

/// One object, one hypothesis, float64, side x side: a square of 16 pixels at (24, 24), seen and
/// rendered alike at 10 m; a box of the square; a mesh of its two halves.
struct Scene {
  ObservationBatch observation;
  HypothesisBatch hypothesis;
  Rendering rendering;

  double evaluate(const Loss& loss) const;
  LossInput input() const { return {observation, hypothesis, rendering, 1}; }
};

constexpr int kSide = 64;
Scene matching_scene();

/// [1,S,S] with 1 in [left, right) x [top, bottom), 0 elsewhere.
at::Tensor rectangle(int left, int top, int right, int bottom);

}  // namespace monodr::test
