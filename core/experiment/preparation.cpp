// SPDX-License-Identifier: Apache-2.0
#include "experiment/preparation.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "experiment/sweep.h"
#include "experiment/workers.h"

namespace monodr {
namespace {

using nlohmann::json;

/// A file that lives as long as the object, outside of the results' folder.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    path_ = (std::filesystem::temp_directory_path() / "monodr-prepare-XXXXXX").string();
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

// One configuration for each data set and prior that occurs.
std::vector<json> distinct_inputs(const std::vector<CellRecord>& cells) {
  std::set<std::string> seen;
  std::vector<json> configurations;
  for (const CellRecord& cell : cells) {
    json config = json::parse(cell.config);
    if (seen.insert(config.at("dataset").dump() + config.at("shape_prior").dump()).second)
      configurations.push_back(std::move(config));
  }
  return configurations;
}

/// Follows one `monodr-worker prepare` to its end; false if a signal asked to stop.
bool follow(WorkerProcess& process, Progress& progress) {
  std::string log, error;
  bool done = false;
  for (bool open = true; open;) {
    if (SignalGuard::stop_requested()) return false;
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
      done = done || report.contains("done");
      if (report.contains("note")) progress.note(report.value("note", ""));
      if (report.contains("progress"))
        progress.preparing(report.value("what", "preparing"), report.value("progress", 0.0));
    }
  }
  log += process.read_log();
  const std::string failure = process.wait();
  progress.end();
  if (!error.empty()) throw UserError(error);
  if (!failure.empty() || !done)
    throw UserError(fmt::format("cannot prepare the input: the worker {}\n{}",
                                failure.empty() ? "ended early" : failure,
                                log));
  return true;
}

}  // namespace

bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress) {
  const SignalGuard signals;
  for (const json& config : distinct_inputs(cells)) {
    const TemporaryFile file(json{
        {"config", config},
        {"plugin_folders", plugin_folders},
        {"cache", cache_folder}}.dump());
    WorkerOptions options;
    options.program = worker;
    options.arguments = {"prepare", file.path()};
    options.threads = available_cores();
    WorkerProcess process(options);
    process.close_input();
    if (!follow(process, progress)) return false;
  }
  return true;
}

}  // namespace monodr
