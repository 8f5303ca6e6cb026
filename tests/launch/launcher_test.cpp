// SPDX-License-Identifier: Apache-2.0
// The contract of launchers (launch/launcher.h) where a sweep does not show it, `run FILE...` as a
// job on another machine starts it, and marks of cells that run elsewhere.
#include "launch/launcher.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "experiment/cells.h"
#include "launch/cell_log.h"
#include "launch/heartbeat.h"
#include "launch/launchers_that_stay.h"
#include "launch/stand_in_plugins.h"
#include "results/process_identity.h"
#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

/// Cells of one arm each, with orders in a folder.
class Cells : public testing::Test {
 protected:
  Cells() : files_(folder_.file("cells")) {
    fs::create_directories(folder_.file("cells"));
    const char* binaries = std::getenv("MONODR_BINARY_DIR");
    worker_ = std::string(binaries != nullptr ? binaries : ".") + "/fake_worker";
    ::setenv("FAKE_JOURNAL", folder_.file("journal").c_str(), 1);
  }
  ~Cells() override { ::unsetenv("FAKE_JOURNAL"); }

  /// A cell for each behaviour.
  std::vector<CellRecord> cells(const std::vector<std::string>& behaviours) {
    std::string text = "[loss.mask]\n";
    for (size_t i = 0; i < behaviours.size(); ++i)
      text += fmt::format(
          "[[arm]]\nname = \"{}\"\nset = {{ \"loss.mask.behaviour\" = \"{}\", "
          "\"loss.photometric.weight\" = {}.0 }}\n",
          i,
          behaviours[i],
          i + 1);
    write_file_atomically(folder_.file("e.toml"), text);
    const Experiment experiment = load_experiment(folder_.file("e.toml"), {});
    return make_records(
        experiment,
        expand_cells(experiment, stand_in_catalogue(), [](const Parameters&) { return "data"; }));
  }

  std::string hand_out(const CellRecord& record) {
    return files_.hand_out(record, {{}, folder_.file("cache"), folder_.file("fits")});
  }

  /// Lets a cell that waits go on.
  void let_go(const CellRecord& record) {
    write_file_atomically(
        folder_.file("cells/" + record.experiment + "." + record.id + ".result.json.go"), "");
  }

  /// Ids of the cells that were begun, and the workers that did, in their order.
  std::vector<std::pair<std::string, int>> journal() {
    std::vector<std::pair<std::string, int>> lines;
    std::ifstream stream(folder_.file("journal"));
    std::string id;
    for (int pid; stream >> id >> pid;) lines.emplace_back(id, pid);
    return lines;
  }

  TemporaryFolder folder_;
  CellFiles files_;
  std::string worker_;
};

class LauncherContract : public Cells, public testing::WithParamInterface<LauncherEntry> {
 protected:
  std::unique_ptr<Launcher> launcher(size_t cells) {
    LaunchOptions options;
    options.worker = worker_;
    options.jobs = 1;
    options.cells_per_task = 4;
    options.heartbeat = 0.01;
    options.logs_folder = folder_.file("logs");
    return GetParam().make(files_, options, cells);
  }
};

TEST_P(LauncherContract, TellsProgressAndTheLogWhileACellRuns) {
  const auto records = cells({"wait"});
  const auto launcher = this->launcher(1);
  launcher->start(0, records[0], hand_out(records[0]));
  double progress = 0;
  std::optional<CellResult> result;
  while (!result)
    for (CellEvent& event : launcher->wait(100)) {
      EXPECT_EQ(event.cell, 0u);
      if (event.ended) {
        result = std::move(event.ended);
      } else if (event.progress > 0) {
        progress = event.progress;
        EXPECT_EQ(read_file(log_file(folder_.file("logs"), records[0].id)),
                  "working on " + records[0].id + "\n");
        let_go(records[0]);
      }
    }
  EXPECT_EQ(progress, 0.5);
  EXPECT_EQ(result->state, "done");
}

TEST_P(LauncherContract, EachCellIsCarriedOutOnceWhateverBecomesOfItsNeighbours) {
  const std::vector<std::string> behaviours{
      "good", "crash", "good", "lie", "good", "throw", "torn", "exit", "good"};
  const auto records = cells(behaviours);
  const auto launcher = this->launcher(records.size());
  std::map<size_t, CellResult> results;
  for (size_t next = 0; results.size() < records.size();) {
    for (; next < records.size() && launcher->free_places() > 0; ++next)
      launcher->start(next, records[next], hand_out(records[next]));
    if (next == records.size()) launcher->no_more();
    for (CellEvent& event : launcher->wait(100))
      if (event.ended) {
        EXPECT_TRUE(results.emplace(event.cell, std::move(*event.ended)).second) << "ended twice";
      }
  }
  std::map<std::string, int> runs;
  for (const auto& [id, worker] : journal()) ++runs[id];
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(results.at(i).cell, records[i].id);
    EXPECT_EQ(results.at(i).state, behaviours[i] == "good" ? "done" : "failed") << behaviours[i];
    EXPECT_EQ(runs[records[i].id], 1) << behaviours[i];
    if (behaviours[i] != "good") {
      EXPECT_THAT(results.at(i).message, testing::EndsWith("working on " + records[i].id));
    }
  }
}

