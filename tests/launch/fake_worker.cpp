// SPDX-License-Identifier: Apache-2.0
// A stand-in for monodr-worker (MONODR_WORKER names it): it speaks the same protocol without
// LibTorch, and its only loss plugin says how a cell is to end: [loss.mask] behaviour = "crash".
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "launch/orders.h"
#include "launch/run_files.h"
#include "launch/stand_in_plugins.h"
#include "results/cell_result.h"

namespace {

using namespace monodr;
using nlohmann::json;

void say(const json& line) {
  std::cout << line.dump() << std::endl;
}

// The hashes can be changed, as if the plugins or the worker had been built anew.
PluginCatalogue catalogue() {
  const char* hash = std::getenv("FAKE_PLUGIN_HASH");
  PluginCatalogue catalogue = stand_in_catalogue(hash != nullptr ? hash : "0123");
  if (const char* code = std::getenv("FAKE_CODE_HASH")) catalogue.code_hash = code;
  return catalogue;
}

void misbehave(const std::string& behaviour, double seconds) {
  if (behaviour == "crash") ::raise(SIGSEGV);
  if (behaviour == "hang") ::pause();
  if (behaviour == "exit") std::exit(3);
  if (behaviour == "throw") throw std::runtime_error("the loss is NaN at step 7");
  if (behaviour == "slow") std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  if (behaviour == "grow")
    for (std::vector<std::string> memory;;) memory.emplace_back(1 << 24, 'x');
  if (behaviour == "chatter") {
    std::cout << "a plugin prints\n{\"cell\": 7}\nnull\n[1, 2]\n{\"state\":\"done\"}\n"
              << std::string(5000, 'x') << std::endl;
  }
}

/// As its configuration says. `progress` takes the share that is done.
CellResult carry_out(const CellOrder& order, const std::function<void(double)>& progress) {
  std::cerr << "working on " << order.record.id << std::endl;
  // One line a run: tests count how often each cell was run, and look whether the process is gone. Behind the line of
  // the log, which a test that kills it here looks for.
  if (const char* journal = std::getenv("FAKE_JOURNAL"))
    std::ofstream(journal, std::ios::app)
        << fmt::format("{} {}\n", order.record.id, ::getpid()) << std::flush;
  CellResult result;
  result.cell = order.record.id;
  result.state = "done";
  result.seconds = 0.5;
  progress(0.5);
  const json mask = json::parse(order.record.config).at("loss").at("mask");
  const std::string behaviour = mask.at("behaviour");
  try {
    if (behaviour == "wait")  // for the test
      while (!std::filesystem::exists(order.output + ".go")) std::this_thread::yield();
    misbehave(behaviour, mask.at("seconds"));
    const char* threads = std::getenv("MONODR_THREADS");
    result.metrics.push_back({"threads", "car", "", 0, 0, std::atof(threads), "1"});
  } catch (const std::exception& error) {
    result.state = "failed";
    result.message = error.what();
  }
  return result;
}

bool breaks_the_protocol(const CellOrder& order) {
  const std::string behaviour =
      json::parse(order.record.config).at("loss").at("mask").at("behaviour");
  if (behaviour == "torn") std::ofstream(order.output) << "{\"cell\": \"";
  return behaviour == "torn" || behaviour == "lie";
}

void run_told(const std::string& path) {
  const CellOrder order = cell_order_from_json(read_file(path));
  const std::string& id = order.record.id;
  const CellResult result = carry_out(order, [&](double share) {
    say({{"cell", id}, {"progress", share}, {"what", "fit"}});
  });
  if (!breaks_the_protocol(order)) write_file_atomically(order.output, to_json(result));
  say({{"cell", id}, {"state", result.state}, {"message", result.message}});
}

int run_told_by_files(const std::vector<std::string>& arguments) {
  return run_files(arguments, [](const CellOrder& order, const auto& progress) {
    const CellResult result = carry_out(order, progress);
    if (breaks_the_protocol(order)) ::_exit(0);
    return result;
  });
}

int prepare(const std::string& path) {
  const json document = json::parse(read_file(path));
  if (const char* refusal = std::getenv("FAKE_REFUSAL")) {
    say({{"error", refusal}});
    return 2;
  }
  const std::string only = document.at("only");
  if (only == "check") {
    say({{"done", true}});
    return 0;
  }
  if (const char* journal = std::getenv("FAKE_JOURNAL"))
    std::ofstream(std::string(journal) + ".prepared", std::ios::app)
        << (only.empty() ? "data" : only) << "\n"
        << std::flush;
  if (const char* refusal = std::getenv("FAKE_FAILURE")) {
    say({{"error", refusal}});
    return 2;
  }
  say({{"progress", 0.5},
       {"what", "training " + std::string(document.at("config").at("shape_prior").at("plugin"))}});
  say({{"done", true}});
  return 0;
}

}  // namespace

int main(int count, char** values) {
  const std::string command = count > 1 ? values[1] : "";
  if (command == "describe") {
    std::cout << to_json(catalogue()) << "\n";
    return 0;
  }
  if (command == "prepare") return prepare(values[2]);
  if (command != "run") {
    for (int i = 1; i < count; ++i) std::cout << values[i] << "\n";
    return 0;
  }
  if (count > 2) {
    try {
      return run_told_by_files({values + 2, values + count});
    } catch (const UserError& error) {
      std::cerr << error.what() << std::endl;
      return 2;
    }
  }
  say({{"provenance", {{"host", "nowhere"}}}});
  for (std::string path; std::getline(std::cin, path);) run_told(path);
  return 0;
}
