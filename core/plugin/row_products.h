// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// rows [N,K] times matrix [K,M], plus `start` [M] where it is defined: as at::addmm, but the bits of a row of the
/// result and of its gradient depend on nothing but that row and the matrix (monodr_kernels.h, ROWS TIMES A MATRIX).
///
/// THE RULE FOR DECODERS. A fit takes hundreds of steps along gradients, and near a ridge between two valleys the
/// last bit decides which way it goes. So what a prior decodes must not depend on what else is decoded with it:
/// at::mm and at::addmm, whose order of summation is chosen by the number of rows, are for training; the contract of
/// a shape prior (plugin/contract.h) compares a code alone with the same code in a batch.
at::Tensor row_products(const at::Tensor& rows,
                        const at::Tensor& matrix,
                        const at::Tensor& start = {});

}  // namespace monodr