TEST_P(LauncherContract, NoWorkerOutlivesIt) {
  const auto records = cells({"hang", "good"});
  auto launcher = this->launcher(2);
  launcher->start(0, records[0], hand_out(records[0]));
  while (journal().empty()) launcher->wait(10);
  launcher.reset();
  EXPECT_NE(::kill(journal()[0].second, 0), 0);
  EXPECT_EQ(journal().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Each,
                         LauncherContract,
                         testing::ValuesIn(launchers_that_stay()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Launchers, AnUnknownOneIsNamedWithTheNearest) {
  EXPECT_STREQ(find_launcher("blocks").name, "blocks");
  try {
    find_launcher("block");
    FAIL() << "a launcher that there is not";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("there is no launcher 'block'"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'blocks'"));
  }
}

class RunFiles : public Cells {
 protected:
  Program start(std::vector<std::string> words, const std::vector<CellRecord>& records) {
    words.insert(words.begin(), {worker_, "run"});
    for (const CellRecord& record : records) words.push_back(hand_out(record));
    return Program(words, {}, folder_.path());
  }

  Program run(const std::vector<std::string>& words, const std::vector<CellRecord>& records) {
    Program program = start(words, records);
    program.wait();
    return program;
  }

  CellResult result(const CellRecord& record) { return files_.read_result(record); }
};

TEST_F(RunFiles, RunsThemInTheirOrderAndSaysWhetherSomeFailed) {
  const auto records = cells({"good", "throw", "chatter"});
  const Program program = run({"--logs", "logs"}, records);
  EXPECT_EQ(program.exit_code(), 1) << program.errors();
  EXPECT_EQ(result(records[0]).state, "done");
  EXPECT_EQ(result(records[1]).state, "failed");
  EXPECT_EQ(result(records[1]).message, "the loss is NaN at step 7\nworking on " + records[1].id);
  EXPECT_EQ(result(records[2]).state, "done");
  EXPECT_THAT(read_file(log_file(folder_.file("logs"), records[2].id)),
              StartsWith("working on " + records[2].id + "\na plugin prints\n"));
  const auto begun = journal();
  ASSERT_EQ(begun.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(begun[i].first, records[i].id);
    EXPECT_EQ(begun[i].second, begun[0].second) << "one process";
  }
  EXPECT_EQ(run({}, {records[0]}).exit_code(), 0);
}

TEST_F(RunFiles, AnOrderThatCannotBeReadCostsItselfAlone) {
  const auto records = cells({"good"});
  write_file_atomically(folder_.file("nonsense"), "{");
  const Program program = run({"nonsense", "nowhere"}, records);
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.errors(), HasSubstr("cannot read the order 'nonsense'"));
  EXPECT_THAT(program.errors(), HasSubstr("cannot read the order 'nowhere'"));
  EXPECT_EQ(result(records[0]).state, "done");
}

TEST_F(RunFiles, ACellAtItsLimitIsStoppedAndTheNextOnesRun) {
  const auto records = cells({"hang", "good", "hang", "good"});
  const Program program = run({"--time-limit", "0.2", "--logs", "logs"}, records);
  EXPECT_EQ(program.exit_code(), 1) << program.errors();
  for (const size_t hangs : {0, 2})
    EXPECT_EQ(result(records[hangs]).message,
              "stopped after the time limit of 0.2 s\nworking on " + records[hangs].id);
  for (const size_t good : {1, 3}) EXPECT_EQ(result(records[good]).state, "done");
  EXPECT_EQ(journal().size(), 4u);
}

TEST_F(RunFiles, HasTheEnvironmentAndTheLimitsOfAWorkerWhoeverStartsIt) {
  const auto records = cells({"good", "grow"});
  const Program program =
      run({"--threads", "3", "--memory-limit", "256", "--logs", "logs"}, records);
  EXPECT_EQ(result(records[0]).metrics.at(0).value, 3);
  EXPECT_THAT(result(records[1]).message,
              StartsWith("out of memory (limit: 256 MB, --memory-limit)"));
}

TEST_F(RunFiles, SaysThatItLives) {
  const auto records = cells({"wait"});
  const std::string order = folder_.file("cells/e." + records[0].id + ".json");
  const std::int64_t before = std::time(nullptr);
  Program program = start({"--heartbeat", "0.01"}, records);
  std::optional<Heartbeat> heartbeat;
  while (!heartbeat || heartbeat->progress == 0) heartbeat = read_heartbeat(order);
  let_go(records[0]);
  program.wait();
  EXPECT_EQ(heartbeat->progress, 0.5);
  EXPECT_EQ(heartbeat->host, host_name());
  EXPECT_GE(heartbeat->time, before);
  EXPECT_LE(heartbeat->time, std::time(nullptr));
  EXPECT_EQ(result(records[0]).state, "done");
  files_.remove(records[0]);
  EXPECT_TRUE(fs::is_empty(folder_.file("cells")));
}

TEST_F(RunFiles, WrongUseGivesExitCode2) {
  const auto records = cells({"good"});
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--thread", "1"},
                                             {"--time-limit", "-1"},
                                             {"--heartbeat", "0"},
                                             {"--memory-limit", "x"}})
    EXPECT_EQ(run(words, records).exit_code(), 2) << words[0];
  EXPECT_TRUE(journal().empty());
}

