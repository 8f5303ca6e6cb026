// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract_tools.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <sstream>

#include "base/random.h"
#include "plugin/contract.h"

namespace monodr {
namespace {

constexpr int kDirections = 3;

/// A value that breaks the parameter's range or choices, or nothing where every value is good.
std::vector<ParameterValue> values_out_of_range(const Parameter& parameter) {
  std::vector<ParameterValue> bad;
  const auto number = [&](double value) -> ParameterValue {
    if (parameter.type() == ParameterType::integer) return static_cast<std::int64_t>(value);
    if (parameter.type() == ParameterType::real_list) return std::vector<double>{value};
    return value;
  };
  if (parameter.type() == ParameterType::text) {
    if (!parameter.choices.empty()) bad.push_back(std::string("no such choice"));
  } else if (parameter.type() != ParameterType::boolean &&
             parameter.type() != ParameterType::text_list) {
    if (std::isfinite(parameter.minimum)) bad.push_back(number(parameter.minimum - 1));
    if (std::isfinite(parameter.maximum)) bad.push_back(number(parameter.maximum + 1));
  }
  return bad;
}

std::string schema_error(const PluginInfo& info, const Parameter& parameter) {
  if (parameter.meaning.empty()) return parameter.name + " has no meaning";
  checked_value(parameter, {parameter.default_value, {}, {}}, info.name);
  for (const ParameterValue& value : values_out_of_range(parameter)) {
    try {
      Parameters(info.parameters, {{parameter.name, {value, {}, {}}}}, info.name);
      return fmt::format("{} = {} is taken", parameter.name, to_toml(value));
    } catch (const UserError& error) {
      if (std::string(error.what()).find(parameter.name) == std::string::npos)
        return fmt::format("the message does not name {}: {}", parameter.name, error.what());
    }
  }
  return "";
}

/// Derivative of every output along `direction` at two step sizes, to tell slopes from jumps.
struct Differences {
  at::Tensor at_step, at_half_step;
};

Differences central_differences(const OutputOf& output,
                                const std::vector<NamedTensor>& inputs,
                                std::size_t which,
                                const at::Tensor& direction,
                                double step) {
  const auto at_distance = [&](double distance) {
    std::vector<at::Tensor> values;
    for (const NamedTensor& input : inputs) values.push_back(input.value);
    values[which] = values[which] + distance * direction;
    return output(values);
  };
  const auto slope = [&](double h) { return (at_distance(h) - at_distance(-h)) / (2 * h); };
  return {slope(step), slope(step / 2)};
}

}  // namespace

ContractChecker::ContractChecker(const PluginInfo& info) {
  report_.kind = info.kind;
  report_.plugin = info.name;
}

void ContractChecker::check(const std::string& name, const std::function<std::string()>& finding) {
  ContractCheck result;
  result.name = name;
  try {
    result.detail = finding();
    result.passed = result.detail.empty();
  } catch (const c10::Error& error) {  // what() has LibTorch's own stack behind it
    result.detail = fmt::format("threw: {}", error.what_without_backtrace());
    result.passed = false;
  } catch (const std::exception& error) {
    result.detail = fmt::format("threw: {}", error.what());
    result.passed = false;
  }
  report_.checks.push_back(result);
}

void ContractChecker::check_schema(const PluginInfo& info) {
  check("says what it is", [&]() -> std::string {
    if (info.description.empty()) return "no description";
    if (info.version.empty()) return "no version";
    return "";
  });
  check("schema: defaults are valid, values out of range are refused", [&] {
    for (const Parameter& parameter : info.parameters)
      if (const std::string error = schema_error(info, parameter); !error.empty()) return error;
    return std::string();
  });
}

std::string difference_in_bits(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].defined() != b[i].defined()) return fmt::format("output {} is there only once", i);
    if (a[i].defined() && !at::equal(a[i], b[i]))
      return fmt::format(
          "output {} differs by up to {:.3g}", i, (a[i] - b[i]).abs().max().item<double>());
  }
  return "";
}

