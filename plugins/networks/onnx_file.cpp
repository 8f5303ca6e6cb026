// SPDX-License-Identifier: Apache-2.0
//
// ONNX is a protocol buffer (onnx.proto3): a sequence of (number << 3 | kind, value). Read here: ModelProto
// {1 ir_version, 2 producer_name, 3 producer_version, 7 graph, 8 opset_import}, GraphProto {5 initializer, 11 input,
// 12 output}, ValueInfoProto {1 name, 2 type}, TypeProto {1 tensor {2 shape {1 dim {1 value}}}}.
#include "onnx_file.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "network.h"

namespace monodr {
namespace {

class CutShort {};

/// One message's fields, in their order.
class Message {
 public:
  explicit Message(std::string_view bytes) : bytes_(bytes) {}

  /// false at the end. Throws CutShort where the bytes end within a field or it is of no known kind.
  bool next() {
    if (at_ == bytes_.size()) return false;
    const std::uint64_t key = varint();
    number = int(key >> 3);
    text = {};
    value = 0;
    switch (key & 7) {
      case 0:
        value = varint();
        break;
      case 1:
        take(8);
        break;
      case 2:
        text = take(varint());
        break;
      case 5:
        take(4);
        break;
      default:
        throw CutShort();
    }
    if (number == 0) throw CutShort();
    return true;
  }

  int number = 0;
  std::uint64_t value = 0;
  std::string_view text;  ///< a message, a string or bytes

 private:
  std::uint64_t varint() {
    std::uint64_t result = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      result |= std::uint64_t(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return result;
    }
    throw CutShort();
  }
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) throw CutShort();
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// The message in the first field of that number; "" = none.
std::string_view inner(std::string_view bytes, int number) {
  for (Message message(bytes); message.next();)
    if (message.number == number) return message.text;
  return {};
}

OnnxValue read_value(std::string_view bytes) {
  OnnxValue result;
  result.name = inner(bytes, 1);
  const std::string_view shape = inner(inner(inner(bytes, 2), 1), 2);
  for (Message dimension(shape); dimension.next();) {
    if (dimension.number != 1) continue;
    std::int64_t side = -1;
    for (Message field(dimension.text); field.next();)
      if (field.number == 1) side = std::int64_t(field.value);
    result.shape.push_back(side);
  }
  return result;
}

void read_graph(std::string_view bytes, OnnxFile& file) {
  std::set<std::string> weights;
  for (Message graph(bytes); graph.next();) {
    if (graph.number == 5) weights.emplace(inner(graph.text, 8));
    if (graph.number == 11) file.inputs.push_back(read_value(graph.text));
    if (graph.number == 12) file.outputs.push_back(read_value(graph.text));
  }
  std::erase_if(file.inputs, [&](const OnnxValue& value) { return weights.count(value.name) > 0; });
}

OnnxFile read_model(std::string_view bytes) {
  OnnxFile file;
  std::string version;
  for (Message model(bytes); model.next();) {
    if (model.number == 1) file.ir_version = std::int64_t(model.value);
    if (model.number == 2) file.producer = model.text;
    if (model.number == 3) version = model.text;
    if (model.number == 7) read_graph(model.text, file);
    if (model.number != 8) continue;
    std::string_view domain;
    std::int64_t opset = 0;
    for (Message set(model.text); set.next();) {
      if (set.number == 1) domain = set.text;
      if (set.number == 2) opset = std::int64_t(set.value);
    }
    if (domain.empty() || domain == "ai.onnx") file.opset = opset;
  }
  if (!version.empty()) file.producer += " " + version;
  return file;
}

/// The format of a file that is not ONNX, by its first bytes; "" = not known.
std::string other_format(std::string_view bytes) {
  if (bytes.starts_with("PK\x03\x04"))
    return "an archive as TorchScript and PyTorch write it; a TorchScript file is read by plugin = "
           "\"torchscript\", "
           "weights alone are to be exported first";
  if (bytes.substr(0, 8).find("TFL3") != std::string_view::npos) return "a TensorFlow Lite file";
  if (bytes.starts_with("\x80\x02") || bytes.starts_with("\x80\x04")) return "a Python pickle";
  if (bytes.starts_with("\x89HDF")) return "an HDF5 file";
  if (bytes.starts_with("{")) return "a JSON file";
  return "";
}

}  // namespace

std::string OnnxFile::describe() const {
  const auto list = [](const std::vector<OnnxValue>& values) {
    std::vector<std::string> texts;
    for (const OnnxValue& value : values)
      texts.push_back(value.name + " " + describe_shape(value.shape));
    return join(texts, ", ");
  };
  return fmt::format("inputs {}; outputs {}; opset {}{}",
                     list(inputs),
                     list(outputs),
                     opset,
                     producer.empty() ? "" : ", written by " + producer);
}

OnnxFile read_onnx_file(const std::string& path) {
  check_model_file(path);
  const std::string bytes = read_file(path);
  const std::string other = other_format(bytes);
  if (!other.empty()) throw UserError(fmt::format("'{}' is no ONNX file but {}", path, other));
  OnnxFile file;
  try {
    file = read_model(bytes);
  } catch (const CutShort&) {
    throw UserError(
        fmt::format("'{}' is cut short or no ONNX file: its {} bytes do not end where its parts "
                    "do; fetch it again",
                    path,
                    bytes.size()));
  }
  if (file.ir_version == 0 || file.outputs.empty())
    throw UserError(fmt::format("'{}' is no ONNX file: it holds no graph with outputs", path));
  return file;
}

}  // namespace monodr
