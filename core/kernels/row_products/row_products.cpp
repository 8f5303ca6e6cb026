// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <vector>

#include "kernels/failure.h"
#include "kernels/monodr_kernels.h"
#include "kernels/parallel_items.h"
#include "kernels/row_products/rows.h"
#include "kernels/strided.h"

namespace monodr {
namespace {

/// Rows that share what is loaded of the matrix.
constexpr std::int64_t kBlock = 64;

template <typename Value>
struct Matrix {
  ItemArray<Value> rows;
  std::int64_t columns = 0, stride = 0;
  bool in_one_piece = false;

  Matrix(const monodr_array* array, std::int64_t count, std::int64_t width, const char* name)
      : columns(width) {
    check_pointer(array, name);
    if (count > 0 && width > 0) check_pointer(array->data, name);
    rows = ItemArray<Value>(*array, count, {1, 1, width}, 1);
    stride = array->stride[0];
    in_one_piece = rows.dense() && (count <= 1 || stride == width);
  }

  /// Rows first to first + count - 1, one behind the other.
  const Value* read(std::int64_t first, std::int64_t count, std::vector<Value>& copy) const {
    static thread_local std::vector<Value> one;
    if (in_one_piece || count == 0) return rows.read(first, one);
    copy.resize(count * columns);
    for (std::int64_t n = 0; n < count; ++n)
      std::copy_n(rows.read(first + n, one), columns, copy.data() + n * columns);
    return copy.data();
  }
  Value* write(std::int64_t first, std::int64_t count, std::vector<Value>& copy) const {
    if (in_one_piece) return rows.write(first, copy);
    copy.resize(count * columns);
    return copy.data();
  }
  void finish(std::int64_t first, std::int64_t count, const std::vector<Value>& copy) const {
    if (in_one_piece) return;
    static thread_local std::vector<Value> one;
    for (std::int64_t n = 0; n < count; ++n) {
      Value* row = rows.write(first + n, one);
      std::copy_n(copy.data() + n * columns, columns, row);
      rows.finish(first + n, one);
    }
  }
};

template <typename Value, class Product>
void in_blocks(const Matrix<Value>& from,
               const Matrix<Value>& to,
               std::int64_t rows,
               int threads,
               const Product& product) {
  for_each_item((rows + kBlock - 1) / kBlock, threads, [&](std::int64_t block) {
    static thread_local std::vector<Value> in, out;
    const std::int64_t first = block * kBlock, count = std::min(kBlock, rows - first);
    Value* result = to.write(first, count, out);
    product(from.read(first, count, in), count, result);
    to.finish(first, count, out);
  });
}

void check_shape(std::int64_t rows, std::int64_t depth, std::int64_t columns, int threads) {
  const std::int64_t most = std::int64_t(1) << 31;
  check_size(rows, most, "rows");
  check_size(depth, most, "depth");
  check_size(columns, most, "columns");
  check_threads(threads);
}

template <typename Value>
void multiply(std::int64_t rows,
              std::int64_t depth,
              std::int64_t columns,
              const monodr_array* a,
              const monodr_array* b,
              const monodr_array* start,
              const monodr_array* out,
              int threads) {
  const Matrix<Value> from(a, rows, depth, "a"), by(b, depth, columns, "b"),
      to(out, rows, columns, "out");
  to.rows.check_apart("out");
  std::vector<Value> whole_b, whole_start;
  const Value* matrix = by.read(0, depth, whole_b);
  const Value* first = nullptr;
  if (start != nullptr && start->data != nullptr) {
    // One row whose elements are start[0] apart.
    const ItemArray<Value> row(
        monodr_array{start->data, {0, start->stride[0], 0, 0}}, 1, {1, 1, columns}, 1);
    first = row.read(0, whole_start);
  }
  in_blocks(from, to, rows, threads, [&](const Value* in, std::int64_t count, Value* result) {
    row_products::forward(in, count, depth, matrix, columns, first, result);
  });
}

template <typename Value>
void multiply_backward(std::int64_t rows,
                       std::int64_t depth,
                       std::int64_t columns,
                       const monodr_array* g,
                       const monodr_array* b,
                       const monodr_array* out,
                       int threads) {
  const Matrix<Value> from(g, rows, columns, "g"), by(b, depth, columns, "b"),
      to(out, rows, depth, "out");
  to.rows.check_apart("out");
  std::vector<Value> whole_b;
  const Value* matrix = by.read(0, depth, whole_b);
  in_blocks(from, to, rows, threads, [&](const Value* in, std::int64_t count, Value* result) {
    row_products::backward(in, count, columns, matrix, depth, result);
  });
}

template <class Float, class Double>
void by_type(std::int32_t type, const Float& single, const Double& twice) {
  if (type == MONODR_FLOAT32)
    single();
  else if (type == MONODR_FLOAT64)
    twice();
  else
    fail(MONODR_BAD_VALUE, "type = %d is neither MONODR_FLOAT32 nor MONODR_FLOAT64", int(type));
}

}  // namespace
}  // namespace monodr

using namespace monodr;

int monodr_row_products(int32_t type,
                        int64_t rows,
                        int64_t depth,
                        int64_t columns,
                        const monodr_array* a,
                        const monodr_array* b,
                        const monodr_array* start,
                        const monodr_array* out,
                        int threads) {
  return guarded([&] {
    check_shape(rows, depth, columns, threads);
    by_type(
        type,
        [&] { multiply<float>(rows, depth, columns, a, b, start, out, threads); },
        [&] { multiply<double>(rows, depth, columns, a, b, start, out, threads); });
  });
}

int monodr_row_products_backward(int32_t type,
                                 int64_t rows,
                                 int64_t depth,
                                 int64_t columns,
                                 const monodr_array* g,
                                 const monodr_array* b,
                                 const monodr_array* out,
                                 int threads) {
  return guarded([&] {
    check_shape(rows, depth, columns, threads);
    by_type(
        type,
        [&] { multiply_backward<float>(rows, depth, columns, g, b, out, threads); },
        [&] { multiply_backward<double>(rows, depth, columns, g, b, out, threads); });
  });
}
