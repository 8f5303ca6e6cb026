// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace monodr {

/// An input or output of a graph: its name and sides, -1 = left open.
struct OnnxValue {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// What an ONNX file says of itself: enough to tell a person what is wrong with it, before a library is asked.
struct OnnxFile {
  std::string producer;                    ///< "pytorch 2.1"
  std::int64_t ir_version = 0;             ///< of the format
  std::int64_t opset = 0;                  ///< version of the operators
  std::vector<OnnxValue> inputs, outputs;  ///< inputs without the weights

  /// "inputs images [1, 3, 384, 1248], outputs p3 [..], ...; opset 12, by pytorch 2.1".
  std::string describe() const;
};

/// UserError for a file that is cut short or of another format, by name where the format is known.
OnnxFile read_onnx_file(const std::string& path);

}  // namespace monodr
