// SPDX-License-Identifier: Apache-2.0
// `--launcher slurm` against a real Slurm of two nodes on this host's loopback (slurm_cluster.sh), with what goes wrong
// on one. Skipped where Slurm is not installed or this is not root.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

#include "results/stored_result.h"
#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

constexpr int skipped = 77;
constexpr auto look_interval = std::chrono::milliseconds(50);

class SlurmTest : public Runexp {
 protected:
  SlurmTest() {
    // The daemons' users come through it.
    fs::permissions(folder_.path(), fs::perms(0755));
    script_ = std::string(std::getenv("MONODR_SOURCE_DIR")) + "/tests/runexp/slurm_cluster.sh";
  }
  ~SlurmTest() override {
    if (is_up_) cluster({"down"});
  }

  void up(const Words& lines = {}) {
    Words words{"up"};
    words.insert(words.end(), lines.begin(), lines.end());
    const int code = cluster(words);
    if (code == skipped) GTEST_SKIP() << "Slurm is not installed here, or this is not root";
    is_up_ = true;
    ASSERT_EQ(code, 0) << said_;
  }

  /// slurm_cluster.sh ACTION DIR ...
  int cluster(Words words) {
    words.insert(words.begin(), {"/bin/bash", script_});
    words.insert(words.begin() + 3, folder_.file("cluster"));
    Program program(words, {}, folder_.path());
    program.wait();
    said_ = program.errors();
    return program.exit_code();
  }

  Program start_here(const Words& words, Words environment = {}) {
    environment.push_back("SLURM_CONF=" + folder_.file("cluster/slurm.conf"));
    return start(words, environment);
  }
  Program run_here(const Words& words, const Words& environment = {}) {
    Program program = start_here(words, environment);
    program.wait();
    return program;
  }
  Program submit(const Words& more = {}) {
    Words words{"e.toml", "--launcher", "slurm", "--cells-per-task", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_here(words);
  }
  /// A command of Slurm's.
  std::string slurm(const std::string& command) {
    Program program({"/bin/bash", "-c", command},
                    {"SLURM_CONF=" + folder_.file("cluster/slurm.conf")},
                    folder_.path());
    program.wait();
    return program.output() + program.errors();
  }

  nlohmann::json status() {
    return nlohmann::json::parse(run_here({"status", "test", "--format", "json"}).output());
  }
  std::map<std::string, std::string> states_here() {
    std::map<std::string, std::string> states;
    for (const auto& cell : status()) states[cell.at("id")] = cell.at("state");
    return states;
  }
  std::multiset<std::string> count_states() {
    std::multiset<std::string> states;
    for (const auto& [id, state] : states_here()) states.insert(state);
    return states;
  }

  template <typename Condition>
  void wait_for(const Condition& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (!holds() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(look_interval);
    ASSERT_TRUE(holds()) << slurm("squeue; sinfo -N") << status().dump(1);
  }
  /// Until the collector has taken everything in.
  void wait_for_end() {
    wait_for([&] {
      const auto states = count_states();
      return states.count("queued") + states.count("running") + states.count("ended") +
                 states.count("interrupted") ==
             0;
    });
  }
  void wait_for_begun(size_t cells) {
    wait_for([&] { return journal().size() >= cells; });
  }

  /// Lets cells that behave as "wait" go on: the one whose id is given, or all.
  void let_go(const std::string& cell = "") {
    for (const auto& entry : fs::recursive_directory_iterator(folder_.file("results/slurm"))) {
      if (entry.path().parent_path().filename() != "tasks" || entry.path().has_extension())
        continue;
      std::ifstream list(entry.path());
      for (std::string order; std::getline(list, order);)
        if (order.find(cell) != std::string::npos)
          write_file_atomically(fs::path(order).replace_extension(".result.json.go").string(), "");
    }
  }

  /// A task that was queued again waits for two minutes unless told. Not at once: a node refuses a task in the second in
  /// which it was taken from it.
  void start_what_was_queued_again() {
    wait_for([&] { return slurm("squeue -h -o %r").find("BeginTime") != std::string::npos; });
    slurm(
        "squeue -h -r -t PD -o '%r %i' | while read -r reason job; do"
        " [ $reason != BeginTime ] || scontrol update JobId=$job StartTime=now+2seconds; done");
  }

  std::string script_, said_;
  bool is_up_ = false;
};

const char* const waiting = "loss.mask.behaviour=wait";

TEST_F(SlurmTest, LeavesWhatALocalRunLeaves) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  const Program local = run({"e.toml", "--results", "local/r.sqlite", "-j", "2"});
  ASSERT_EQ(local.exit_code(), 0) << local.errors();
  const Program submitted = run_here({"e.toml", "--launcher", "slurm"});
  ASSERT_EQ(submitted.exit_code(), 0) << submitted.errors();
  EXPECT_THAT(submitted.output(), HasSubstr("submitted 4 cells as 4 tasks"));
  wait_for_end();
  for (const std::string format : {"text", "csv", "json"})
    EXPECT_EQ(run({"table", "test", "--format", format}).output(),
              run({"table", "test", "--format", format, "--results", "local/r.sqlite"}).output());
  EXPECT_THAT(states_here(), Each(testing::Pair(testing::_, "done")));
  wait_for([&] { return slurm("squeue -h").empty(); });
  const Program again = run_here({"e.toml", "--launcher", "slurm"});
  EXPECT_THAT(again.errors(), HasSubstr("nothing to run"));
}

// What a person has: the real worker, data and priors that jobs make, a copy of the cache on each node.
TEST_F(SlurmTest, TheRealWorkerLeavesTheSameBitsAsALocalRun) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  write(R"([experiment]
name = "test"
[dataset]
objects = 2
[corpus]
cars = 16
[shape_prior.mesh_autoencoder]
template_grid = 4
steps = 2
[fit]
iterations = 4
hypotheses = 2
prune_steps = []
prune_keep = []
[rule]
plugin = "mean"
[loss.mask]
[evaluation]
overlays = false
[sweep]
"fit.iterations" = [3, 4]
)");
  const Words real{"MONODR_WORKER=" + binary("monodr-worker")};
  const Program local = run({"e.toml", "--results", "local/r.sqlite", "-j", "1"}, real);
  ASSERT_EQ(local.exit_code(), 0) << local.errors();
  const Program submitted = run_here(
      {"e.toml", "--launcher", "slurm", "launcher.slurm.scratch=" + folder_.file("scratch")}, real);
  ASSERT_EQ(submitted.exit_code(), 0) << submitted.errors();
  wait_for_end();
  for (const auto& [id, state] : states_here()) {
    EXPECT_EQ(state, "done");
    const auto result = [&, cell = id](const std::string& file) {
      const Database database(folder_.file(file), Database::Access::read_only);
      return find_stored_result(database, cell).result;
    };
    const CellResult here = result("local/r.sqlite"), there = result("results/results.sqlite");
    EXPECT_THAT(differences(here, there), IsEmpty());
    EXPECT_FALSE(there.detections.empty());
    EXPECT_FALSE(there.series.empty());
  }
  EXPECT_FALSE(fs::is_empty(folder_.file("scratch/monodr-cache")));
}

