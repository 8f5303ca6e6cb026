// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace monodr {

/// Writes small ONNX files (onnx.proto3), so that no test needs somebody's weights.
class OnnxWriter {
 public:
  using Shape = std::vector<std::int64_t>;

  OnnxWriter& input(const std::string& name, const Shape& shape) {
    graph_ += bytes(11, value(name, shape));
    return *this;
  }
  OnnxWriter& output(const std::string& name, const Shape& shape) {
    graph_ += bytes(12, value(name, shape));
    return *this;
  }
  /// out = conv(in) + bias: kernel 1 x 1, `stride` pixels apart; weights [channels out][channels in].
  OnnxWriter& convolution(const std::string& in,
                          const std::string& out,
                          const std::vector<std::vector<float>>& weights,
                          const std::vector<float>& bias,
                          int stride) {
    std::vector<float> flat;
    for (const auto& row : weights) flat.insert(flat.end(), row.begin(), row.end());
    tensor(out + "_w", {std::int64_t(weights.size()), std::int64_t(weights[0].size()), 1, 1}, flat);
    tensor(out + "_b", {std::int64_t(bias.size())}, bias);
    graph_ += bytes(1,
                    bytes(1, in) + bytes(1, out + "_w") + bytes(1, out + "_b") + bytes(2, out) +
                        bytes(3, "node_" + out) + bytes(4, "Conv") +
                        attribute("kernel_shape", {1, 1}) + attribute("strides", {stride, stride}));
    return *this;
  }
  /// An operator without attributes, whatever a reader makes of its name.
  OnnxWriter& node(const std::string& type, const std::string& in, const std::string& out) {
    graph_ += bytes(1, bytes(1, in) + bytes(2, out) + bytes(3, "node_" + out) + bytes(4, type));
    return *this;
  }

  std::string file(std::int64_t opset = 12) const {
    return number(1, 7) + bytes(2, "monodr_test") + bytes(7, bytes(2, "graph") + graph_) +
           bytes(8, bytes(1, "") + number(2, opset));
  }

 private:
  static std::string varint(std::uint64_t value) {
    std::string text;
    for (; value >= 0x80; value >>= 7) text += char((value & 0x7f) | 0x80);
    return text + char(value);
  }
  static std::string number(int field, std::int64_t value) {
    return varint(std::uint64_t(field) << 3) + varint(std::uint64_t(value));
  }
  static std::string bytes(int field, const std::string& content) {
    return varint(std::uint64_t(field) << 3 | 2) + varint(content.size()) + content;
  }
  static std::string value(const std::string& name, const Shape& shape) {
    std::string dimensions;
    for (const std::int64_t side : shape) dimensions += bytes(1, number(1, side));
    return bytes(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, dimensions)));
  }
  static std::string attribute(const std::string& name, const Shape& values) {
    std::string content = bytes(1, name);
    for (const std::int64_t v : values) content += number(8, v);
    return bytes(5, content + number(20, 7));
  }
  void tensor(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    std::string content;
    for (const std::int64_t side : shape) content += number(1, side);
    content +=
        number(2, 1) + bytes(8, name) +
        bytes(9, std::string(reinterpret_cast<const char*>(values.data()), 4 * values.size()));
    graph_ += bytes(5, content);
  }

  std::string graph_;
};

}  // namespace monodr
