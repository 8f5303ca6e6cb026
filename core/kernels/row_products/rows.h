// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace monodr::row_products {

/// out[n,m] = start[m] + sum over k of a[n,k] b[k,m], the terms added one by one with k rising.
/// All row-major and in one piece; `start` may be null.
void forward(const float* a,
             std::int64_t rows,
             std::int64_t depth,
             const float* b,
             std::int64_t columns,
             const float* start,
             float* out);
void forward(const double* a,
             std::int64_t rows,
             std::int64_t depth,
             const double* b,
             std::int64_t columns,
             const double* start,
             double* out);

/// out[n,k] = sum over m of g[n,m] b[k,m], the terms dealt out by m modulo 8 to partial sums.
void backward(const float* g,
              std::int64_t rows,
              std::int64_t columns,
              const float* b,
              std::int64_t depth,
              float* out);
void backward(const double* g,
              std::int64_t rows,
              std::int64_t columns,
              const double* b,
              std::int64_t depth,
              double* out);

}  // namespace monodr::row_products
