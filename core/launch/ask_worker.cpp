// SPDX-License-Identifier: Apache-2.0
#include "launch/ask_worker.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "launch/worker_pool.h"
#include "launch/workers.h"

namespace monodr {
namespace {

using nlohmann::json;

/// A file in memory that this process's children open by its path. It needs no folder and leaves
/// nothing behind, however this process ends.
class FileInMemory {
 public:
  explicit FileInMemory(std::string_view content) : file_(::memfd_create("order", MFD_CLOEXEC)) {
    const auto fail = [](const char* what) {
      throw UserError(fmt::format("cannot {} the worker's order: {}", what, std::strerror(errno)));
    };
    if (file_ < 0) fail("create");
    while (!content.empty()) {
      const ssize_t written = ::write(file_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        const int reason = errno;
        ::close(file_);
        errno = reason;
        fail("write");
      }
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  ~FileInMemory() { ::close(file_); }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;

  std::string path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), file_); }

 private:
  int file_;
};

/// To its end; nothing if a signal asked to stop.
std::optional<json> follow(WorkerProcess& process, Progress& progress) {
  std::string log, error;
  json last;
  for (bool open = true; open;) {
    if (SignalGuard::stop_requested()) return std::nullopt;
    std::vector<int> descriptors{process.output()};
    if (process.log() >= 0) descriptors.push_back(process.log());
    wait_for(descriptors, 1000);
    std::vector<std::string> lines;
    open = process.read_lines(lines);
    log += process.read_log();
    for (const std::string& line : lines) {
      const json report = json::parse(line, nullptr, false);
      if (!report.is_object()) continue;
      error = report.value("error", error);
      if (report.contains("done")) last = report;
      if (report.contains("note")) progress.note(report.value("note", ""));
      if (report.contains("progress"))
        progress.preparing(report.value("what", "preparing"), report.value("progress", 0.0));
    }
  }
  log += process.read_log();
  const std::string failure = process.wait();
  progress.end();
  if (!error.empty()) throw UserError(error);
  if (!failure.empty() || last.is_null())
    throw UserError(
        fmt::format("the worker {}\n{}", failure.empty() ? "ended early" : failure, log));
  return last;
}

}  // namespace

std::optional<json> ask_worker(const std::string& worker,
                               const std::string& command,
                               const std::string& order,
                               Progress& progress) {
  const SignalGuard signals;
  const FileInMemory file(order);
  WorkerOptions options;
  options.program = worker;
  options.arguments = {command, file.path()};
  options.threads = available_cores();
  WorkerProcess process(options);
  process.close_input();
  return follow(process, progress);
}

}  // namespace monodr
