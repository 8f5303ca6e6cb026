// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.h"
#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {

using Words = std::vector<std::string>;

inline std::string binary(const std::string& name) {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return std::string(folder != nullptr ? folder : ".") + "/" + name;
}

inline const std::string three_arms = R"(
[experiment]
name = "test"
[loss.mask]
[[arm]]
name = "good"
[[arm]]
name = "mean"
set = { "rule.plugin" = "mean" }
[sweep]
seed = [0, 1]
)";

/// The program in a folder of its own that holds e.toml, with a stand-in for the worker.
class Runexp : public testing::Test {
 protected:
  Runexp() { write(three_arms); }

  void write(const std::string& experiment) {
    write_file_atomically(folder_.file("e.toml"), experiment);
  }

  /// `runexp WORDS...` in the test's folder.
  Program start(const Words& words, Words environment = {}) {
    Words all{binary("runexp")};
    all.insert(all.end(), words.begin(), words.end());
    const Words defaults{"MONODR_WORKER=" + binary("fake_worker"),
                         "FAKE_JOURNAL=" + folder_.file("journal")};
    environment.insert(environment.begin(), defaults.begin(), defaults.end());
    return Program(all, environment, folder_.path());
  }

  Program run(const Words& words, const Words& environment = {}) {
    Program program = start(words, environment);
    program.wait();
    return program;
  }

  /// id -> how often a worker was given that cell; and the workers' process numbers.
  std::map<std::string, int> journal(std::vector<int>* workers = nullptr) {
    std::map<std::string, int> runs;
    std::ifstream stream(folder_.file("journal"));
    std::string id;
    for (int pid; stream >> id >> pid;) {
      ++runs[id];
      if (workers != nullptr) workers->push_back(pid);
    }
    return runs;
  }

  std::map<std::string, std::string> states() {
    std::map<std::string, std::string> result;
    const Program status = run({"status", "test", "--format", "json"});
    if (status.exit_code() != 0) return result;
    for (const auto& cell : nlohmann::json::parse(status.output()))
      result[cell.at("id")] = cell.at("state");
    return result;
  }

  TemporaryFolder folder_;
};

}  // namespace monodr
