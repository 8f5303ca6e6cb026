// SPDX-License-Identifier: Apache-2.0
#include "experiment/ask_worker.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "experiment/crew.h"
#include "experiment/workers.h"

namespace monodr {
namespace {

using nlohmann::json;

/// A file that lives as long as the object, outside of the results' folder.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    path_ = (std::filesystem::temp_directory_path() / "monodr-ask-XXXXXX").string();
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0) throw UserError(fmt::format("cannot create '{}'", path_));
    ::close(descriptor);
    write_file_atomically(path_, content);
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
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
                               const json& document,
                               Progress& progress) {
  const SignalGuard signals;
  const TemporaryFile file(document.dump());
  WorkerOptions options;
  options.program = worker;
  options.arguments = {command, file.path()};
  options.threads = available_cores();
  WorkerProcess process(options);
  process.close_input();
  return follow(process, progress);
}

}  // namespace monodr
