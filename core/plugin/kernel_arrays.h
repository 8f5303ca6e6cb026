// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/monodr_kernels.h"

// What hands tensors to monodr_kernels.h.
namespace monodr {

/// The tensor's memory with its strides: nothing is copied. NULL for an undefined tensor.
monodr_array array_of(const at::Tensor& tensor);

/// How many threads a call may use: as many as tensor operations do.
int kernel_threads();

}  // namespace monodr
