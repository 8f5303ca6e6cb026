// SPDX-License-Identifier: Apache-2.0
// Rows times a matrix: against sums in double, and that a row's bits are the row's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/scenes.h"

namespace monodr {
namespace {

template <typename Value>
constexpr std::int32_t kType = sizeof(Value) == 4 ? MONODR_FLOAT32 : MONODR_FLOAT64;

template <typename Value>
void fill(Array<Value>& array, Random& random) {
  for (std::int64_t n = 0; n < array.count(); ++n)
    array[n] = static_cast<Value>(random.uniform(-1, 1));
}

template <typename Value>
class RowProducts : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(RowProducts, Types);

TYPED_TEST(RowProducts, AreSumsOfProductsOfStridedArrays) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const std::int64_t rows = random.below(150), depth = random.below(40),
                       columns = random.below(70);
    Array<TypeParam> a({rows, depth}, random), b({depth, columns}, random),
        start({columns}, random), out({rows, columns}, random), back({rows, depth}, random);
    fill(a, random);
    fill(b, random);
    fill(start, random);
    const monodr_array from = a.view(), by = b.view(), first = start.view(), to = out.view(),
                       to_a = back.view();
    const bool has_start = random.chance(0.5);
    const int threads = 1 + random.below(3);
    ASSERT_EQ(monodr_row_products(kType<TypeParam>,
                                  rows,
                                  depth,
                                  columns,
                                  &from,
                                  &by,
                                  has_start ? &first : nullptr,
                                  &to,
                                  threads),
              MONODR_OK)
        << monodr_last_message();
    const double tolerance =
        20 * std::numeric_limits<TypeParam>::epsilon() * double(depth + columns + 1);
    for (std::int64_t n = 0; n < rows; ++n)
      for (std::int64_t m = 0; m < columns; ++m) {
        double sum = has_start ? start[m] : 0;
        for (std::int64_t k = 0; k < depth; ++k)
          sum += double(a[n * depth + k]) * b[k * columns + m];
        ASSERT_NEAR(out[n * columns + m], sum, tolerance) << n << " " << m;
      }
    // As a gradient of the result take the result.
    ASSERT_EQ(monodr_row_products_backward(
                  kType<TypeParam>, rows, depth, columns, &to, &by, &to_a, threads),
              MONODR_OK)
        << monodr_last_message();
    for (std::int64_t n = 0; n < rows; ++n)
      for (std::int64_t k = 0; k < depth; ++k) {
        double sum = 0;
        for (std::int64_t m = 0; m < columns; ++m)
          sum += double(out[n * columns + m]) * b[k * columns + m];
        ASSERT_NEAR(back[n * depth + k], sum, tolerance * double(depth + 1)) << n << " " << k;
      }
  }
}

TYPED_TEST(RowProducts, OfARowAreItsOwnBits) {
  Random random(5);
  const std::int64_t rows = 131, depth = 37, columns = 83;
  std::vector<TypeParam> a(rows * depth), b(depth * columns), together(rows * columns),
      back(rows * depth);
  for (auto* values : {&a, &b})
    for (TypeParam& value : *values) value = static_cast<TypeParam>(random.uniform(-1, 1));
  const auto array = [](std::vector<TypeParam>& values, std::int64_t row, std::int64_t width) {
    return monodr_array{values.data() + row * width, {width, 1, 0, 0}};
  };
  const auto multiply = [&](std::int64_t first,
                            std::int64_t count,
                            std::vector<TypeParam>& to,
                            std::vector<TypeParam>& to_a,
                            std::int64_t at,
                            int threads) {
    const monodr_array from = array(a, first, depth), by = array(b, 0, columns),
                       out = array(to, at, columns), gradient = array(to_a, at, depth);
    ASSERT_EQ(monodr_row_products(
                  kType<TypeParam>, count, depth, columns, &from, &by, nullptr, &out, threads),
              MONODR_OK);
    ASSERT_EQ(monodr_row_products_backward(
                  kType<TypeParam>, count, depth, columns, &out, &by, &gradient, threads),
              MONODR_OK);
  };
  multiply(0, rows, together, back, 0, 1);
  for (const auto& [step, threads] : {std::pair{1, 1}, {7, 2}, {64, 3}, {100, 2}}) {
    std::vector<TypeParam> parts(rows * columns), back_parts(rows * depth);
    for (std::int64_t first = 0; first < rows; first += step)
      multiply(
          first, std::min<std::int64_t>(step, rows - first), parts, back_parts, first, threads);
    EXPECT_EQ(std::memcmp(parts.data(), together.data(), parts.size() * sizeof(TypeParam)), 0)
        << step << " rows at a time";
    EXPECT_EQ(std::memcmp(back_parts.data(), back.data(), back.size() * sizeof(TypeParam)), 0)
        << step << " rows at a time, backward";
  }
}

TEST(RowProductsFaults, AreCodes) {
  float value = 1;
  const monodr_array one{&value, {1, 1, 0, 0}}, none{};
  EXPECT_EQ(monodr_row_products(2, 1, 1, 1, &one, &one, nullptr, &one, 1), MONODR_BAD_VALUE);
  EXPECT_EQ(monodr_row_products(MONODR_FLOAT32, -1, 1, 1, &one, &one, nullptr, &one, 1),
            MONODR_BAD_SIZE);
  EXPECT_EQ(monodr_row_products(MONODR_FLOAT32, 1, 1, 1, &none, &one, nullptr, &one, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_row_products(MONODR_FLOAT32, 1, 1, 1, &one, &one, nullptr, nullptr, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_row_products_backward(MONODR_FLOAT32, 1, 1, 1, &one, &one, &one, 0),
            MONODR_BAD_SIZE);
  const monodr_array repeated{&value, {0, 1, 0, 0}};
  EXPECT_EQ(monodr_row_products(MONODR_FLOAT32, 2, 1, 1, &repeated, &one, nullptr, &repeated, 1),
            MONODR_BAD_SIZE);
}

}  // namespace
}  // namespace monodr
