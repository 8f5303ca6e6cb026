// SPDX-License-Identifier: Apache-2.0
#include "plugin/row_products.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/error.h"
#include "plugin/kernel_arrays.h"

namespace monodr {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::int32_t type_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? MONODR_FLOAT32 : MONODR_FLOAT64;
}

void check(int status) {
  MONODR_CHECK(status == MONODR_OK, "row_products: {}", monodr_last_message());
}

at::Tensor product(const at::Tensor& rows, const at::Tensor& matrix, const at::Tensor& start) {
  at::Tensor result = at::empty({rows.size(0), matrix.size(1)}, rows.options());
  const monodr_array a = array_of(rows), b = array_of(matrix), first = array_of(start),
                     out = array_of(result);
  check(monodr_row_products(type_of(rows),
                            rows.size(0),
                            matrix.size(0),
                            matrix.size(1),
                            &a,
                            &b,
                            &first,
                            &out,
                            kernel_threads()));
  return result;
}

at::Tensor gradient_of_rows(const at::Tensor& gradient, const at::Tensor& matrix) {
  at::Tensor result = at::empty({gradient.size(0), matrix.size(0)}, gradient.options());
  const monodr_array g = array_of(gradient), b = array_of(matrix), out = array_of(result);
  check(monodr_row_products_backward(type_of(gradient),
                                     gradient.size(0),
                                     matrix.size(0),
                                     matrix.size(1),
                                     &g,
                                     &b,
                                     &out,
                                     kernel_threads()));
  return result;
}

struct RowProducts : torch::autograd::Function<RowProducts> {
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& rows,
                            const at::Tensor& matrix,
                            const at::Tensor& start) {
    context->save_for_backward({rows, matrix});
    return product(rows, matrix, start);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &rows = saved[0], &matrix = saved[1], &gradient = gradients[0];
    variable_list result(3);
    if (context->needs_input_grad(0)) result[0] = gradient_of_rows(gradient, matrix);
    // Matrix and start are learned in training alone, where the batch is part of the method.
    if (context->needs_input_grad(1)) result[1] = at::mm(rows.t(), gradient);
    if (context->needs_input_grad(2)) result[2] = gradient.sum(0);
    return result;
  }
};

}  // namespace

at::Tensor row_products(const at::Tensor& rows, const at::Tensor& matrix, const at::Tensor& start) {
  MONODR_CHECK(rows.dim() == 2 && matrix.dim() == 2 && rows.size(1) == matrix.size(0),
               "row_products: rows [N,K] and matrix [K,M] do not fit");
  MONODR_CHECK(rows.scalar_type() == matrix.scalar_type() &&
                   (rows.scalar_type() == at::kFloat || rows.scalar_type() == at::kDouble),
               "row_products: rows and matrix must both be float32 or both float64");
  MONODR_CHECK(!start.defined() || (start.numel() == matrix.size(1) && start.dim() == 1 &&
                                    start.scalar_type() == rows.scalar_type()),
               "row_products: start must be [M] of the rows' type");
  // Autograd takes no undefined tensor.
  return RowProducts::apply(
      rows, matrix, start.defined() ? start : at::zeros({matrix.size(1)}, rows.options()));
}

}  // namespace monodr
