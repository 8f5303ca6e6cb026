// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "plugin/contract.h"

namespace monodr {

/// Collects checks. A check is a function that returns "" or what is wrong; one that throws fails
/// with the exception's message, and the next one runs.
class ContractChecker {
 public:
  explicit ContractChecker(const PluginInfo& info);

  void check(const std::string& name, const std::function<std::string()>& finding);
  /// Defaults, meanings and ranges of the schema.
  void check_schema(const PluginInfo& info);

  ContractReport report() const { return report_; }

 private:
  ContractReport report_;
};

/// "" if all tensors have the same bits (undefined equals undefined), else where they differ.
std::string difference_in_bits(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b);

/// "" if |a - b| <= tolerance * (1 + |b|) everywhere, else the largest difference.
std::string difference_beyond(const at::Tensor& a, const at::Tensor& b, double tolerance);

/// "" if every value is finite.
std::string not_finite(const std::string& what, const at::Tensor& tensor);

/// Runs `compute` twice and then on one thread and on two; "" if all four agree in bits. Restores
/// the thread count.
std::string bits_that_change(const std::function<std::vector<at::Tensor>()>& compute);

/// Differentiable inputs by name; undefined ones are left out of what follows.
struct NamedTensor {
  std::string name;
  at::Tensor value;
};
using OutputOf = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// d sum(weights * output) / d input for every input; zeros where the output does not depend on it.
std::vector<at::Tensor> gradients(const OutputOf& output,
                                  const std::vector<NamedTensor>& inputs,
                                  const at::Tensor& weights = {});

struct GradientTolerance {
  double relative = 1e-4;
  double step = 1e-6;                 ///< of each input, which is taken to be of order 1
  double largest_share_left_out = 0;  ///< of the outputs that move: those that jump or bend
};

/// Compares the gradient with central differences along random directions, input by input, in
/// float64. Entries of an input that are exactly 0 (no depth, nothing rendered) stay 0. Returns ""
/// or the input, the direction and both figures.
std::string gradient_error(const OutputOf& output,
                           const std::vector<NamedTensor>& inputs,
                           const GradientTolerance& tolerance);

/// Numbers in [low, high) that are the same everywhere: [shape], float64.
at::Tensor uniform_numbers(at::IntArrayRef shape, double low, double high, std::uint64_t seed);

}  // namespace monodr
