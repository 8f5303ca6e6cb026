// SPDX-License-Identifier: Apache-2.0
#include "plugin/tensor_file.h"

#include <ATen/Functions.h>

#include <bit>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace monodr {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the file's arrays are little-endian");

struct ArrayType {
  const char* name;
  at::ScalarType type;
};
constexpr ArrayType kTypes[] = {
    {"float32", at::kFloat}, {"float64", at::kDouble}, {"int64", at::kLong}};

std::string type_name(const std::string& array, at::ScalarType type) {
  for (const ArrayType& known : kTypes)
    if (known.type == type) return known.name;
  throw_check_failure("type", __FILE__, __LINE__, "array '" + array + "' has no type of the file");
}

at::ScalarType type_named(const std::string& name) {
  for (const ArrayType& known : kTypes)
    if (name == known.name) return known.type;
  throw UserError("it has an array of type " + name);
}

json header_of(const std::string& path, const TensorFileKind& kind, std::string_view line) {
  const json header = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object() || !header.contains("format") || !header.contains("plugin"))
    throw UserError(
        fmt::format("'{}' is not a {}: its first line is no header; give a file written by '{}'",
                    path,
                    kind.what,
                    kind.written_by));
  if (header.at("format") != kind.format)
    throw UserError(fmt::format("'{}' has the format {}, this program reads \"{}\"; {}",
                                path,
                                header.at("format").dump(),
                                kind.format,
                                kind.remedy));
  return header;
}

TensorTable arrays_of(const json& header, std::string_view payload) {
  TensorTable state;
  size_t offset = 0;
  for (const json& array : header.at("arrays")) {
    const at::Tensor values =
        at::empty(array.at("shape").get<std::vector<std::int64_t>>(), type_named(array.at("type")));
    if (offset + values.nbytes() > payload.size()) throw UserError("it ends too early");
    std::memcpy(values.data_ptr(), payload.data() + offset, values.nbytes());
    offset += values.nbytes();
    state[array.at("name")] = values;
  }
  return state;
}

}  // namespace

UserError damaged_tensor_file(const std::string& path, const std::string& what) {
  return UserError(fmt::format("'{}' is damaged: {}; remove it and train again", path, what));
}

void write_tensor_file(const std::string& path,
                       const TensorFileKind& kind,
                       json header,
                       const TensorTable& table) {
  std::string payload;
  json arrays = json::array();
  for (const auto& [name, tensor] : table) {
    const at::Tensor values = tensor.detach().contiguous();
    arrays.push_back({{"name", name},
                      {"type", type_name(name, values.scalar_type())},
                      {"shape", values.sizes().vec()}});
    payload.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
  }
  header["format"] = kind.format;
  header["arrays"] = arrays;
  header["sha256"] = sha256(payload);
  write_file_atomically(path, header.dump() + "\n" + payload);
}

TensorFile read_tensor_file(const std::string& path, const TensorFileKind& kind) {
  const std::string content = read_file(path);
  const size_t end_of_line = std::min(content.find('\n'), content.size());
  const json header = header_of(path, kind, std::string_view(content).substr(0, end_of_line));
  const std::string_view payload =
      std::string_view(content).substr(std::min(end_of_line + 1, content.size()));
  if (header.value("sha256", "") != sha256(payload))
    throw damaged_tensor_file(path, "its arrays do not have the checksum of the header");
  try {
    return {header, arrays_of(header, payload)};
  } catch (const json::exception& error) {
    throw damaged_tensor_file(path, error.what());
  } catch (const UserError& error) {
    throw damaged_tensor_file(path, error.what());
  }
}

json read_tensor_header(const std::string& path, const TensorFileKind& kind) {
  const std::string content = read_file(path);
  return header_of(path, kind, std::string_view(content).substr(0, content.find('\n')));
}

at::Tensor take_array(const TensorTable& state, const std::string& name, at::IntArrayRef shape) {
  const auto found = state.find(name);
  if (found == state.end()) throw UserError(fmt::format("it lacks the array '{}'", name));
  const at::Tensor& array = found->second;
  bool fits = array.dim() == static_cast<std::int64_t>(shape.size());
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = shape[i] == -1 || array.size(static_cast<std::int64_t>(i)) == shape[i];
  if (!fits)
    throw UserError(fmt::format("its array '{}' has the shape [{}], expected was [{}]",
                                name,
                                fmt::join(array.sizes(), ","),
                                fmt::join(shape, ",")));
  return array;
}

}  // namespace monodr
