// SPDX-License-Identifier: Apache-2.0
#include "prior_file.h"

#include <ATen/Functions.h>

#include <bit>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace monodr::mesh_autoencoder {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the file's arrays are little-endian");

constexpr const char* kPlugin = "mesh_autoencoder";

json header_of(const std::string& path, std::string_view line) {
  const json header = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object() || !header.contains("plugin") || !header.contains("version"))
    throw UserError(fmt::format(
        "'{}' is not a trained shape prior: its first line is no header; give a file written by "
        "'runexp prior train', or remove it to have it trained again",
        path));
  if (header.at("plugin") != kPlugin)
    throw UserError(fmt::format("'{}' was written by the shape prior {}, not by {}",
                                path,
                                header.at("plugin").dump(),
                                kPlugin));
  if (header.at("version") != kFileVersion)
    throw UserError(
        fmt::format("'{}' has version {} of the file format, this program reads "
                    "version {}; train the prior again",
                    path,
                    header.at("version").dump(),
                    kFileVersion));
  return header;
}

}  // namespace

void write_prior_file(const std::string& path, PriorFile file) {
  std::string payload;
  json arrays = json::array();
  for (const auto& [name, tensor] : file.weights.named()) {
    const at::Tensor values = tensor->contiguous();
    arrays.push_back({{"name", name}, {"shape", values.sizes().vec()}});
    payload.append(reinterpret_cast<const char*>(values.data_ptr<float>()), values.nbytes());
  }
  const json header = {{"plugin", kPlugin},
                       {"version", kFileVersion},
                       {"parameters", file.parameters},
                       {"training", file.training},
                       {"arrays", arrays},
                       {"sha256", sha256(payload)}};
  write_file_atomically(path, header.dump() + "\n" + payload);
}

PriorFile read_prior_file(const std::string& path) {
  const std::string content = read_file(path);
  const size_t end_of_line = std::min(content.find('\n'), content.size());
  const json header = header_of(path, std::string_view(content).substr(0, end_of_line));
  const auto damaged = [&](const std::string& what) {
    return UserError(
        fmt::format("'{}' is damaged: {}; remove it to have it trained again", path, what));
  };
  const std::string_view payload =
      std::string_view(content).substr(std::min(end_of_line + 1, content.size()));
  if (header.value("sha256", "") != sha256(payload))
    throw damaged("its arrays do not have the checksum of the header");

  PriorFile file;
  size_t offset = 0;
  try {
    file.parameters = header.at("parameters");
    file.training = header.at("training");
    size_t index = 0;
    for (const auto& [name, tensor] : file.weights.named()) {
      const json& array = header.at("arrays").at(index++);
      if (array.at("name") != name) throw damaged(fmt::format("it lacks the array '{}'", name));
      *tensor = at::empty(array.at("shape").get<std::vector<std::int64_t>>(), at::kFloat);
      if (offset + tensor->nbytes() > payload.size()) throw damaged("it ends too early");
      std::memcpy(tensor->data_ptr<float>(), payload.data() + offset, tensor->nbytes());
      offset += tensor->nbytes();
    }
  } catch (const json::exception& error) {
    throw damaged(error.what());
  }
  return file;
}

}  // namespace monodr::mesh_autoencoder
