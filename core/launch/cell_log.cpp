// SPDX-License-Identifier: Apache-2.0
#include "launch/cell_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr size_t lines_shown = 12;
constexpr size_t tail_bytes = 8192;

// These two alone: another stream may be what the cell hangs in, and locked.
void flush_prints() {
  std::cout << std::flush;
  std::fflush(stdout);
  std::fflush(stderr);
}

}  // namespace

std::string log_file(const std::string& logs_folder, const std::string& cell) {
  return (fs::path(logs_folder) / (cell.substr(0, 12) + ".log")).string();
}

std::string last_lines(const std::string& text) {
  size_t begin = text.find_last_not_of('\n');
  if (begin == std::string::npos) return "";
  const size_t end = begin + 1;
  for (size_t lines = 0; lines < lines_shown && begin != std::string::npos; ++lines)
    begin = begin == 0 ? std::string::npos : text.rfind('\n', begin - 1);
  begin = begin == std::string::npos ? 0 : begin + 1;
  return text.substr(begin, end - begin);
}

std::string last_log_lines(const std::string& logs_folder, const std::string& cell) {
  std::ifstream file(log_file(logs_folder, cell), std::ios::binary | std::ios::ate);
  if (!file) return "";
  const auto size = static_cast<size_t>(file.tellg());
  std::string tail(std::min(size, tail_bytes), '\0');
  file.seekg(static_cast<std::streamoff>(size - tail.size()));
  file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  return last_lines(tail);
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
  return monodr::last_lines(tail_);
}

void CellLog::end() {
  file_.close();
  file_.clear();
}

PrintsToLog::PrintsToLog(const std::string& logs_folder, const std::string& cell) {
  if (logs_folder.empty()) return;
  std::error_code ignored;  // where it cannot be kept, it is printed as before
  fs::create_directories(logs_folder, ignored);
  path_ = log_file(logs_folder, cell);
  const int log = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return;
  flush_prints();
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    before_[stream - 1] = ::fcntl(stream, F_DUPFD_CLOEXEC, 3);
    ::dup2(log, stream);
  }
  ::close(log);
}

void PrintsToLog::end() {
  flush_prints();
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    int& before = before_[stream - 1];
    if (before < 0) continue;
    ::dup2(before, stream);
    ::close(before);
    before = -1;
  }
  std::error_code ignored;
  if (!path_.empty() && fs::file_size(path_, ignored) == 0) fs::remove(path_, ignored);
}

}  // namespace monodr
