// SPDX-License-Identifier: Apache-2.0
// How fast the engine of --launcher slurm is, by the program `runexp` with stand-ins for Slurm's commands:
//
//   plan      plans and submits 100 000 cells: expand, check, database, orders, scripts (limit: 10 s, 500 MB)
//   collect   takes in what 1 000 simulated nodes have left (limit: 2 000 cells a second). Each fiftieth task died on its
//             node once and was run again, each hundredth never came back, each hundredth cell failed. Then submits what
//             is left. The cells' results are
//               small   of a sweep on a handful of pictures: 60 metrics, 20 objects, 300 points of curves
//               usual   what a cell of experiments/ablation_rotation.toml leaves: 64 objects, 90 headings, 450 points
//               big     200 objects with their detections, 540 headings, 700 points
//
// A quick look at the first of them: --benchmark_filter=small/5000.
//
// Wall times of the program from start to end; peak_MB is of that process.
#include <SQLiteCpp/SQLiteCpp.h>
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

constexpr std::size_t node_count = 1000;

/// How much the result of a cell holds besides its 60 metrics.
struct Size {
  int objects, modes, points;
  bool detections;
};
constexpr Size small_result{20, 0, 300, false};
constexpr Size usual_result{64, 90, 450, true};
constexpr Size big_result{200, 540, 700, true};

std::string binary(const std::string& name) {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return std::string(folder != nullptr ? folder : ".") + "/" + name;
}

struct Cost {
  double seconds = 0, cpu_seconds = 0, peak_mb = 0;
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
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {elapsed.count(),
          seconds(usage.ru_utime) + seconds(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) / 1024};
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

/// An experiment of so many thousand cells.
void write_world(const fs::path& folder, int thousands) {
  std::ofstream(folder / "e.toml") << fmt::format(
      "[loss.mask]\n[launcher.slurm]\nat_once = {}\n[sweep]\nseed = {}\n\"fit.iterations\" = {}\n"
      "\"fit.hypotheses\" = {}\n",
      node_count,
      list_of(100, 1),
      list_of(thousands, 10),
      list_of(10, 1));
  std::ofstream(folder / "jobs.json") << R"({"jobs": []})";
  write_command(folder, "sbatch", "echo x >> jobs; wc -l < jobs\n");
  write_command(folder, "squeue", "cat jobs.json\n");
  write_command(folder, "scontrol", "echo 'MaxArraySize            = 10001'\n");
}

ObjectResult object_of(int number) {
  ObjectResult object;
  object.frame = fmt::format("{:06d}", number / 4);
  object.label = number % 4;
  object.difficulty = "easy";
  object.matched = true;
  double value = 0.1234567891 * (number + 1);
  for (const ObjectColumn& column : object_columns()) object.*column.member = value *= 1.0625;
  return object;
}

Annotation detection_of(int number) {
  Annotation a;
  a.category = "Car";
  a.alpha = 0.987654321 / (number + 1);
  a.box2d = {101.25 + number, 99.125, 203.0625 + number, 180.3};
  a.box3d.height = 1.523;
  a.box3d.width = 1.6321;
  a.box3d.length = 3.9123;
  a.box3d.location = {1.1 * number, 1.65432, 17.123456789};
  a.box3d.rotation_y = 0.3 * number;
  a.score = 1.0 / (number + 2);
  return a;
}

std::string result_text(const std::string& cell, bool failed, const Size& size) {
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
  for (int i = 0; i < size.objects; ++i) {
    result.objects.push_back(object_of(i));
    if (!size.detections) continue;
    if (i % 4 == 0) result.detections.push_back({result.objects.back().frame, {}});
    result.detections.back().objects.push_back(detection_of(i));
  }
  for (int i = 0; i < size.modes; ++i) {
    const int object = i * size.objects / size.modes;
    DetectedMode mode;
    static_cast<HeadingMode&>(mode) = {detection_of(i).box3d, 0.5 / (i + 1), 0.0123 * i, 0.25};
    mode.frame = fmt::format("{:06d}", object / 4);
    mode.detection = object % 4;
    result.modes.push_back(mode);
  }
  for (int i = 0; i < size.points; ++i)
    result.series.push_back({fmt::format("loss.{}", i % 3), i / 3, 1.0 / (1 + i)});
  for (int i = 0; i < 15; ++i)
    result.provenance[fmt::format("fact_{}", i)] = fmt::format("value {}", i);
  return to_json(result);
}

void put(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// What nodes leave of a submission, and the controller's word on it. Returns how many cells have a result.
std::size_t simulate_nodes(const Submission& submission, const fs::path& folder, const Size& size) {
  // The same of each cell but for its name.
  const std::string placeholder(64, '-');
  const std::string texts[] = {result_text(placeholder, false, size),
                               result_text(placeholder, true, size)};
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
      std::string text = texts[results % 100 == 99 ? 1 : 0];
      text.replace(text.find(placeholder), placeholder.size(), stem, stem.size() - 64, 64);
      put(stem + ".result.json", text);
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

void plan(benchmark::State& state) {
  for (auto _ : state) {
    const TemporaryFolder folder("monodr-bench");
    write_world(folder.path(), static_cast<int>(state.range(0)) / 1000);
    const Cost cost = run(folder.path(), {"e.toml", "--launcher", "slurm"});
    state.SetIterationTime(cost.seconds);
    state.counters["cpu_s"] = cost.cpu_seconds;
    state.counters["peak_MB"] = cost.peak_mb;
  }
}

std::size_t rows_of(const Database& database) {
  std::size_t rows = 0;
  for (const char* table : {"metric",
                            "object",
                            "frame",
                            "detection",
                            "heading_mode",
                            "heading_distribution",
                            "series",
                            "provenance",
                            "config"}) {
    SQLite::Statement count(database.connection(), fmt::format("SELECT count(*) FROM {}", table));
    count.executeStep();
    rows += static_cast<std::size_t>(count.getColumn(0).getInt64());
  }
  return rows;
}

void collect(benchmark::State& state, const Size& size) {
  const auto cell_count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    const TemporaryFolder folder("monodr-bench");
    write_world(folder.path(), static_cast<int>(cell_count) / 1000);
    run(folder.path(), {"e.toml", "--launcher", "slurm"});
    const Submission submission = find_submissions((folder.path() / "results").string()).at(0);
    const std::size_t results = simulate_nodes(submission, folder.path(), size);
    const Cost cost = run(folder.path(), {"collect"});
    state.SetIterationTime(cost.seconds);
    state.counters["cells_per_second"] = static_cast<double>(results) / cost.seconds;
    state.counters["cpu_s"] = cost.cpu_seconds;
    state.counters["peak_MB"] = cost.peak_mb;

    const Database database((folder.path() / "results/results.sqlite").string());
    state.counters["rows_per_second"] = static_cast<double>(rows_of(database)) / cost.seconds;
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

BENCHMARK(plan)->Arg(100000)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(collect, small, small_result)
    ->Arg(5000)
    ->Arg(100000)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(collect, usual, usual_result)
    ->Arg(20000)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(collect, big, big_result)
    ->Arg(5000)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace monodr

BENCHMARK_MAIN();
