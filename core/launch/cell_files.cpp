// SPDX-License-Identifier: Apache-2.0
#include "launch/cell_files.h"

#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "launch/orders.h"
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

std::optional<CellRecord> read_record(const std::string& path) {
  try {
    return cell_order_from_json(read_file(path)).record;
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
  const std::string path = stem(record) + ".json";
  write_file_atomically(path,
                        to_json(CellOrder{record,
                                          surroundings.plugin_folders,
                                          surroundings.cache_folder,
                                          result_file(record),
                                          pictures.string()}));
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