/// A cell that another host has marked, judged by a clock that stands still.
class Leases : public Cells {
 protected:
  Leases() : database_(folder_.file("results.sqlite")), record_(cells({"good"})[0]) {
    database_.set_clock([this] { return now_; });
    database_.mark_running(record_, ::getpid(), "cluster");
    database_.connection().exec("UPDATE cell SET host = 'node7', process = 'x@y'");
    order_ = hand_out(record_);
  }

  std::string state() {
    const auto states = database_.states("e");
    const auto found = states.find(record_.id);
    return found == states.end() ? "none" : found->second;
  }

  /// A worker there has left the result.
  void leave_result() {
    CellResult result;
    result.cell = record_.id;
    result.state = "done";
    write_file_atomically(folder_.file("cells/e." + record_.id + ".result.json"), to_json(result));
  }

  std::int64_t now_ = 1'000'000;
  Database database_;
  CellRecord record_;
  std::string order_;
};

TEST_F(Leases, AHeartbeatOfAnotherHostKeepsItsCell) {
  now_ += kLeaseSeconds + 100;
  EXPECT_EQ(state(), "interrupted");
  write_heartbeat(order_, {now_ - 10, 0.5, "node7"});
  EXPECT_EQ(files_.import_leftovers(database_), 0);
  EXPECT_EQ(state(), "running");
  EXPECT_TRUE(fs::exists(order_));
  now_ += kLeaseSeconds - 11;
  EXPECT_EQ(state(), "running");
  now_ += 1;
  EXPECT_EQ(state(), "interrupted");
}

TEST_F(Leases, WhereItStopsTheCellIsFreeAndItsResultIsTakenIn) {
  write_heartbeat(order_, {now_, 0.5, "node7"});
  now_ += kLeaseSeconds;
  leave_result();
  EXPECT_EQ(files_.import_leftovers(database_), 1);
  EXPECT_EQ(state(), "done");
  EXPECT_TRUE(fs::is_empty(folder_.file("cells")));
}

TEST_F(Leases, AHeartbeatFromTheFutureIsTakenForNow) {
  write_heartbeat(order_, {now_ + 1'000'000, 0.5, "node7"});
  files_.renew_leases(database_);
  now_ += kLeaseSeconds - 1;
  EXPECT_EQ(state(), "running");
  now_ += 1;
  EXPECT_EQ(state(), "interrupted");
}

TEST_F(Leases, WhatNobodyHasMarkedStaysFree) {
  Database other(folder_.file("other.sqlite"));
  write_heartbeat(order_, {now_, 0.5, "node7"});
  files_.renew_leases(other);
  EXPECT_TRUE(other.states("e").empty());
}

TEST_F(Leases, WhoLostItsMarkDoesNotTakeOffThatOfAnother) {
  database_.release(record_);
  EXPECT_EQ(state(), "running");
}

TEST_F(Leases, TheirLengthIsASetting) {
  now_ += kLeaseSeconds;
  database_.set_lease(10);
  ASSERT_TRUE(database_.mark_running(record_, ::getpid(), "local"));
  database_.connection().exec("UPDATE cell SET host = 'node7'");
  now_ += 9;
  EXPECT_EQ(state(), "running");
  now_ += 1;
  EXPECT_EQ(state(), "interrupted");
}

}  // namespace
}  // namespace monodr