/// A predictor that is trained by two processes; in steps of 36 objects, so that each has some.
std::string training_of(int epochs) {
  return fmt::format(R"([experiment]
name = "test"
[dataset]
objects = 2
[method]
name = "predictor"
[corpus]
cars = 16
held_out = 0
[shape_prior.mesh_autoencoder]
template_grid = 4
relaxations = 0
steps = 2
[renderer]
image_size = 32
[loss.mask]
[evaluation]
overlays = false
[train]
supervision = "labels"
rule = "mean"
objects = 40
epochs = {}
batch = 36
processes = 2
[launcher.slurm]
training_nodes = 2
)",
                     epochs);
}

class TrainingOnNodes : public SlurmTest {
 protected:
  Words real_{"MONODR_WORKER=" + binary("monodr-worker")};

  struct Trained {
    nlohmann::json curve;
    std::string weights;  ///< their bytes, and the optimiser's
  };
  Trained predictor(const std::string& cache, const char* ending = ".predictor") {
    for (const auto& entry : fs::directory_iterator(folder_.file(cache)))
      if (entry.path().extension() == ending) {
        const std::string content = read_file(entry.path().string());
        const std::size_t header = content.find('\n');
        return {nlohmann::json::parse(content.substr(0, header)).at("curve"),
                content.substr(header)};
      }
    return {};
  }
  Program train_here(const std::string& folder, const Words& more = {}) {
    Words words{"train", "e.toml", "--results", folder + "/r.sqlite"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, real_);
  }
};

