// SPDX-License-Identifier: Apache-2.0
#include "launch/cell_log.h"

#include <filesystem>

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr size_t lines_shown = 12;
constexpr size_t tail_bytes = 8192;

}  // namespace

std::string log_file(const std::string& logs_folder, const std::string& cell) {
  return (fs::path(logs_folder) / (cell.substr(0, 12) + ".log")).string();
}

void CellLog::begin(const std::string& logs_folder, const std::string& cell) {
  end();
  folder_ = logs_folder;
  path_ = log_file(logs_folder, cell);
  tail_.clear();
  std::error_code ignored;
  fs::remove(path_, ignored);
}

void CellLog::append(const std::string& text) {
  if (text.empty()) return;
  tail_ += text;
  if (tail_.size() > 2 * tail_bytes) tail_.erase(0, tail_.size() - tail_bytes);
  if (!file_.is_open()) {
    std::error_code ignored;  // where it cannot be kept, the message still has its end
    fs::create_directories(folder_, ignored);
    file_.open(path_);
  }
  file_ << text << std::flush;
}

std::string CellLog::last_lines() const {
  size_t begin = tail_.find_last_not_of('\n');
  if (begin == std::string::npos) return "";
  const size_t end = begin + 1;
  for (size_t lines = 0; lines < lines_shown && begin != std::string::npos; ++lines)
    begin = begin == 0 ? std::string::npos : tail_.rfind('\n', begin - 1);
  begin = begin == std::string::npos ? 0 : begin + 1;
  return tail_.substr(begin, end - begin);
}

void CellLog::end() {
  file_.close();
  file_.clear();
}

}  // namespace monodr
