// SPDX-License-Identifier: Apache-2.0
// What the engine itself costs. With a stand-in for the worker, whose cells sleep as long as told:
//
//   resume_10000_cells   a run of an experiment whose 10 000 cells are done: expand, check, compare
//   overhead_2s_cells    one worker, from start to end: share of the time beyond that of the cells
//   two_workers          how many times as fast as one
//   table_1000000        the table of an experiment with 1 000 000 metric rows
//
// With the true worker, whose cells fit cars:
//
//   true_cells           overhead_percent: what a cell of about 2 s takes beyond its own time;
//                        start_s: what a sweep takes before its first cell (LibTorch is mapped
//                        twice, to look at the input and in the worker)
//   true_two_workers     how many times as fast as one, of one thread each
//
// Wall times of the program `runexp` from start to end; peak_MB is of that process.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "results/database.h"

namespace monodr {
namespace {

using Words = std::vector<std::string>;

struct Cost {
  double seconds = 0;
  double peak_mb = 0;
};

std::string binary(const std::string& name) {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return (std::filesystem::path(folder != nullptr ? folder : ".") / name).string();
}

/// `runexp WORDS...` in the folder.
Cost run(const std::filesystem::path& folder,
         Words words,
         const std::string& worker = "fake_worker") {
  words.insert(words.begin(), binary("runexp"));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv("MONODR_WORKER", binary(worker).c_str(), 1);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1);
    ::dup2(nowhere, 2);
    if (::chdir(folder.c_str()) == 0) ::execv(arguments[0], arguments.data());
    ::_exit(126);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  MONODR_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "'runexp' ended with {}", status);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {elapsed.count(), static_cast<double>(usage.ru_maxrss) / 1024};
}

void write_experiment(const TemporaryFolder& folder, const std::string& sweep) {
  std::ofstream(folder.path() / "e.toml") << "[loss.mask]\n" << sweep;
}

std::string list_up_to(int count) {
  std::string list = "0";
  for (int i = 1; i < count; ++i) list += fmt::format(", {}", i);
  return "[" + list + "]";
}

void resume_10000_cells(benchmark::State& state) {
  const TemporaryFolder folder("monodr-bench");
  write_experiment(folder,
                   fmt::format("[sweep]\nseed = {}\n\"fit.iterations\" = [10, 20, 30, 40, 50, 60, "
                               "70, 80, 90, 100]\n\"fit.hypotheses\" = [1, 2, 3, 4, 5, 6, 7, 8, 9, "
                               "10]\n",
                               list_up_to(100)));
  run(folder.path(), {"e.toml", "--jobs", "2", "--quiet"});
  for (auto _ : state) {
    const Cost cost = run(folder.path(), {"e.toml", "--quiet"});
    state.SetIterationTime(cost.seconds);
    state.counters["peak_MB"] = cost.peak_mb;
  }
}

/// Seconds that `cells` cells of `seconds` each take with so many workers.
double time_of_sweep(int cells, double seconds, int jobs) {
  const TemporaryFolder folder("monodr-bench");
  write_experiment(
      folder,
      fmt::format(
          "behaviour = \"slow\"\nseconds = {}\n[sweep]\nseed = {}\n", seconds, list_up_to(cells)));
  return run(folder.path(), {"e.toml", "--jobs", fmt::format("{}", jobs)}).seconds;
}

void overhead_2s_cells(benchmark::State& state) {
  const int cells = 5;
  const double seconds = 2;
  for (auto _ : state) {
    const double elapsed = time_of_sweep(cells, seconds, 1);
    state.SetIterationTime(elapsed);
    state.counters["overhead_percent"] = 100 * (elapsed / (cells * seconds) - 1);
  }
}

void two_workers(benchmark::State& state) {
  for (auto _ : state) {
    const double one = time_of_sweep(20, 0.25, 1), two = time_of_sweep(20, 0.25, 2);
    state.SetIterationTime(two);
    state.counters["times_as_fast"] = one / two;
  }
}

const char* const true_experiment = R"([dataset]
source = "synthetic"
objects = 8
[corpus]
cars = 16
[shape_prior.mesh_autoencoder]
template_grid = 4
steps = 20
[fit]
iterations = 800
hypotheses = 2
prune_steps = []
prune_keep = []
[rule]
plugin = "mean"
[loss.mask]
)";

