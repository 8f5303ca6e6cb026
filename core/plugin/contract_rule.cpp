// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>

#include "plugin/contract_tools.h"
#include "plugin/rule.h"

namespace monodr {
namespace {

constexpr int kObjects = 4, kHypotheses = 5, kSteps = 100;
const int kStepsTried[] = {0, 1, kSteps / 2, kSteps - 1};

at::Tensor some_losses() {
  return uniform_numbers({kObjects, kHypotheses}, 0.1, 2, 3);
}

std::string wrong_shape(const Rule& rule, at::ScalarType type, int hypotheses) {
  const at::Tensor losses = some_losses().narrow(1, 0, hypotheses).to(type);
  for (const int step : kStepsTried) {
    const at::Tensor combined = rule.combine({losses, step, kSteps});
    if (combined.sizes() != at::IntArrayRef{kObjects})
      return fmt::format("combine gives {} dimensions, expected [B]", combined.dim());
    if (combined.scalar_type() != type) return "combine changes the dtype";
    if (hypotheses == 1 && !at::allclose(combined, losses.select(1, 0)))
      return "one hypothesis: its loss must come back";
    if (const auto error = not_finite("combine", combined); !error.empty()) return error;
  }
  const at::Tensor reported = rule.reported(losses);
  if (reported.scalar_type() != at::kLong || reported.sizes() != at::IntArrayRef{kObjects})
    return "reported must be [B] int64";
  if ((reported < 0).any().item<bool>() || (reported >= hypotheses).any().item<bool>())
    return "reported names a hypothesis that does not exist";
  return "";
}

std::string nobody_learns(const Rule& rule) {
  for (const int step : kStepsTried) {
    const auto combine = [&](const std::vector<at::Tensor>& in) {
      return rule.combine({in[0], step, kSteps});
    };
    const at::Tensor gradient = gradients(combine, {{"losses", some_losses()}})[0];
    if ((gradient.sum(1) <= 0).any().item<bool>())
      return fmt::format("step {}: an object whose hypotheses all stay as they are", step);
  }
  return "";
}

/// Pruned hypotheses carry +inf: they must neither learn, nor be reported, nor spoil the others.
std::string spoiled_by_absent(const Rule& rule, double absent) {
  at::Tensor losses = some_losses();
  losses.select(1, 0).fill_(absent);
  losses.select(0, 1).narrow(0, 1, kHypotheses - 2).fill_(absent);
  for (const int step : kStepsTried) {
    const auto combine = [&](const std::vector<at::Tensor>& in) {
      return rule.combine({in[0], step, kSteps});
    };
    if (const auto error = not_finite("combine", combine({losses})); !error.empty()) return error;
    const at::Tensor gradient = gradients(combine, {{"losses", losses}})[0];
    if (const auto error = not_finite("gradient", gradient); !error.empty()) return error;
    if ((gradient.masked_select(at::isfinite(losses).logical_not()) != 0).any().item<bool>())
      return fmt::format("step {}: an absent hypothesis learns", step);
  }
  const at::Tensor reported = rule.reported(losses);
  if (!at::isfinite(losses.gather(1, reported.unsqueeze(1))).all().item<bool>())
    return "an absent hypothesis is reported";
  return "";
}

std::string batch_differs(const Rule& rule) {
  const at::Tensor losses = some_losses();
  for (const int step : kStepsTried)
    for (int b = 0; b < kObjects; ++b) {
      const at::Tensor alone = rule.combine({losses.narrow(0, b, 1), step, kSteps});
      const at::Tensor together = rule.combine({losses, step, kSteps}).narrow(0, b, 1);
      if (const auto error = difference_in_bits({alone}, {together}); !error.empty())
        return fmt::format("object {}: {}", b, error);
    }
  return "";
}

}  // namespace

ContractReport check_rule_contract(Registry& registry,
                                   const std::string& name,
                                   const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::rule, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  const auto rule = registry.make<Rule>(name, Parameters(info.parameters, given, name));
  checker.check("shapes and dtype", [&] {
    for (const auto type : {at::kFloat, at::kDouble})
      for (const int hypotheses : {1, kHypotheses})
        if (const auto error = wrong_shape(*rule, type, hypotheses); !error.empty()) return error;
    return std::string();
  });
  checker.check("gradient against differences", [&] {
    for (const int step : kStepsTried) {
      const auto combine = [&](const std::vector<at::Tensor>& in) {
        return rule->combine({in[0], step, kSteps});
      };
      const auto error = gradient_error(combine, {{"losses", some_losses()}}, {});
      if (!error.empty()) return fmt::format("step {}: {}", step, error);
    }
    return std::string();
  });
  checker.check("each object learns", [&] { return nobody_learns(*rule); });
  checker.check("the same bits twice and on any number of threads", [&] {
    return bits_that_change([&] {
      return std::vector<at::Tensor>{rule->combine({some_losses(), kSteps / 2, kSteps}),
                                     rule->reported(some_losses())};
    });
  });
  checker.check("a batch equals its items", [&] { return batch_differs(*rule); });
  checker.check("a pruned hypothesis (+inf) is absent",
                [&] { return spoiled_by_absent(*rule, std::numeric_limits<double>::infinity()); });
  checker.check("a diverged hypothesis (NaN) is absent",
                [&] { return spoiled_by_absent(*rule, std::numeric_limits<double>::quiet_NaN()); });
  return checker.report();
}

}  // namespace monodr