std::string difference_beyond(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  if (a.sizes() != b.sizes()) return "the shapes differ";
  if (a.numel() == 0) return "";
  const double worst = ((a - b).abs() / (1 + b.abs())).max().item<double>();
  if (worst <= tolerance) return "";  // NaN fails
  return fmt::format("relative difference {:.3g}, at most {:.3g} is allowed", worst, tolerance);
}

std::string not_finite(const std::string& what, const at::Tensor& tensor) {
  if (!tensor.defined() || at::isfinite(tensor).all().item<bool>()) return "";
  return what + " is not finite";
}

std::string bits_that_change(const std::function<std::vector<at::Tensor>()>& compute) {
  const int threads = at::get_num_threads();
  struct Restore {
    int threads;
    ~Restore() { at::set_num_threads(threads); }
  } restore{threads};
  const auto first = compute();
  if (const auto error = difference_in_bits(first, compute()); !error.empty())
    return "run twice: " + error;
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    if (const auto error = difference_in_bits(first, compute()); !error.empty())
      return fmt::format("{} against {} threads: {}", threads, count, error);
  }
  return "";
}

std::vector<at::Tensor> gradients(const OutputOf& output,
                                  const std::vector<NamedTensor>& inputs,
                                  const at::Tensor& weights) {
  std::vector<at::Tensor> leaves;
  for (const NamedTensor& input : inputs)
    leaves.push_back(input.value.detach().clone().requires_grad_(true));
  const at::Tensor value = output(leaves);
  const at::Tensor total = weights.defined() ? (value * weights).sum() : value.sum();
  std::vector<at::Tensor> result;
  if (total.requires_grad())
    result = torch::autograd::grad({total},
                                   leaves,
                                   /*grad_outputs=*/{},
                                   /*retain_graph=*/false,
                                   /*create_graph=*/false,
                                   /*allow_unused=*/true);
  result.resize(leaves.size());
  for (std::size_t i = 0; i < leaves.size(); ++i)
    if (!result[i].defined()) result[i] = at::zeros_like(leaves[i]).detach();
  return result;
}

std::string gradient_error(const OutputOf& output,
                           const std::vector<NamedTensor>& inputs,
                           const GradientTolerance& tolerance) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor& input = inputs[i].value;
    for (int d = 0; d < kDirections; ++d) {
      const at::Tensor direction =
          uniform_numbers(input.sizes(), -1, 1, 100 * i + d) * (input != 0).to(at::kDouble);
      const auto [slope, slope_at_half] =
          central_differences(output, inputs, i, direction, tolerance.step);
      const at::Tensor scale = 1e-6 + slope.abs().max() * 1e-3 + slope_at_half.abs();
      const at::Tensor smooth = (slope - slope_at_half).abs() <= 0.01 * scale;
      const double moving = (slope != 0).sum().item<double>();
      const double left_out = smooth.logical_not().sum().item<double>();
      if (left_out > tolerance.largest_share_left_out * moving)
        return fmt::format(
            "{}: {} of {} outputs that move are not smooth", inputs[i].name, left_out, moving);
      const at::Tensor weights = uniform_numbers(slope.sizes(), 0.5, 1.5, 7 + d) * smooth;
      const double expected = (weights * slope).sum().item<double>();
      const double found = (gradients(output, inputs, weights)[i] * direction).sum().item<double>();
      const double size = (weights * slope).abs().sum().item<double>();
      if (!(std::abs(found - expected) <= tolerance.relative * size + 1e-7))
        return fmt::format("{}: the gradient along direction {} is {:.6g}, differences say {:.6g}",
                           inputs[i].name,
                           d,
                           found,
                           expected);
    }
  }
  return "";
}

at::Tensor uniform_numbers(at::IntArrayRef shape, double low, double high, std::uint64_t seed) {
  at::Tensor numbers = at::empty(shape, at::kDouble);
  double* out = numbers.data_ptr<double>();
  Random random(seed);
  for (int64_t i = 0; i < numbers.numel(); ++i) out[i] = random.uniform(low, high);
  return numbers;
}

}  // namespace monodr