/// Reads the events of `runexp --json` as they come. From the end of the first cell to that of the
/// last, all that is not their own time is the engine's.
void true_cells(benchmark::State& state) {
  const TemporaryFolder folder("monodr-bench");
  std::ofstream(folder.path() / "e.toml") << true_experiment;
  const Words first{"e.toml", "-j", "1", "sweep.seed=0"};
  run(folder.path(), first, "monodr-worker");  // makes data and prior
  const std::string command =
      fmt::format("cd '{}' && '{}' e.toml -j 1 sweep.seed=1,2,3,4,5,6 --json 2>/dev/null",
                  folder.path().string(),
                  binary("runexp"));
  for (auto _ : state) {
    std::FILE* events = ::popen(command.c_str(), "r");
    const auto start = std::chrono::steady_clock::now();
    double first_end = 0, last_end = 0, before_first = 0, cells = 0;
    char line[1 << 16];
    while (std::fgets(line, sizeof line, events) != nullptr) {
      const auto event = nlohmann::json::parse(line);
      if (event.at("event") != "finished") continue;
      const double seconds = event.at("seconds");
      const std::chrono::duration<double> now = std::chrono::steady_clock::now() - start;
      last_end = now.count();
      if (first_end == 0) {
        first_end = last_end;
        before_first = first_end - seconds;
      } else {
        cells += seconds;
      }
    }
    MONODR_CHECK(::pclose(events) == 0, "'{}' failed", command);
    state.SetIterationTime(last_end);
    state.counters["cell_s"] = cells / 5;
    state.counters["overhead_percent"] = 100 * ((last_end - first_end) / cells - 1);
    state.counters["start_s"] = before_first;
  }
}

void true_two_workers(benchmark::State& state) {
  const TemporaryFolder folder("monodr-bench");
  std::ofstream(folder.path() / "e.toml") << true_experiment;
  const auto time_with = [&](const std::string& jobs) {
    return run(folder.path(),
               {"e.toml", "-j", jobs, "--threads", "1", "--force", "sweep.seed=" + list_up_to(16)},
               "monodr-worker")
        .seconds;
  };
  run(folder.path(), {"e.toml", "fit.iterations=1"}, "monodr-worker");  // makes data and prior
  for (auto _ : state) {
    const double one = time_with("1"), two = time_with("2");
    state.SetIterationTime(two);
    state.counters["times_as_fast"] = one / two;
  }
}

/// 20 arms x 500 seeds x 100 metrics.
void fill(const std::string& file) {
  Database database(file);
  std::vector<CellRecord> records;
  CellResult result;
  result.state = "done";
  for (const char* difficulty : {"easy", "moderate", "hard"})
    for (const char* name : {"ap_2d", "ap_bev", "ap_3d", "ap_aos"})
      for (const int recall : {11, 40})
        for (const double overlap : {0.25, 0.5, 0.7})
          result.metrics.push_back({name, "car", difficulty, overlap, recall, 0, "%"});
  for (const char* name : {"heading_error_median", "location_error_median", "bev_overlap_50"})
    result.metrics.push_back({name, "car", "moderate", 0, 0, 0, "1"});
  while (result.metrics.size() < 100)
    result.metrics.push_back(
        {fmt::format("other_{}", result.metrics.size()), "", "", 0, 0, 0, "1"});
  for (int arm = 0; arm < 20; ++arm)
    for (int seed = 0; seed < 500; ++seed)
      records.push_back({fmt::format("{:064x}", 1000 * arm + seed),
                         "large",
                         fmt::format("arm {}", arm),
                         arm,
                         seed,
                         {},
                         "{}",
                         {},
                         ""});
  database.plan("large", "", records);
  for (const CellRecord& record : records) {
    result.cell = record.id;
    for (MetricValue& metric : result.metrics)
      metric.value = static_cast<double>(record.seed + 7 * record.arm_order);
    database.import_result(record, result);
  }
}

void table_1000000(benchmark::State& state) {
  const TemporaryFolder folder("monodr-bench");
  fill((folder.path() / "r.sqlite").string());
  for (auto _ : state) {
    const Cost cost = run(folder.path(), {"table", "large", "--results", "r.sqlite"});
    state.SetIterationTime(cost.seconds);
    state.counters["peak_MB"] = cost.peak_mb;
  }
}

BENCHMARK(resume_10000_cells)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);
BENCHMARK(overhead_2s_cells)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(two_workers)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(true_cells)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(true_two_workers)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(table_1000000)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace monodr

BENCHMARK_MAIN();
