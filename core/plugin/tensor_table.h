// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace monodr {

/// Tensors by name, float32, float64 or int64: what a plugin has learned, or how far it has come.
using TensorTable = std::map<std::string, at::Tensor>;

/// The array `name` of this shape (-1 = any length). UserError where it is not there.
at::Tensor take_array(const TensorTable& state, const std::string& name, at::IntArrayRef shape);

}  // namespace monodr
