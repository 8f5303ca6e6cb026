// SPDX-License-Identifier: Apache-2.0
// How fast the engine of --launcher slurm is, by the program `runexp` with stand-ins for Slurm's commands:
//
//   plan_100000      plans and submits 100 000 cells: expand, check, database, orders, scripts (limit: 10 s, 500 MB)
//   collect_100000   takes in what 1 000 simulated nodes have left of them (limit: 2 000 cells a second). Each fiftieth task
//                    died on its node once and was run again, each hundredth never came back, each hundredth cell failed.
//                    A result has 60 metrics, 20 objects and 300 points of curves. Then submits what is left.
//
// Wall times of the program from start to end; peak_MB is of that process.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "launch/cell_files.h"
#include "launch/submission.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t cell_count = 100000;
constexpr std::size_t node_count = 1000;

std::string binary(const std::string& name) {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return std::string(folder != nullptr ? folder : ".") + "/" + name;
}

struct Cost {
  double seconds = 0, peak_mb = 0;
};

/// `runexp WORDS...` in the folder, with Slurm's stand-ins.
Cost run(const fs::path& folder, std::vector<std::string> words) {
  words.insert(words.begin(), binary("runexp"));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setenv("MONODR_WORKER", binary("fake_worker").c_str(), 1);
    ::setenv("PATH", (folder.string() + "/slurm-commands:" + std::getenv("PATH")).c_str(), 1);
    if (::chdir(folder.c_str()) == 0) ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  ::wait4(pid, &status, 0, &usage);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  MONODR_CHECK(WIFEXITED(status) && WEXITSTATUS(status) <= 1, "'runexp' ended with {}", status);
  return {elapsed.count(), static_cast<double>(usage.ru_maxrss) / 1024};
}

std::string list_of(int count, int factor) {
  std::string list = fmt::format("[{}", factor);
  for (int i = 2; i <= count; ++i) list += fmt::format(", {}", i * factor);
  return list + "]";
}

void write_command(const fs::path& folder, const std::string& name, const std::string& text) {
  const fs::path file = folder / "slurm-commands" / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "#!/bin/sh\n" << text;
  fs::permissions(file, fs::perms::owner_all);
}

void write_world(const fs::path& folder) {
  std::ofstream(folder / "e.toml") << fmt::format(
      "[loss.mask]\n[launcher.slurm]\nat_once = {}\n[sweep]\nseed = {}\n\"fit.iterations\" = {}\n"
      "\"fit.hypotheses\" = {}\n",
      node_count,
      list_of(100, 1),
      list_of(100, 10),
      list_of(10, 1));
  std::ofstream(folder / "jobs.json") << R"({"jobs": []})";
  write_command(folder, "sbatch", "echo x >> jobs; wc -l < jobs\n");
  write_command(folder, "squeue", "cat jobs.json\n");
  write_command(folder, "scontrol", "echo 'MaxArraySize            = 10001'\n");
}

std::string result_text(const std::string& cell, bool failed) {
  CellResult result;
  result.cell = cell;
  result.state = failed ? "failed" : "done";
  result.seconds = 60;
  if (failed) {
    result.message = "the loss is NaN at step 7";
    return to_json(result);
  }
  for (int i = 0; i < 60; ++i)
    result.metrics.push_back({fmt::format("metric_{}", i), "car", "easy", 0.7, 40, 0.01 * i, "1"});
  for (int i = 0; i < 20; ++i) {
    ObjectResult object;
    object.frame = fmt::format("{:06d}", i);
    object.difficulty = "easy";
    object.matched = true;
    result.objects.push_back(object);
  }
  for (int i = 0; i < 300; ++i) result.series.push_back({"loss.total", i, 1.0 / (1 + i)});
  result.provenance = {{"host", "node"}, {"commit", "c0ffee"}};
  return to_json(result);
}

void put(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// What nodes leave of a submission, and the controller's word on it. Returns how many cells have a result.
std::size_t simulate_nodes(const Submission& submission, const fs::path& folder) {
  Random random(7);
  std::size_t results = 0;
  json jobs = json::array();
  const auto tasks = submission.tasks();
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    const bool never_comes_back = task % 100 == 99;
    const bool died_once = task % 50 == 49;
    const std::size_t died_at =
        static_cast<std::size_t>(random.below(static_cast<int>(tasks[task].size())));
    for (std::size_t i = 0; i < tasks[task].size(); ++i) {
      const std::string& order = tasks[task][i];
      const std::string stem = order.substr(0, order.size() - std::string(".json").size());
      // An earlier run of the task has left its last sign of life.
      if (died_once && i == died_at) put(stem + ".alive", "{}");
      if (never_comes_back && i >= died_at) continue;
      put(stem + ".alive", R"({"time": 0, "progress": 1, "host": "node"})");
      put(stem + ".result.json", result_text(stem.substr(stem.size() - 64), results % 100 == 99));
      ++results;
    }
    jobs.push_back({{"name", submission.name},
                    {"job_id", 1 + task},
                    {"array_job_id", 1},
                    {"array_task_id", task},
                    {"array_task_string", ""},
                    {"job_state", never_comes_back ? "NODE_FAIL" : "COMPLETED"},
                    {"nodes", fmt::format("node{}", task % node_count)}});
  }
  std::ofstream(folder / "jobs.json") << json{{"jobs", jobs}}.dump();
  return results;
}

void plan_100000(benchmark::State& state) {
  for (auto _ : state) {
    const TemporaryFolder folder("monodr-bench");
    write_world(folder.path());
    const Cost cost = run(folder.path(), {"e.toml", "--launcher", "slurm"});
    state.SetIterationTime(cost.seconds);
    state.counters["peak_MB"] = cost.peak_mb;
  }
}

void collect_100000(benchmark::State& state) {
  for (auto _ : state) {
    const TemporaryFolder folder("monodr-bench");
    write_world(folder.path());
    run(folder.path(), {"e.toml", "--launcher", "slurm"});
    const Submission submission = find_submissions((folder.path() / "results").string()).at(0);
    const std::size_t results = simulate_nodes(submission, folder.path());
    const Cost cost = run(folder.path(), {"collect"});
    state.SetIterationTime(cost.seconds);
    state.counters["cells_per_second"] = static_cast<double>(results) / cost.seconds;
    state.counters["peak_MB"] = cost.peak_mb;

    const Database database((folder.path() / "results/results.sqlite").string());
    const std::size_t failed = results / 100;
    std::map<std::string, std::size_t> counts;
    for (const auto& [id, word] : database.states("e")) ++counts[word];
    MONODR_CHECK(counts["done"] == results - failed && counts["failed"] == failed &&
                     counts["missing"] == cell_count - results,
                 "{} done, {} failed, {} missing",
                 counts["done"],
                 counts["failed"],
                 counts["missing"]);
    run(folder.path(), {"e.toml", "--launcher", "slurm"});
    std::size_t again = 0;
    for (const Submission& left : find_submissions((folder.path() / "results").string()))
      for (const auto& task : left.tasks()) again += task.size();
    MONODR_CHECK(again == cell_count - results + failed, "{} submitted again", again);
  }
}

BENCHMARK(plan_100000)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(collect_100000)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace monodr

BENCHMARK_MAIN();
