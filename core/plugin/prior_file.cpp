// SPDX-License-Identifier: Apache-2.0
#include "plugin/prior_file.h"

#include <ATen/Functions.h>

#include <bit>
#include <cstring>
#include <string_view>

#include "base/parameters_json.h"
#include "base/sha256.h"
#include "base/text.h"

namespace monodr {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the file's arrays are little-endian");

constexpr const char* kFormat = "monodr shape prior 2";

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

json header_of(const std::string& path, std::string_view line) {
  const json header = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object() || !header.contains("format") || !header.contains("plugin"))
    throw UserError(fmt::format(
        "'{}' is not a trained shape prior: its first line is no header; give a file written by "
        "'runexp prior train'",
        path));
  if (header.at("format") != kFormat)
    throw UserError(
        fmt::format("'{}' has the format {}, this program reads \"{}\"; train the prior "
                    "again",
                    path,
                    header.at("format").dump(),
                    kFormat));
  return header;
}

UserError damaged(const std::string& path, const std::string& what) {
  return UserError(fmt::format("'{}' is damaged: {}; remove it and train again", path, what));
}

PriorRecord record_of(const json& header) {
  PriorRecord record;
  record.plugin = header.at("plugin");
  record.version = header.at("version");
  record.parameters = header.at("parameters");
  record.corpus = header.at("corpus");
  record.seed = header.at("seed");
  record.seconds = header.at("seconds");
  for (const json& point : header.at("curve")) record.curve.push_back({point.at(0), point.at(1)});
  return record;
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

std::string major(const std::string& version) {
  return version.substr(0, version.find('.'));
}

}  // namespace

void write_prior_file(const std::string& path,
                      const PriorRecord& record,
                      const TensorTable& state) {
  std::string payload;
  json arrays = json::array();
  for (const auto& [name, tensor] : state) {
    const at::Tensor values = tensor.detach().contiguous();
    arrays.push_back({{"name", name},
                      {"type", type_name(name, values.scalar_type())},
                      {"shape", values.sizes().vec()}});
    payload.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
  }
  json curve = json::array();
  for (const auto& point : record.curve) curve.push_back({point.share, point.loss});
  const json header = {{"format", kFormat},
                       {"plugin", record.plugin},
                       {"version", record.version},
                       {"parameters", record.parameters},
                       {"corpus", record.corpus},
                       {"seed", record.seed},
                       {"seconds", record.seconds},
                       {"curve", curve},
                       {"arrays", arrays},
                       {"sha256", sha256(payload)}};
  write_file_atomically(path, header.dump() + "\n" + payload);
}

PriorFile read_prior_file(const std::string& path) {
  const std::string content = read_file(path);
  const size_t end_of_line = std::min(content.find('\n'), content.size());
  const json header = header_of(path, std::string_view(content).substr(0, end_of_line));
  const std::string_view payload =
      std::string_view(content).substr(std::min(end_of_line + 1, content.size()));
  if (header.value("sha256", "") != sha256(payload))
    throw damaged(path, "its arrays do not have the checksum of the header");
  try {
    return {record_of(header), arrays_of(header, payload)};
  } catch (const json::exception& error) {
    throw damaged(path, error.what());
  } catch (const UserError& error) {
    throw damaged(path, error.what());
  }
}

PriorRecord read_prior_record(const std::string& path) {
  const std::string content = read_file(path);
  try {
    return record_of(header_of(path, std::string_view(content).substr(0, content.find('\n'))));
  } catch (const json::exception& error) {
    throw damaged(path, error.what());
  }
}

std::unique_ptr<ShapePrior> load_prior(const std::string& path, Registry& registry) {
  const PriorFile file = read_prior_file(path);
  const PluginInfo& info = registry.find(PluginKind::shape_prior, file.record.plugin).info;
  if (major(info.version) != major(file.record.version))
    throw UserError(
        fmt::format("'{}' was written by version {} of the shape prior {}, but version {} is "
                    "installed; train it again",
                    path,
                    file.record.version,
                    file.record.plugin,
                    info.version));
  try {
    auto prior = registry.make<ShapePrior>(
        file.record.plugin,
        parameters_from_json(info.parameters, file.record.parameters, "shape_prior." + info.name));
    prior->restore(file.state);
    return prior;
  } catch (const UserError& error) {
    throw damaged(path, error.what());
  }
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
