// SPDX-License-Identifier: Apache-2.0
#include "plugin/kernel_arrays.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace monodr {

monodr_array array_of(const at::Tensor& tensor) {
  monodr_array array{};
  if (!tensor.defined()) return array;
  array.data = tensor.data_ptr();
  std::copy(tensor.strides().begin(), tensor.strides().end(), array.stride);
  return array;
}

int kernel_threads() {
  return at::get_num_threads();
}

}  // namespace monodr
