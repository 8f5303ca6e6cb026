// SPDX-License-Identifier: Apache-2.0
#include "launch/sweep.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "experiment/cells.h"
#include "launch/launchers_that_stay.h"
#include "launch/stand_in_plugins.h"
#include "launch/worker_pool.h"
#include "results/process_identity.h"
#include "shared_files.h"

namespace monodr {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Runs cells in the stand-in worker, which ends each as its configuration says; by each launcher.
class Sweep : public testing::TestWithParam<LauncherEntry> {
 protected:
  Sweep() : database_(folder_.file("results.sqlite")), files_(folder_.file("cells")) {
    std::filesystem::create_directories(folder_.file("cells"));
    const char* binaries = std::getenv("MONODR_BINARY_DIR");
    options_.launch.worker = std::string(binaries != nullptr ? binaries : ".") + "/fake_worker";
    options_.launch.launcher = GetParam().name;
    options_.launch.jobs = 2;
    options_.launch.cells_per_task = 3;
    options_.launch.logs_folder = folder_.file("logs");
    options_.surroundings = {{}, folder_.file("cache"), folder_.file("fits")};
  }

  std::vector<CellRecord> cells(const std::string& content) {
    write_file_atomically(folder_.file("e.toml"), content);
    const Experiment experiment = load_experiment(folder_.file("e.toml"), {});
    const auto cells =
        expand_cells(experiment, catalogue_, [](const Parameters&) { return "data"; });
    return make_records(experiment, cells);
  }

  SweepOutcome run(const std::vector<CellRecord>& records) {
    Progress progress(stderr, Progress::Style::quiet, false);
    return run_sweep(database_, files_, records, options_, progress);
  }

  std::string message(const CellRecord& record) {
    SQLite::Statement row(database_.connection(), "SELECT message FROM v_cells WHERE hash = ?");
    row.bind(1, record.id);
    return row.executeStep() ? row.getColumn(0).getString() : "no such cell";
  }

  size_t files_left() {
    const auto entries = std::filesystem::directory_iterator(folder_.file("cells"));
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
  }

  /// How one cell ends that behaves so: its message.
  std::string failure_of(const std::string& behaviour) {
    const auto records = cells("[loss.mask]\nbehaviour = \"" + behaviour + "\"\n");
    const SweepOutcome outcome = run(records);
    EXPECT_EQ(outcome.failed, 1);
    EXPECT_EQ(outcome.done, 0);
    EXPECT_EQ(database_.states("e").at(records[0].id), "failed");
    EXPECT_EQ(files_left(), 0u);
    return message(records[0]);
  }

