// SPDX-License-Identifier: Apache-2.0
#include "launch/heartbeat.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace monodr {
namespace {

using nlohmann::json;

std::string file_of(const std::string& order_file) {
  return std::filesystem::path(order_file).replace_extension(".alive").string();
}

}  // namespace

void write_heartbeat(const std::string& order_file, const Heartbeat& heartbeat) {
  const json document{
      {"time", heartbeat.time}, {"progress", heartbeat.progress}, {"host", heartbeat.host}};
  write_file_atomically(file_of(order_file), document.dump());
}

std::optional<Heartbeat> read_heartbeat(const std::string& order_file) {
  if (!std::filesystem::exists(file_of(order_file))) return std::nullopt;
  try {
    const json document = json::parse(read_file(file_of(order_file)));
    return Heartbeat{document.at("time"), document.at("progress"), document.at("host")};
  } catch (const std::exception&) {
    return std::nullopt;  // its cell has just ended
  }
}

}  // namespace monodr