TEST_F(TrainingOnNodes, LeavesTheBitsOfTwoProcessesOfOneHost) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  write(training_of(2));
  ASSERT_EQ(train_here("local").exit_code(), 0);
  ASSERT_EQ(train_here("alone", {"train.processes=1"}).exit_code(), 0);
  const Program submitted =
      run_here({"e.toml",
                "--launcher",
                "slurm",
                "launcher.slurm.prelude=echo $SLURM_JOB_NODELIST >> " + folder_.file("nodes")},
               real_);
  ASSERT_EQ(submitted.exit_code(), 0) << submitted.errors();
  wait_for_end();
  EXPECT_THAT(count_states(), Each("done")) << status().dump(1);
  EXPECT_THAT(read_file(folder_.file("nodes")), HasSubstr("node[1-2]"));
  const Trained one = predictor("alone/cache"), two = predictor("local/cache"),
                nodes = predictor("results/cache");
  ASSERT_FALSE(two.weights.empty());
  EXPECT_TRUE(nodes.weights == two.weights);
  EXPECT_EQ(nodes.curve, two.curve);
  ASSERT_EQ(nodes.curve.size(), one.curve.size());
  for (std::size_t i = 0; i < one.curve.size(); ++i) {
    const double alone = one.curve[i].at(1);
    EXPECT_NEAR(nodes.curve[i].at(1), alone, 1e-4 * alone) << i;
  }
}

TEST_F(TrainingOnNodes, GoesOnFromItsCheckpointWhereAProcessDies) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  constexpr int epochs = 150;
  write(training_of(epochs));
  const Program submitted = run_here({"e.toml", "--launcher", "slurm"}, real_);
  ASSERT_EQ(submitted.exit_code(), 0) << submitted.errors();
  const auto curve = [&] { return predictor("results/cache", ".checkpoint").curve; };
  wait_for([&] { return fs::exists(folder_.file("results/cache")) && !curve().empty(); });
  const auto before = curve();
  // The other node's, which keeps nothing.
  const std::string killing =
      "for p in /proc/[0-9]*; do"
      " [ \"$(cat $p/comm)\" = monodr-worker ] &&"
      " tr '\\0' '\\n' < $p/environ | grep -qx SLURM_PROCID=1 &&"
      " tr '\\0' '\\n' < $p/environ | grep -qx SLURM_CONF=$SLURM_CONF &&"
      " kill -KILL ${p#/proc/} && echo gone; done";
  EXPECT_EQ(slurm("{ " + killing + "; } 2>/dev/null"), "gone\n");
  start_what_was_queued_again();
  wait_for_end();
  EXPECT_THAT(count_states(), Each("done")) << status().dump(1);
  const nlohmann::json after = predictor("results/cache").curve;
  ASSERT_EQ(after.size(), std::size_t{epochs}) << "no epoch was done twice or left out";
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i], before[i]);
}

TEST_F(SlurmTest, TwoNodesShareTheWorkThatStatusAndLogsFollow) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  submit({waiting, "launcher.slurm.prelude=echo $SLURMD_NODENAME >> " + folder_.file("nodes")});
  wait_for_begun(4);
  wait_for([&] { return count_states().count("running") == 4; });
  std::set<std::string> nodes;
  for (const auto& cell : status()) {
    const std::string remark = cell.at("remark");
    nodes.insert(remark.substr(remark.find("node"), 5));
  }
  EXPECT_THAT(nodes, ElementsAre("node1", "node2"));
  const std::string cell = journal().begin()->first;
  Program logs = start_here({"logs", cell, "--follow"});
  let_go();
  logs.wait();
  EXPECT_THAT(logs.output(), HasSubstr("working on " + cell));
  wait_for_end();
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, 1);
}

TEST_F(SlurmTest, WhatWasCancelledOrFailedIsSubmittedAgainAndNothingElse) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  write(three_arms + "[[arm]]\nname = \"bad\"\nset = { \"loss.photometric.weight\" = 2.0 }\n");
  submit({waiting});
  wait_for_begun(4);
  // Ended by somebody else, by its number.
  const auto cells = status();
  slurm("scancel " + std::string(cells.at(0).at("task")));
  wait_for([&] { return count_states().count("interrupted") == 1; });
  let_go();
  wait_for_end();
  EXPECT_EQ(count_states().count("done"), 5u);
  EXPECT_EQ(count_states().count("missing"), 1u);
  EXPECT_THAT(submit({waiting}).output(), HasSubstr("submitted 1 cells"));
  wait_for([&] { return journal()[cells.at(0).at("id")] == 2; });
  let_go();
  wait_for_end();
  EXPECT_EQ(count_states().count("done"), 6u);
  EXPECT_EQ(journal().size(), 6u);
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, id == cells.at(0).at("id") ? 2 : 1);
}

