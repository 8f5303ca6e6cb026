// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "picture_input.h"

namespace monodr {

/// One output of a network. `values` are row-major; a network's numbers of any kind come as floats.
struct NetworkOutput {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;

  /// Shape without leading ones: [1, 1, 192, 640] is a map of 192 x 640.
  std::vector<std::int64_t> squeezed() const;
};

/// "[1, 32, 96, 312]".
std::string describe_shape(const std::vector<std::int64_t>& shape);

/// A network of a file that is run on one picture at a time. May be run by several threads at once.
class Network {
 public:
  virtual ~Network() = default;

  /// Its outputs: those that were asked for in their order, else all in the file's. UserError where the network
  /// cannot be run on a picture of this size, or yields a number that is not finite.
  virtual std::vector<NetworkOutput> run(const NetworkInput& input) const = 0;

  virtual const std::string& file() const = 0;
};

/// UserError unless there is a file with something in it that is no pointer of Git LFS; `remedy` says where such files
/// come from.
void check_model_file(const std::string& file);

/// UserError that names file and output where a number is not finite.
void check_finite(const std::string& file, const NetworkOutput& output);

}  // namespace monodr