  TemporaryFolder folder_;
  PluginCatalogue catalogue_ = stand_in_catalogue();
  Database database_;
  CellFiles files_;
  SweepOptions options_;
};

TEST_P(Sweep, RunsEveryCellOnce) {
  const auto records = cells("[loss.mask]\n[sweep]\nseed = [0, 1, 2, 3, 4, 5, 6]\n");
  const SweepOutcome outcome = run(records);
  EXPECT_EQ(outcome.done, 7);
  EXPECT_EQ(outcome.failed, 0);
  EXPECT_FALSE(outcome.stopped);
  const auto states = database_.states("e");
  EXPECT_EQ(states.size(), 7u);
  for (const CellRecord& record : records) EXPECT_EQ(states.at(record.id), "done");
  EXPECT_EQ(files_left(), 0u);
}

TEST_P(Sweep, ACrashKeepsTheSignalAndTheLastLinesOfTheLog) {
  const std::string text = failure_of("crash");
  EXPECT_THAT(text, StartsWith("the worker was killed by signal 11 (Segmentation fault)\n"));
  EXPECT_THAT(text, HasSubstr("working on "));
}

TEST_P(Sweep, AHangEndsAtTheTimeLimit) {
  options_.launch.time_limit = 0.2;
  EXPECT_THAT(failure_of("hang"), StartsWith("stopped after the time limit of 0.2 s"));
}

TEST_P(Sweep, AnExceptionKeepsItsMessage) {
  EXPECT_THAT(failure_of("throw"), StartsWith("the loss is NaN at step 7"));
}

TEST_P(Sweep, AnExitKeepsItsCode) {
  EXPECT_THAT(failure_of("exit"), StartsWith("the worker ended with exit code 3"));
}

TEST_P(Sweep, MemoryWithoutEndMeetsTheLimit) {
  options_.launch.memory_limit_mb = 256;
  EXPECT_THAT(failure_of("grow"), HasSubstr("bad_alloc"));
}

TEST_P(Sweep, AResultThatIsTornOrMissingIsAFailure) {
  EXPECT_THAT(failure_of("torn"), StartsWith("cannot read the result"));
  EXPECT_THAT(failure_of("lie"), StartsWith("cannot read"));
}

TEST_P(Sweep, WhatAPluginPrintsDoesNotDisturb) {
  const auto records = cells("[loss.mask]\nbehaviour = \"chatter\"\n");
  EXPECT_EQ(run(records).done, 1);
  const std::string log = read_file(folder_.file("logs/" + records[0].id.substr(0, 12) + ".log"));
  EXPECT_THAT(log, HasSubstr("a plugin prints"));
}

TEST_P(Sweep, AFailureCostsItsOwnCellOnly) {
  const auto records = cells(R"(
[[arm]]
name = "good"
set = { "loss.mask.behaviour" = "good" }
[[arm]]
name = "crash"
set = { "loss.mask.behaviour" = "crash" }
[[arm]]
name = "throw"
set = { "loss.mask.behaviour" = "throw" }
[[arm]]
name = "good after bad"
set = { "loss.mask.seconds" = 1.0 }
[sweep]
seed = [0, 1, 2]
)");
  const SweepOutcome outcome = run(records);
  EXPECT_EQ(outcome.done, 6);
  EXPECT_EQ(outcome.failed, 6);
}

TEST_P(Sweep, FailFastStopsAtTheFirstFailure) {
  options_.fail_fast = true;
  options_.launch.jobs = 1;
  const auto records = cells("[loss.mask]\nbehaviour = \"crash\"\n[sweep]\nseed = [0, 1, 2, 3]\n");
  EXPECT_EQ(run(records).failed, 1);
  EXPECT_EQ(database_.states("e").size(), 1u) << "the others are as if never started";
}

TEST_P(Sweep, SharesTheCoresAmongItsWorkers) {
  options_.launch.jobs = 1;
  run(cells("[loss.mask]\n"));
  SQLite::Statement row(database_.connection(), "SELECT value FROM v_metrics");
  ASSERT_TRUE(row.executeStep());
  EXPECT_EQ(row.getColumn(0).getInt(), available_cores());
}

TEST_P(Sweep, TakesInWhatAnEarlierParentLeft) {
  const auto records = cells("[loss.mask]\n[sweep]\nseed = [0, 1]\n");
  options_.surroundings.plugin_folders = {"here", "there"};
  files_.hand_out(records[0], options_.surroundings);
  CellResult result;
  result.cell = records[0].id;
  result.state = "done";
  write_file_atomically(folder_.file("cells/e." + records[0].id + ".result.json"), to_json(result));
  files_.hand_out(records[1], options_.surroundings);
  write_file_atomically(folder_.file("cells/e." + records[1].id + ".result.json.99.part"), "{");

  EXPECT_EQ(files_.import_leftovers(database_), 1);
  EXPECT_EQ(database_.states("e").at(records[0].id), "done");
  EXPECT_EQ(database_.states("e").count(records[1].id), 0u);
  EXPECT_EQ(files_left(), 0u);
  SQLite::Statement row(database_.connection(), "SELECT config FROM v_cells WHERE hash = ?");
  row.bind(1, records[0].id);
  ASSERT_TRUE(row.executeStep());
  EXPECT_EQ(row.getColumn(0).getString(), records[0].config) << "to the letter";
  SQLite::Statement folders(database_.connection(),
                            "SELECT value FROM v_provenance WHERE key = 'plugin_folders'");
  ASSERT_TRUE(folders.executeStep());
  EXPECT_EQ(folders.getColumn(0).getString(), "here,there");
}

TEST_P(Sweep, AMarkOfAnotherHostHoldsWhileItsLeaseLasts) {
  const auto records = cells("[loss.mask]\n[sweep]\nseed = [0, 1, 2]\n");
  std::int64_t now = 1'000'000;
  database_.set_clock([&] { return now; });
  for (const CellRecord& record : records) ASSERT_TRUE(database_.mark_running(record, ::getpid()));
  database_.connection().exec("UPDATE cell SET host = 'elsewhere', process = 'x@y'");
  database_.connection().exec("UPDATE cell SET lease_until = NULL WHERE seed = 2");
  const auto state = [&](size_t i) { return database_.states("e").at(records[i].id); };
  EXPECT_EQ(state(0), "running");
  EXPECT_FALSE(database_.mark_running(records[0], ::getpid()));
  now += kLeaseSeconds - 1;
  EXPECT_EQ(state(0), "running");
  database_.connection().exec("UPDATE cell SET lease_until = lease_until + 100 WHERE seed = 1");
  now += 2;
  EXPECT_EQ(state(0), "interrupted") << "the machine that had it is gone";
  EXPECT_EQ(state(1), "running") << "renewed";
  EXPECT_EQ(state(2), "running") << "a program that knew no leases";
  EXPECT_TRUE(database_.mark_running(records[0], ::getpid()));
}

TEST_P(Sweep, AHeartbeatRenewsTheMarksOfItsProcessAlone) {
  const auto records = cells("[loss.mask]\n[sweep]\nseed = [0, 1]\n");
  std::int64_t now = 1'000'000;
  database_.set_clock([&] { return now; });
  database_.mark_running(records[0], ::getpid());
  database_.mark_running(records[1], ::getppid());
  now += 60;
  database_.renew_leases(::getpid());
  SQLite::Statement rows(database_.connection(), "SELECT lease_until FROM cell ORDER BY seed");
  ASSERT_TRUE(rows.executeStep());
  EXPECT_EQ(rows.getColumn(0).getInt64(), now + kLeaseSeconds);
  ASSERT_TRUE(rows.executeStep());
  EXPECT_EQ(rows.getColumn(0).getInt64(), now - 60 + kLeaseSeconds);
}

TEST_P(Sweep, ADeadMarkOnAFinishedCellIsCleared) {
  const auto records = cells("[loss.mask]\n");
  EXPECT_EQ(run(records).done, 1);
  database_.connection().exec("UPDATE cell SET pid = 1, process = 'gone', host = (SELECT '" +
                              host_name() + "')");
  database_.plan("e", "", records);
  SQLite::Statement row(database_.connection(), "SELECT state FROM v_cells");
  ASSERT_TRUE(row.executeStep());
  EXPECT_EQ(row.getColumn(0).getString(), "done");
}

TEST_P(Sweep, LeavesFilesOfLivingProcessesAlone) {
  const auto records = cells("[loss.mask]\n");
  ASSERT_TRUE(database_.mark_running(records[0], ::getppid()));  // alive as long as this test
  files_.hand_out(records[0], options_.surroundings);
  EXPECT_EQ(files_.import_leftovers(database_), 0);
  EXPECT_EQ(files_left(), 1u);
}

INSTANTIATE_TEST_SUITE_P(ByEachLauncher,
                         Sweep,
                         testing::ValuesIn(launchers_that_stay()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ProgressTest, WritesPlainLinesWhereThereIsNoTerminal) {
  testing::internal::CaptureStdout();
  {
    Progress progress = Progress::for_stream(stdout, false);
    progress.begin(2, 1);
    progress.cell_started(0, "id", "a, seed 0");
    progress.cell_advanced(0, 0.5);
    progress.cell_finished(0, "id", "a, seed 0", 2.0, "");
    progress.cell_started(1, "id", "a, seed 1");
    progress.cell_finished(1, "id", "a, seed 1", 2.0, "it broke");
  }
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, StartsWith("2 cells to run, 1 done already\n[1/2] a, seed 0 (2.0 s, about "));
  EXPECT_THAT(text, HasSubstr("failed a, seed 1: it broke\n"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(ProgressTest, TellsHowLongAPreparationWillTakeStill) {
  testing::internal::CaptureStdout();
  {
    Progress progress(stdout, Progress::Style::json, false);
    progress.preparing("training", 0.5);  // taken up half-way: of the rest nothing is known
    progress.preparing("training", 0.75);
    progress.preparing("another", 0.25);
  }
  std::istringstream lines(testing::internal::GetCapturedStdout());
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_FALSE(events[0].contains("seconds_left"));
  EXPECT_GE(events[1].at("seconds_left"), 0.0);
  EXPECT_FALSE(events[2].contains("seconds_left")) << "a clock of its own";
}

TEST(ProgressTest, DurationsReadWell) {
  EXPECT_EQ(duration_text(4.21), "4.2 s");
  EXPECT_EQ(duration_text(59.2), "59 s");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

}  // namespace
}  // namespace monodr
