// SPDX-License-Identifier: Apache-2.0
// What the engine itself costs, with a stand-in for the worker whose cells sleep as long as told:
//
//   resume_10000_cells   a run of an experiment whose 10 000 cells are done: expand, check, compare
//   overhead_2s_cells    one worker: share of the time beyond that of the cells
//   two_workers          how many times as fast as one
//   table_1000000        the table of an experiment with 1 000 000 metric rows
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

#include "base/error.h"
#include "results/database.h"
#include "runexp/temporary_folder.h"

namespace monodr {
namespace {

struct Cost {
  double seconds = 0;
  double peak_mb = 0;
};

std::string binary(const std::string& name) {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return (std::filesystem::path(folder != nullptr ? folder : ".") / name).string();
}

/// `runexp WORDS...` in the folder.
Cost run(const std::filesystem::path& folder, std::vector<std::string> words) {
  words.insert(words.begin(), binary("runexp"));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv("MONODR_WORKER", binary("fake_worker").c_str(), 1);
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
    database.take_in(record, result);
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
BENCHMARK(table_1000000)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace monodr

BENCHMARK_MAIN();
