// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/failure.h"

namespace monodr {

/// An array of the C interface whose first dimension counts items. The loops want an item in one
/// piece, row after row: it is used where it lies if it does, else by way of a copy.
template <typename Value>
class ItemArray {
 public:
  /// No array: `data` was NULL.
  ItemArray() = default;
  /// `shape` is that of an item, with ones before it up to three dimensions.
  ItemArray(const monodr_array& array,
            std::int64_t count,
            const std::array<std::int64_t, 3>& shape,
            int dimensions)
      : data_(static_cast<Value*>(array.data)), count_(count), shape_(shape) {
    item_stride_ = array.stride[0];
    for (int k = 0; k < dimensions; ++k) stride_[3 - dimensions + k] = array.stride[1 + k];
    std::int64_t dense = 1;
    for (int k = 2; k >= 0; --k) {
      dense_ = dense_ && (shape_[k] <= 1 || stride_[k] == dense);
      dense *= shape_[k];
    }
    size_ = dense;
  }

  explicit operator bool() const { return data_ != nullptr; }
  bool dense() const { return dense_; }

  /// Item n to read; null without an array.
  const Value* read(std::int64_t n, std::vector<Value>& copy) const {
    if (dense_ || data_ == nullptr) return at(n);
    copy.resize(size_);
    each(n, [&](Value& value, std::int64_t to) { copy[to] = value; });
    return copy.data();
  }
  /// Item n to write: between this and finish() it may be a copy.
  Value* write(std::int64_t n, std::vector<Value>& copy) const {
    if (dense_ || data_ == nullptr) return at(n);
    copy.resize(size_);
    return copy.data();
  }
  Value* write_zeros(std::int64_t n, std::vector<Value>& copy) const {
    Value* item = write(n, copy);
    if (item != nullptr) std::fill_n(item, size_, Value(0));
    return item;
  }
  void finish(std::int64_t n, const std::vector<Value>& copy) const {
    if (!dense_ && data_ != nullptr)
      each(n, [&](Value& value, std::int64_t from) { value = copy[from]; });
  }
  /// Item n to read; null also where it is zero everywhere.
  const Value* read_nonzero(std::int64_t n, std::vector<Value>& copy) const {
    const Value* item = read(n, copy);
    if (item == nullptr) return nullptr;
    return std::any_of(item, item + size_, [](Value value) { return value != 0; }) ? item : nullptr;
  }

  /// Fails where two elements may share memory.
  void check_apart(const char* name) const {
    if (data_ == nullptr || count_ * size_ == 0) return;
    struct Dimension {
      std::int64_t stride, size;
    };
    std::array<Dimension, 4> dimensions{{{item_stride_, count_},
                                         {stride_[0], shape_[0]},
                                         {stride_[1], shape_[1]},
                                         {stride_[2], shape_[2]}}};
    for (Dimension& dimension : dimensions)
      dimension.stride = dimension.stride < 0 ? -dimension.stride : dimension.stride;
    std::sort(dimensions.begin(), dimensions.end(), [](const Dimension& a, const Dimension& b) {
      return a.stride < b.stride;
    });
    double extent = 0;  // of what the smaller strides reach; as a number that cannot overflow
    for (const Dimension& dimension : dimensions) {
      if (dimension.size <= 1) continue;
      if (double(dimension.stride) <= extent)
        fail(MONODR_BAD_SIZE, "%s is written, but with its strides elements share memory", name);
      extent += double(dimension.stride) * double(dimension.size - 1);
    }
  }

 private:
  Value* at(std::int64_t n) const { return data_ == nullptr ? nullptr : data_ + n * item_stride_; }

  template <class Function>
  void each(std::int64_t n, const Function& function) const {
    Value* item = at(n);
    std::int64_t index = 0;
    for (std::int64_t i = 0; i < shape_[0]; ++i)
      for (std::int64_t j = 0; j < shape_[1]; ++j)
        for (std::int64_t k = 0; k < shape_[2]; ++k, ++index)
          function(item[i * stride_[0] + j * stride_[1] + k * stride_[2]], index);
  }

  Value* data_ = nullptr;
  std::int64_t count_ = 0, size_ = 0, item_stride_ = 0;
  std::array<std::int64_t, 3> shape_{}, stride_{};
  bool dense_ = true;
};

}  // namespace monodr
