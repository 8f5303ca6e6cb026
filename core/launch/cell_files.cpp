// SPDX-License-Identifier: Apache-2.0
#include "launch/cell_files.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "launch/picture_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
// Ordered: a configuration must come back as the text that it was.
using json = nlohmann::ordered_json;

constexpr size_t id_digits = 64;

std::string dump(const json& document) {
  return document.dump(1, ' ', false, json::error_handler_t::replace);
}

json to_json(const std::vector<PluginRecord>& plugins) {
  json list = json::array();
  for (const PluginRecord& plugin : plugins)
    list.push_back({{"kind", plugin.kind},
                    {"name", plugin.name},
                    {"version", plugin.version},
                    {"file_hash", plugin.file_hash}});
  return list;
}

CellRecord record_from_json(const json& cell) {
  CellRecord record;
  record.id = cell.at("id");
  record.experiment = cell.at("experiment");
  record.arm = cell.at("arm");
  record.arm_order = cell.at("arm_order");
  record.seed = cell.at("seed");
  record.axes = cell.at("axes").get<std::map<std::string, std::string>>();
  record.config = cell.at("config").dump();
  record.code_hash = cell.at("code_hash");
  for (const json& plugin : cell.at("plugins"))
    record.plugins.push_back(
        {plugin.at("kind"), plugin.at("name"), plugin.at("version"), plugin.at("file_hash")});
  return record;
}

// <experiment>.<64 digits>.json and nothing else.
bool is_cell_file(const std::string& name) {
  const std::string suffix = ".json";
  if (name.size() < id_digits + suffix.size() + 2) return false;
  const size_t begin = name.size() - suffix.size() - id_digits;
  return name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0 &&
         name[begin - 1] == '.' &&
         name.find_first_not_of("0123456789abcdef", begin) == name.size() - suffix.size();
}

std::optional<CellRecord> read_record(const std::string& path) {
  try {
    return record_from_json(json::parse(read_file(path)));
  } catch (const std::exception&) {
    return std::nullopt;  // another process has just removed it, or it is not ours
  }
}

}  // namespace

std::string CellFiles::stem(const CellRecord& record) const {
  return (fs::path(folder_) / (record.experiment + "." + record.id)).string();
}

std::string CellFiles::result_file(const CellRecord& record) const {
  return stem(record) + ".result.json";
}

std::string CellFiles::hand_out(const CellRecord& record,
                                const CellSurroundings& surroundings) const {
  remove(record);
  const fs::path pictures =
      fs::path(surroundings.pictures_folder) / record.experiment / picture_folder_name(record);
  const json cell{{"id", record.id},
                  {"experiment", record.experiment},
                  {"arm", record.arm},
                  {"arm_order", record.arm_order},
                  {"seed", record.seed},
                  {"axes", record.axes},
                  {"plugins", to_json(record.plugins)},
                  {"code_hash", record.code_hash},
                  {"config", json::parse(record.config)},
                  {"plugin_folders", surroundings.plugin_folders},
                  {"cache", surroundings.cache_folder},
                  {"output", result_file(record)},
                  {"pictures", pictures.string()}};
  const std::string path = stem(record) + ".json";
  write_file_atomically(path, dump(cell));
  return path;
}

CellResult CellFiles::read_result(const CellRecord& record) const {
  const std::string file = result_file(record);
  const std::string text = read_file(file);
  try {
    CellResult result = cell_result_from_json(text);
    if (result.cell != record.id || (result.state != "done" && result.state != "failed"))
      throw UserError("it belongs to another cell, or says neither done nor failed");
    return result;
  } catch (const std::exception& error) {
    throw UserError(fmt::format("cannot read the result '{}': {}", file, error.what()));
  }
}

// A result that cannot be read (of an older program, say) is as good as none: the cell runs again.
std::optional<CellResult> CellFiles::read_left_result(const CellRecord& record) const {
  if (!fs::exists(result_file(record))) return std::nullopt;
  try {
    return read_result(record);
  } catch (const UserError&) {
    return std::nullopt;
  }
}

void CellFiles::remove(const CellRecord& record) const {
  const std::string cell_file = fs::path(stem(record)).filename().string() + ".json";
  const std::string prefix = fs::path(stem(record)).filename().string() + ".";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0 && name != cell_file) fs::remove(entry.path(), ignored);
  }
  // Last: as long as it is there, whoever comes after a kill in this loop finds the others.
  fs::remove(fs::path(folder_) / cell_file, ignored);
}

int CellFiles::import_leftovers(Database& database) const {
  std::error_code ignored;
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder_, ignored))
    if (is_cell_file(entry.path().filename().string())) files.push_back(entry.path().string());
  int taken = 0;
  for (const std::string& file : files) {
    const std::optional<CellRecord> record = read_record(file);
    if (!record || !database.mark_running(*record, ::getpid())) continue;
    if (const std::optional<CellResult> result = read_left_result(*record)) {
      database.import_result(*record,
                             *result);  // where this fails, the file stays for the next start
      ++taken;
    }
    remove(*record);
    database.release(*record);
  }
  return taken;
}

}  // namespace monodr
