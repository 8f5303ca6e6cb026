// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "geometry/picture.h"

namespace monodr {

/// Pictures of the sizes that people have: one pixel, a column, upright, KITTI's, of noise, of one colour.
std::vector<ColourImage> contract_pictures();

/// Runs `answers` (as text, bit for bit) twice, on one thread and on two, and from two threads at once; "" if all
/// agree, else what differs.
std::string answers_that_change(const std::function<std::string()>& answers);

/// The bytes of the numbers.
template <typename Value>
std::string bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

}  // namespace monodr
