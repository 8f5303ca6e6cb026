// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// HOW TO ADD A RULE: as a loss (plugin/loss.h), under plugins/rules/, checked by
/// check_rule_contract(registry, "NAME").

struct RuleInput {
  at::Tensor losses;  ///< [B,K] total loss of each hypothesis of each object
  int step = 0;       ///< 0 .. steps - 1
  int steps = 1;
};

/// How K hypotheses of an object share one loss, and which of them is reported.
class Rule {
 public:
  virtual ~Rule() = default;
  /// [B]; its gradient says which hypotheses learn.
  virtual at::Tensor combine(const RuleInput& input) const = 0;
  /// [B] int64: the hypothesis that a fit reports, from the losses of the last step.
  virtual at::Tensor reported(const at::Tensor& losses) const = 0;
};

}  // namespace monodr
