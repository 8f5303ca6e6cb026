// SPDX-License-Identifier: Apache-2.0
#include "runexp/check_plugin.h"

#include <filesystem>
#include <iostream>

#include "launch/signal_guard.h"
#include "launch/workers.h"

namespace monodr {

namespace fs = std::filesystem;

int check_plugin(PluginKind kind,
                 const std::string& name,
                 const std::string& parameters,
                 const std::vector<std::string>& folders) {
  WorkerOptions options;
  options.program = worker_program();
  options.arguments = {"check", std::string(to_string(kind)), name, parameters};
  options.arguments.insert(options.arguments.end(), folders.begin(), folders.end());
  options.threads = 2;       // the contract compares one thread with two
  options.pipe_log = false;  // stderr goes where this program's goes
  WorkerProcess process(options);
  process.close_input();
  for (bool open = true; open;) {
    wait_for({process.output()}, 1000);
    std::vector<std::string> lines;
    open = process.read_lines(lines);
    for (const std::string& line : lines) std::cout << line << std::endl;
  }
  const std::string failure = process.wait();
  // 2: it could not be loaded, and the worker said why.
  if (process.exit_code() >= 0 && process.exit_code() <= 2) return process.exit_code();
  std::cout << fmt::format(
      "FAILED: the worker {} while it ran {} '{}'\n", failure, to_string(kind), name);
  return 1;
}

bool is_plugin_file(const std::string& word) {
  return word.find('/') != std::string::npos || fs::path(word).extension() == ".so";
}

int check_plugin_file(const std::string& file, const std::string& parameters) {
  if (!fs::is_regular_file(file)) throw UserError(fmt::format("there is no file '{}'", file));
  const fs::path path = fs::absolute(file);
  const std::string stem = path.stem().string();
  for (const PluginKind kind : plugin_kinds()) {
    const std::string prefix = std::string(to_string(kind)) + "_";
    if (path.extension() == ".so" && stem.size() > prefix.size() && stem.rfind(prefix, 0) == 0)
      return check_plugin(
          kind, stem.substr(prefix.size()), parameters, {path.parent_path().string()});
  }
  throw UserError(fmt::format("'{}' is not named like a plugin: KIND_NAME.so, with KIND one of {}",
                              file,
                              names_of_plugin_kinds()));
}

}  // namespace monodr