TEST_F(SlurmTest, DaemonsThatDieLoseNothingAndDoubleNothing) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  submit({waiting});
  wait_for_begun(4);
  EXPECT_EQ(cluster({"kill", "node1"}) + cluster({"stop", "slurmctld"}), 0) << said_;
  // Nobody knows what is running now, so all is left as it is.
  const Program unanswered = run_here({"collect"});
  EXPECT_THAT(unanswered.output(), HasSubstr("0 freed, 4 still with the cluster"));
  EXPECT_THAT(unanswered.errors(), HasSubstr("the cluster does not answer"));
  EXPECT_EQ(cluster({"start", "slurmctld"}) + cluster({"start", "node1"}), 0) << said_;
  let_go();
  wait_for_end();
  EXPECT_EQ(count_states().count("done"), 4u);
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, 1);
}

TEST_F(SlurmTest, ANodeThatGoesDownLeavesItsCellsToTheOther) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  submit({waiting});
  wait_for_begun(4);
  EXPECT_EQ(slurm("scontrol update NodeName=node1 State=DOWN Reason=test"), "");
  start_what_was_queued_again();
  let_go();
  wait_for_end();
  EXPECT_EQ(count_states().count("done"), 4u);
}

TEST_F(SlurmTest, AQueueThatIsFullLeavesTheCellsMissing) {
  up({"MaxJobCount=4"});
  if (IsSkipped() || HasFatalFailure()) return;
  const Program full = submit({"launcher.slurm.patience=2"});
  EXPECT_EQ(full.exit_code(), 2) << full.output();
  EXPECT_THAT(full.errors(), HasSubstr("patience"));
  EXPECT_EQ(count_states().count("missing"), 4u);
  EXPECT_TRUE(journal().empty());
  wait_for([&] { return slurm("squeue -h").empty(); });
  EXPECT_EQ(run({"e.toml"}).exit_code(), 0);
}

TEST_F(SlurmTest, CancelEndsTheJobsAndFreesTheCells) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  submit({"loss.mask.behaviour=hang", "launcher.slurm.at_once=3"});
  wait_for_begun(3);
  const Program cancelled = run_here({"cancel", "test"});
  EXPECT_EQ(cancelled.exit_code(), 0) << cancelled.errors();
  EXPECT_THAT(cancelled.output(), HasSubstr("0 done, 0 failed; 4 freed"));
  EXPECT_EQ(count_states().count("missing"), 4u);
  EXPECT_EQ(slurm("squeue -h"), "");
  EXPECT_THAT(run_here({"cancel", "test"}).output(), HasSubstr("nothing of 'test'"));
}

TEST_F(SlurmTest, ATaskThatIsQueuedAgainGoesOnAndACollectorIsReplaced) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  run_here({"e.toml", "--launcher", "slurm", "--cells-per-task", "4", waiting});
  wait_for_begun(1);
  const std::string first = journal().begin()->first;
  const std::string task = status().at(0).at("task");
  let_go(first);
  wait_for_begun(2);
  EXPECT_EQ(states_here()[first], "ended");
  slurm("scontrol requeue " + task);
  let_go();
  start_what_was_queued_again();
  slurm("scancel --name=$(squeue -h -o %j | grep collect)");
  wait_for([&] { return slurm("squeue -h").empty(); });
  const Program collected = run_here({"collect"});
  EXPECT_THAT(collected.output(), HasSubstr("4 done, 0 failed; 0 freed, 0 still"));
  EXPECT_EQ(journal()[first], 1);
  EXPECT_EQ(count_states().count("done"), 4u);
}

TEST_F(SlurmTest, AFailedPreparationIsSaidAtItsCells) {
  up();
  if (IsSkipped() || HasFatalFailure()) return;
  run_here({"e.toml", "--launcher", "slurm"}, {"FAKE_FAILURE=the corpus is empty"});
  wait_for_end();
  EXPECT_EQ(count_states().count("failed"), 4u);
  for (const auto& cell : status())
    EXPECT_THAT(cell.at("message"), HasSubstr("the corpus is empty"));
}

}  // namespace
}  // namespace monodr
