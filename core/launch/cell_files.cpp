// SPDX-License-Identifier: Apache-2.0
#include "launch/cell_files.h"

#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "launch/heartbeat.h"
#include "launch/picture_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
constexpr size_t id_digits = 64;

// <experiment>.<64 digits>.json and nothing else.
bool is_cell_file(const std::string& name) {
  const std::string suffix = ".json";
  if (name.size() < id_digits + suffix.size() + 2) return false;
  const size_t begin = name.size() - suffix.size() - id_digits;
  return name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0 &&
         name[begin - 1] == '.' &&
         name.find_first_not_of("0123456789abcdef", begin) == name.size() - suffix.size();
}

std::optional<CellOrder> read_order(const std::string& path) {
  try {
    return cell_order_from_json(read_file(path));
  } catch (const std::exception&) {
    return std::nullopt;  // another process has just removed it, or it is not ours
  }
}

std::string beside(const std::string& order_file, const char* ending) {
  return fs::path(order_file).replace_extension(ending).string();
}

}  // namespace

std::string result_beside(const std::string& order_file) {
  return beside(order_file, ".result.json");
}

std::string death_beside(const std::string& order_file) {
  return beside(order_file, ".died");
}

bool is_settled(const std::string& order_file) {
  return fs::exists(result_beside(order_file)) || fs::exists(death_beside(order_file));
}

std::string CellFiles::order_file(const CellRecord& record) const {
  return stem(record) + ".json";
}

std::string CellFiles::stem(const CellRecord& record) const {
  return (fs::path(folder_) / (record.experiment + "." + record.id)).string();
}

std::string CellFiles::result_file(const CellRecord& record) const {
  return stem(record) + ".result.json";
}

CellOrder CellFiles::order_of(const CellRecord& record,
                              const CellSurroundings& surroundings) const {
  const fs::path pictures =
      fs::path(surroundings.pictures_folder) / record.experiment / picture_folder_name(record);
  return {record,
          surroundings.plugin_folders,
          surroundings.cache_folder,
          result_file(record),
          pictures.string()};
}

std::string CellFiles::hand_out(const CellRecord& record,
                                const CellSurroundings& surroundings) const {
  remove(record);
  const std::string path = order_file(record);
  write_file_atomically(path, to_json(order_of(record, surroundings)));
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

bool CellFiles::has_result(const CellRecord& record) const {
  return fs::exists(result_file(record));
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

std::vector<std::string> CellFiles::orders() const {
  std::error_code ignored;
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder_, ignored))
    if (is_cell_file(entry.path().filename().string())) files.push_back(entry.path().string());
  return files;
}

void CellFiles::renew_leases(Database& database) const {
  for (const std::string& file : orders())
    if (const auto heartbeat = read_heartbeat(file))
      if (const std::optional<CellOrder> order = read_order(file))
        database.renew_lease(order->record, heartbeat->time);
}

int CellFiles::import_leftovers(Database& database) const {
  renew_leases(database);
  int taken = 0;
  for (const std::string& file : orders()) {
    const std::optional<CellOrder> order = read_order(file);
    if (!order || !database.mark_running(order->record, ::getpid())) continue;
    if (std::optional<CellResult> result = read_left_result(order->record)) {
      result->provenance["plugin_folders"] = join(order->plugin_folders, ",");
      // Where this fails, the file stays for the next start.
      database.import_result(order->record, *result);
      ++taken;
    }
    remove(order->record);
    database.release(order->record);
  }
  return taken;
}

}  // namespace monodr
