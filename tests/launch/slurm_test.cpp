// SPDX-License-Identifier: Apache-2.0
// Sweeps by a cluster as far as no cluster is needed: blocks, what squeue says, the scripts as bash runs them, and what
// becomes of cells whoever dies when. Against a real Slurm: tests/runexp/slurm_test.cpp.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <numeric>
#include <set>
#include <thread>

#include "base/random.h"
#include "experiment/cells.h"
#include "launch/block_plan.h"
#include "launch/cell_log.h"
#include "launch/preparation.h"
#include "launch/simulated_cluster.h"
#include "launch/slurm_sweep.h"
#include "launch/stand_in_plugins.h"
#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;

TEST(BlockPlan, EveryCellIsInOneBlockAndNoArrayIsTooLong) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("random seed {}", seed));
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> seconds(1 + random.below(300));
    for (double& s : seconds) s = random.chance(0.25) ? -1 : random.below(1000);
    BlockLimits limits;
    limits.most = 1 + random.below(50);
    limits.at_once = 1 + random.below(20);
    std::vector<int> seen(seconds.size());
    const auto blocks = plan_blocks(seconds, limits);
    EXPECT_LE(blocks.size(), limits.most);
    for (const auto& block : blocks) {
      EXPECT_FALSE(block.empty());
      for (const size_t cell : block) ++seen.at(cell);
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<long>(seen.size()));
  }
}

TEST(BlockPlan, BlocksTakeAboutTheSameTimeTheLongestFirst) {
  std::vector<double> seconds(100, 30);
  seconds[99] = 4000;
  BlockLimits limits;
  limits.at_once = 2;
  const auto blocks = plan_blocks(seconds, limits);
  EXPECT_THAT(blocks.front(), ElementsAre(99));
  for (size_t i = 1; i + 1 < blocks.size(); ++i) EXPECT_EQ(blocks[i].size(), blocks[1].size());
}

TEST(BlockPlan, ATaskIsWorthItsStart) {
  const auto blocks = plan_blocks(std::vector<double>(40, 1.0), {});
  EXPECT_EQ(blocks.size(), 1u) << "40 s in all";
}

TEST(BlockPlan, TooManyTasksAreRefusedWithTheNumberThatFits) {
  BlockLimits limits;
  limits.cells_per_task = 2;
  limits.most = 10;
  EXPECT_EQ(plan_blocks(std::vector<double>(20, -1.0), limits).size(), 10u);
  try {
    plan_blocks(std::vector<double>(21, -1.0), limits);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("give at least 3"));
  }
}

TEST(Squeue, IsUnderstoodInItsOldAndNewForms) {
  const auto jobs = jobs_from_json(R"({"jobs": [
    {"name": "a", "job_id": 7, "array_job_id": 7, "array_task_id": null,
     "array_task_string": "0-2,7,10-20:5%4", "job_state": "PENDING", "state_reason": "Priority"},
    {"name": "a", "job_id": 8, "array_job_id": 7, "array_task_id": 3, "array_task_string": "",
     "job_state": "RUNNING", "nodes": "node1", "restart_cnt": 2},
    {"name": "b", "job_id": {"set": true, "infinite": false, "number": 9},
     "array_job_id": {"set": true, "number": 9}, "array_task_id": {"set": true, "number": 0},
     "job_state": ["RUNNING", "COMPLETING"]},
    {"name": "c", "job_id": 10, "array_job_id": 0, "job_state": ["COMPLETED"]},
    {"name": "d", "job_id": 11, "array_job_id": 11, "array_task_string": "1,2,...",
     "job_state": "PENDING"}]})");
  ASSERT_EQ(jobs.size(), 5u);
  EXPECT_THAT(jobs[0].tasks, ElementsAre(0, 1, 2, 7, 10, 15, 20));
  EXPECT_EQ(jobs[0].reason, "Priority");
  EXPECT_EQ(jobs[1].id, 7);
  EXPECT_THAT(jobs[1].tasks, ElementsAre(3));
  EXPECT_EQ(jobs[1].node, "node1");
  EXPECT_EQ(jobs[1].restarts, 2);
  EXPECT_EQ(jobs[2].id, 9);
  EXPECT_TRUE(jobs[2].lives());
  EXPECT_FALSE(jobs[3].lives());
  EXPECT_FALSE(jobs[3].is_array);
  EXPECT_TRUE(jobs[4].all_tasks) << "the list was cut short";
  EXPECT_THROW(jobs_from_json(R"({"errors": [{"description": "Failed while looking for jobs",
    "source": "slurm_load_jobs"}], "jobs": []})"),
               UserError)
      << "of 22.05 without its controller, with exit code 0";
  EXPECT_THROW(jobs_from_json("slurm_load_jobs error: Unable to contact"), UserError);
}

/// A submission with a simulated cluster and the stand-in worker.
class SlurmSweepTest : public testing::Test {
 protected:
  SlurmSweepTest() : database_(folder_.file("results.sqlite")) {
    const char* binaries = std::getenv("MONODR_BINARY_DIR");
    sweep_.options.launch.worker =
        std::string(binaries != nullptr ? binaries : ".") + "/fake_worker";
    sweep_.options.launch.launcher = "slurm";
    sweep_.options.launch.cells_per_task = 2;
    sweep_.options.launch.logs_folder = folder_.file("logs");
    sweep_.options.surroundings = {{}, folder_.file("cache"), folder_.file("fits")};
    sweep_.results_folder = folder_.path();
    sweep_.database = folder_.file("results.sqlite");
    sweep_.runexp = "/bin/true";
  }

  /// A cell for each behaviour, planned.
  const std::vector<CellRecord>& plan(const std::vector<std::string>& behaviours) {
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
    records_ = make_records(
        experiment,
        expand_cells(experiment, stand_in_catalogue(), [](const Parameters&) { return "data"; }));
    database_.plan("e", "", records_);
    return records_;
  }

  SubmitOutcome submit() {
    sweep_.expected.assign(records_.size(), -1.0);
    sweep_.options.known_states = database_.states("e");
    return submit_sweep(database_, cluster_, records_, sweep_);
  }

  CollectOutcome collect() { return collect_submissions(database_, cluster_, folder_.path()); }

  /// Submits 600 cells as one task, which has left all results: more than two of the collector's transactions.
  void leave_600_results() {
    plan(std::vector<std::string>(600, "good"));
    sweep_.options.launch.cells_per_task = 600;
    submit();
    for (size_t i = 0; i < records_.size(); ++i) {
      CellResult result;
      result.cell = records_[i].id;
      result.state = "done";
      result.metrics.push_back(metric_value("seconds_per_object", static_cast<double>(i)));
      write_file_atomically(result_beside(order(i)), to_json(result));
    }
    cluster_.end_all("COMPLETED");
  }

  void expect_600_once() {
    EXPECT_THAT(states(), testing::Each(std::string("done")));
    EXPECT_EQ(database_.connection().execAndGet("SELECT count(*) FROM metric").getInt(), 600);
    EXPECT_EQ(database_.connection().execAndGet("SELECT count(*) FROM cell").getInt(), 600);
    EXPECT_TRUE(find_submissions(folder_.path()).empty());
  }

  size_t count_done() {
    const std::vector<std::string> all = states();
    return static_cast<size_t>(std::count(all.begin(), all.end(), "done"));
  }

  /// Runs a task of the array as Slurm would.
  Program start_task(int task) {
    return Program({"/bin/bash", cluster_.job("array.sh").script},
                   {fmt::format("SLURM_ARRAY_TASK_ID={}", task),
                    "SLURM_ARRAY_JOB_ID=1",
                    "PATH=" + folder_.path() + ":" + std::getenv("PATH"),
                    "FAKE_JOURNAL=" + folder_.file("journal")},
                   folder_.path());
  }
  Program run_task(int task) {
    Program program = start_task(task);
    program.wait();
    return program;
  }

  std::vector<std::string> journal() {
    std::vector<std::string> ids;
    std::ifstream stream(folder_.file("journal"));
    std::string id;
    for (int pid; stream >> id >> pid;) ids.push_back(id);
    return ids;
  }

  std::string order(size_t cell) {
    return CellFiles(find_submissions(folder_.path()).at(0).cells_folder())
        .order_file(records_[cell]);
  }

  std::vector<std::string> states() {
    std::vector<std::string> list;
    const auto all = database_.states("e");
    for (const CellRecord& record : records_) list.push_back(all.at(record.id));
    return list;
  }

  TemporaryFolder folder_;
  Database database_;
  SimulatedCluster cluster_;
  SlurmSweep sweep_;
  std::vector<CellRecord> records_;
};

TEST_F(SlurmSweepTest, ScriptsSayWhatTheSettingsAskFor) {
  plan({"good", "good", "good"});
  sweep_.settings.partition = "gpu";
  sweep_.settings.account = "vision";
  sweep_.settings.time = "4:00:00";
  sweep_.settings.memory = "4G";
  sweep_.settings.gres = "gpu:1";
  sweep_.settings.cpus = 3;
  sweep_.settings.lines = {"--constraint=avx2"};
  sweep_.settings.prelude = "module load gcc\nsource ~/venv/bin/activate";
  sweep_.settings.wrapper = "apptainer exec 'my image.sif'";
  sweep_.settings.at_once = 7;
  sweep_.settings.scratch = "$TMPDIR";
  sweep_.expected.assign(3, -1.0);
  sweep_.preparation = preparation_stages(records_, {}, "cache");
  const std::string text = show_scripts(records_, sweep_, cluster_);
  for (const char* line : {"--array=0-1%7\n",
                           "--partition=gpu\n",
                           "--account=vision\n",
                           "--time=4:00:00\n",
                           "--mem=4G\n",
                           "--gres=gpu:1\n",
                           "--cpus-per-task=3\n",
                           "#SBATCH --constraint=avx2\n",
                           "--signal=B:USR1@120\n",
                           "--requeue\n",
                           "--open-mode=append\n",
                           "\nmodule load gcc\nsource ~/venv/bin/activate\n",
                           "exec apptainer exec 'my image.sif' '",
                           "--threads=3",
                           "export OPENBLAS_NUM_THREADS='1'",
                           "collect --results",
                           "\"$TMPDIR/monodr-cache\"\n",
                           "prepare \"$order\""})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_FALSE(fs::exists(folder_.file("slurm")));
}

TEST_F(SlurmSweepTest, SettingsThatWouldBreakAScriptAreRefused) {
  for (const char* line : {"partition = \"gpu --time=1\"",
                           "time = \"4 hours\"",
                           "memory = \"4 GB\"",
                           "lines = [\"constraint=avx2\"]",
                           "wrapper = \"a\\nb\"",
                           "at_once = 0",
                           "queue = \"gpu\""}) {
    write_file_atomically(folder_.file("e.toml"),
                          fmt::format("[loss.mask]\n[launcher.slurm]\n{}\n", line));
    EXPECT_THROW(load_experiment(folder_.file("e.toml"), {}), UserError) << line;
  }
  const Experiment experiment = [&] {
    write_file_atomically(folder_.file("e.toml"), "[loss.mask]\n");
    return load_experiment(folder_.file("e.toml"),
                           {"launcher.slurm.time=1-12:00:00", "launcher.slurm.gres=gpu:1"});
  }();
  EXPECT_EQ(experiment.slurm.time, "1-12:00:00");
  EXPECT_EQ(experiment.slurm.gres, "gpu:1");
}

TEST_F(SlurmSweepTest, TasksLeaveResultsAndTheCollectorTakesThemInOnce) {
  plan({"good", "throw", "good", "crash", "good"});
  const SubmitOutcome outcome = submit();
  EXPECT_EQ(outcome.cells, 5u);
  EXPECT_EQ(outcome.tasks, 3u);
  EXPECT_EQ(cluster_.job("collect.sh").dependency, "afterany:1");
  EXPECT_THAT(states(), testing::Each(std::string("running")));
  EXPECT_EQ(collect().held, 5u);
  for (int task = 0; task < 3; ++task) EXPECT_EQ(run_task(task).exit_code(), 0);
  cluster_.end_all("COMPLETED");
  const CollectOutcome taken = collect();
  EXPECT_EQ(taken.done, 3u);
  EXPECT_EQ(taken.failed, 2u);
  EXPECT_THAT(states(), ElementsAre("done", "failed", "done", "failed", "done"));
  EXPECT_THAT(database_.failure_message(records_[1]), StartsWith("the loss is NaN at step 7"));
  EXPECT_THAT(
      database_.failure_message(records_[3]),
      testing::AllOf(HasSubstr("killed by signal 11"), HasSubstr("working on " + records_[3].id)));
  EXPECT_EQ(journal().size(), 5u) << "each once";
  EXPECT_EQ(collect().done, 0u) << "again";
  EXPECT_TRUE(find_submissions(folder_.path()).empty());
}

TEST_F(SlurmSweepTest, AWorkerThatDiesCostsTheCellItWasAt) {
  plan({"crash", "good", "exit", "lie", "torn", "good"});
  sweep_.options.launch.cells_per_task = 6;
  submit();
  run_task(0);
  cluster_.end_all("COMPLETED");
  collect();
  EXPECT_THAT(states(), ElementsAre("failed", "done", "failed", "failed", "failed", "done"));
  EXPECT_THAT(database_.failure_message(records_[2]), HasSubstr("exit code 3"));
  EXPECT_THAT(database_.failure_message(records_[3]), HasSubstr("without leaving one"));
  EXPECT_EQ(journal().size(), 6u) << "each once";
}

TEST_F(SlurmSweepTest, ATaskBeforeItsTimeLimitIsQueuedAgainAndGoesOn) {
  plan({"good", "hang", "good"});
  sweep_.options.launch.cells_per_task = 3;
  submit();
  write_file_atomically(folder_.file("scontrol"), "#!/bin/sh\necho \"$@\" >> requeued\n");
  fs::permissions(folder_.file("scontrol"), fs::perms::owner_all);
  for (int round = 0; round < 2; ++round) {
    Program task = start_task(0);
    const auto begun = static_cast<size_t>(2 + round);
    while (journal().size() < begun) std::this_thread::yield();
    task.signal(SIGUSR1);
    task.wait();
  }
  EXPECT_EQ(read_file(folder_.file("requeued")), "requeue 1_0\nrequeue 1_0\n");
  EXPECT_EQ(run_task(0).exit_code(), 0);
  cluster_.end_all("COMPLETED");
  collect();
  EXPECT_THAT(states(), ElementsAre("done", "failed", "done"));
  EXPECT_THAT(database_.failure_message(records_[1]), HasSubstr("launcher.slurm.time"));
  EXPECT_THAT(journal(),
              ElementsAre(records_[0].id, records_[1].id, records_[1].id, records_[2].id))
      << "the one at which it was twice got a second try; what was done is not done again";
}

TEST_F(SlurmSweepTest, ATaskThatIsTakenAwayFreesItsCells) {
  plan({"good", "hang", "good"});
  sweep_.options.launch.cells_per_task = 3;
  submit();
  Program task = start_task(0);
  while (journal().size() < 2) std::this_thread::yield();
  task.signal(SIGTERM);
  task.wait();
  cluster_.end_all("CANCELLED");
  const CollectOutcome outcome = collect();
  EXPECT_EQ(outcome.done, 1u);
  EXPECT_EQ(outcome.freed, 2u);
  EXPECT_THAT(states(), ElementsAre("done", "missing", "missing"));
  EXPECT_EQ(submit().cells, 3u) << "who chooses the cells is runexp";
}

TEST_F(SlurmSweepTest, ANodeThatDiedCostsNoResult) {
  plan({"good", "hang", "good", "good"});
  submit();
  write_file_atomically(fs::path(order(1)).replace_extension(".alive").string(), "{}");
  cluster_.job("array.sh").job.state = "NODE_FAIL";
  run_task(1);
  collect();
  EXPECT_THAT(states(), ElementsAre("missing", "missing", "done", "done"));
}

// "Killing non-startable batch JobId: Job credential revoked", says a controller of a task that comes back to its node in
// the second in which it was taken from it.
TEST_F(SlurmSweepTest, ATaskThatANodeRefusedToStartAgainFreesItsCells) {
  plan({"good", "hang", "good", "good"});
  submit();
  Program task = start_task(0);
  while (journal().size() < 2) std::this_thread::yield();
  task.signal(SIGTERM);
  task.wait();
  cluster_.job("array.sh").job.restarts = 1;
  cluster_.end_all("FAILED");
  collect();
  EXPECT_THAT(states(), ElementsAre("done", "missing", "missing", "missing"));
}

TEST_F(SlurmSweepTest, WhereTheClusterDoesNotAnswerNothingIsFreed) {
  plan({"good", "good", "good", "good"});
  submit();
  run_task(0);
  cluster_.answers = false;
  const CollectOutcome outcome = collect();
  EXPECT_EQ(outcome.done, 2u);
  EXPECT_EQ(outcome.unknown, 2u);
  EXPECT_THAT(states(), ElementsAre("done", "done", "running", "running"));
  cluster_.answers = true;
  EXPECT_EQ(collect().held, 2u);
}

TEST_F(SlurmSweepTest, AFullQueueLeavesEverythingAsItWas) {
  plan({"good", "good"});
  for (const int takes : {0, 1, 2}) {
    sweep_.preparation = preparation_stages(records_, {}, "cache");
    cluster_.takes = takes;
    EXPECT_THROW(submit(), UserError);
    EXPECT_THAT(states(), ElementsAre("missing", "missing"));
    for (const auto& one : cluster_.submitted) EXPECT_EQ(one.job.state, "CANCELLED");
    EXPECT_TRUE(find_submissions(folder_.path()).empty());
  }
  cluster_.takes = 3;
  EXPECT_EQ(submit().cells, 2u);
}

TEST_F(SlurmSweepTest, TwoWhoSubmitShareTheCells) {
  plan({"good", "good"});
  sweep_.expected.assign(2, -1.0);
  const auto states_before = database_.states("e");
  sweep_.options.known_states = states_before;
  EXPECT_EQ(submit_sweep(database_, cluster_, {records_[0]}, sweep_).cells, 1u);
  EXPECT_EQ(submit_sweep(database_, cluster_, records_, sweep_).cells, 1u);
  EXPECT_EQ(submit_sweep(database_, cluster_, records_, sweep_).cells, 0u);
  run_task(0);
  cluster_.end_all("COMPLETED");
  collect();
  EXPECT_EQ(submit_sweep(database_, cluster_, records_, sweep_).cells, 1u)
      << "what another brought to an end since the states were read is not run again";
}

TEST_F(SlurmSweepTest, AKilledSubmitterLeavesNothingBehindForLong) {
  plan({"good", "good"});
  submit();
  const Submission submission = find_submissions(folder_.path()).at(0);
  // As if it had died before the orders were written, and before a job was submitted.
  fs::remove_all(submission.folder + "/tasks");
  cluster_.submitted.clear();
  EXPECT_EQ(collect().freed, 2u);
  EXPECT_THAT(states(), ElementsAre("missing", "missing"));
  EXPECT_TRUE(find_submissions(folder_.path()).empty());
}

// Whatever a collector had come to when it was killed, another that begins anew loses nothing and doubles nothing.
TEST_F(SlurmSweepTest, ACollectorThatDiesHalfWayIsFollowedByAnother) {
  leave_600_results();
  const pid_t child = ::fork();
  if (child == 0) {
    // Dies inside of the third transaction: a trigger of SQLite is where it meets its end.
    Database database(folder_.file("results.sqlite"));
    sqlite3_update_hook(
        database.connection().getHandle(),
        [](void* count, int, const char*, const char* table, sqlite3_int64) {
          if (std::string(table) == "config" && ++*static_cast<int*>(count) == 520)
            ::kill(::getpid(), SIGKILL);
        },
        new int(0));
    collect_submissions(database, cluster_, folder_.path());
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(count_done(), 512u);
  const CollectOutcome rest = collect();
  EXPECT_EQ(rest.done, 88u);
  expect_600_once();
}

// The next batch is read while one is written: that it is lost must be heard of, and cost nothing.
TEST_F(SlurmSweepTest, ABatchThatCannotBeWrittenIsTakenInLater) {
  leave_600_results();
  const int pages = database_.connection().execAndGet("PRAGMA page_count");
  database_.connection().exec(fmt::format("PRAGMA max_page_count = {}", pages + 1));
  EXPECT_THROW(collect(), UserError);
  EXPECT_EQ(count_done(), 0u);
  for (size_t i = 0; i < records_.size(); ++i) {
    EXPECT_TRUE(fs::exists(result_beside(order(i)))) << i;
  }
  database_.connection().exec("PRAGMA max_page_count = 1000000");
  EXPECT_EQ(collect().done, 600u);
  expect_600_once();
}

TEST_F(SlurmSweepTest, ATruncatedResultCostsItsCellAlone) {
  leave_600_results();
  const std::string file = result_beside(order(300));
  fs::resize_file(file, fs::file_size(file) / 2);
  const CollectOutcome outcome = collect();
  EXPECT_EQ(outcome.done, 599u);
  EXPECT_EQ(outcome.failed, 1u);
  EXPECT_EQ(count_done(), 599u);
  EXPECT_THAT(database_.failure_message(records_[300]), HasSubstr("cannot read the result"));
}

TEST_F(SlurmSweepTest, TwoCollectorsAtOnceTakeEachResultInOnce) {
  leave_600_results();
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    int hundreds = 99;
    try {
      Database database(folder_.file("results.sqlite"));
      hundreds =
          static_cast<int>(collect_submissions(database, cluster_, folder_.path()).done / 100);
    } catch (const std::exception&) {
    }
    ::_exit(hundreds);
  }
  int taken = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    taken += WEXITSTATUS(status);
  }
  EXPECT_EQ(taken, 6);
  expect_600_once();
}

TEST_F(SlurmSweepTest, WhatCouldNotBeMadeIsSaidAtEachCell) {
  plan({"good", "good"});
  sweep_.preparation = preparation_stages(records_, {}, "cache");
  submit();
  EXPECT_EQ(cluster_.job("array.sh").dependency, "afterok:1");
  const Submission submission = find_submissions(folder_.path()).at(0);
  Program prepare({"/bin/bash", cluster_.job("prepare-0.sh").script},
                  {"SLURM_ARRAY_TASK_ID=0", "FAKE_FAILURE=the corpus is empty"},
                  folder_.path());
  prepare.wait();
  EXPECT_EQ(prepare.exit_code(), 1);
  cluster_.end_all("CANCELLED");
  EXPECT_EQ(collect().failed, 2u);
  EXPECT_EQ(database_.failure_message(records_[0]),
            "what it needs could not be made: the corpus is empty");
}

TEST_F(SlurmSweepTest, AProgramThatCannotBeStartedIsSaidAtEachCell) {
  plan({"good", "good"});
  sweep_.settings.wrapper = "/no/such/container";
  submit();
  EXPECT_EQ(run_task(0).exit_code(), 127);
  cluster_.end_all("FAILED");
  collect();
  EXPECT_THAT(database_.failure_message(records_[0]),
              HasSubstr("its task failed before it came to the cell"));
}

TEST(Preparation, WhatIsSharedIsMadeOnce) {
  const auto cell = [](const std::string& dataset, const std::string& prior, int iterations) {
    CellRecord record;
    record.config = fmt::format(
        R"({{"dataset":{{"frames":{}}},"shape_prior":{{"plugin":"{}"}},"fit":{{"iterations":{}}}}})",
        dataset,
        prior,
        iterations);
    return record;
  };
  const auto count = [](const std::vector<CellRecord>& cells) {
    std::vector<size_t> sizes;
    for (const auto& stage : preparation_stages(cells, {}, "")) sizes.push_back(stage.tasks.size());
    return sizes;
  };
  EXPECT_THAT(count({cell("1", "a", 1), cell("1", "a", 2)}), ElementsAre(2));
  EXPECT_THAT(count({cell("1", "a", 1), cell("2", "a", 1)}), ElementsAre(3));
  EXPECT_THAT(count({cell("1", "a", 1), cell("1", "b", 1)}), ElementsAre(3));
}

TEST(Preparation, WhatPredictorsShareIsMadeBeforeTheyAreTrained) {
  std::vector<CellRecord> cells(3);
  for (size_t i = 0; i < cells.size(); ++i)
    cells[i].config = fmt::format(
        R"({{"dataset":{{"root":"kitti"}},"detector":{{"plugin":"{}"}},"shape_prior":{{"plugin":"a"}},
            "predictor":{{"plugin":"p"}},"train":{{"epochs":{}}}}})",
        i < 2 ? "x" : "y",
        i);
  const auto stages = preparation_stages(cells, {}, "");
  ASSERT_EQ(stages.size(), 3u);
  ASSERT_EQ(stages[0].tasks.size(), 2u) << "the data, the prior";
  EXPECT_EQ(stages[0].tasks[0].size(), 2u)
      << "what two detectors say of one folder, one after the other";
  EXPECT_EQ(stages[0].tasks[0][1].only, "data");
  EXPECT_EQ(stages[0].tasks[1][0].only, "prior");
  ASSERT_EQ(stages[1].tasks.size(), 1u);
  EXPECT_EQ(stages[1].tasks[0].size(), 3u);
  EXPECT_EQ(stages[2].tasks.size(), 3u);
  for (const auto& task : stages[2].tasks) EXPECT_EQ(task.at(0).only, "predictor");
}

TEST(Preparation, TrainingsOfDifferentProcessesAreDifferentStages) {
  std::vector<CellRecord> cells(4);
  const char* const files[] = {"", "", "", "given.predictor"};
  for (size_t i = 0; i < cells.size(); ++i)
    cells[i].config =
        fmt::format(R"({{"predictor":{{"file":"{}"}},"train":{{"epochs":{},"processes":{}}}}})",
                    files[i],
                    i,
                    i == 0 ? 1 : 2);
  const auto stages = preparation_stages(cells, {}, "");
  ASSERT_EQ(stages.size(), 4u);
  EXPECT_EQ(stages[0].processes, 1);
  EXPECT_EQ(stages[1].processes, 1);
  EXPECT_EQ(stages[2].processes, 1);
  EXPECT_EQ(stages[2].tasks.size(), 2u) << "one alone, and one that is only looked at";
  EXPECT_EQ(stages[3].processes, 2);
  EXPECT_EQ(stages[3].tasks.size(), 2u);
}

/// The script of a training by two processes, with stand-ins of the cluster's programs: what srun says is told.
class TrainingScript : public testing::Test {
 protected:
  struct Outcome {
    int exit_code;
    std::string failed;     ///< what is kept for the collector
    std::string scheduler;  ///< what scontrol was asked
    std::string started;    ///< what srun was told
  };

  Outcome run(const std::string& says, int code, int restarts) {
    SlurmJob job;
    job.settings.cpus = 3;
    job.settings.memory = "5G";
    job.settings.training_nodes = 4;
    job.settings.wrapper = "apptainer exec 'my image.sif'";
    job.name = "monodr-e";
    job.folder = folder_.path();
    job.launch.worker = "worker";
    PreparationStage stage;
    stage.tasks.resize(1);
    stage.processes = 2;
    text_ = preparation_script(job, 2, stage);
    write_file_atomically(folder_.file("script"), text_);
    for (const char* kept : {"asked", "started", "prepare/2.0.0000.failed"})
      fs::remove(folder_.file(kept));
    fs::create_directories(folder_.file("prepare"));
    write_file_atomically(folder_.file("prepare/2.0.0000.json"), "{}");
    program("scontrol",
            "case $2 in hostnames) printf 'n4\\nn7\\n';; node) echo NodeName=$4 NodeAddr=10.0.0.4 "
            "Port=1;; *) echo \"$@\" >> asked;; esac");
    program("srun", "printf '%s\\n' \"$@\" > started; " + says + "; exit " + std::to_string(code));
    Program script({"/bin/bash", folder_.file("script")},
                   {"SLURM_ARRAY_TASK_ID=0",
                    "SLURM_ARRAY_JOB_ID=5",
                    "SLURM_JOB_ID=20007",
                    "SLURM_JOB_NODELIST=n[4,7]",
                    fmt::format("SLURM_RESTART_COUNT={}", restarts),
                    "PATH=" + folder_.path() + ":" + std::getenv("PATH")},
                   folder_.path());
    script.wait();
    return {script.exit_code(),
            content("prepare/2.0.0000.failed"),
            content("asked"),
            content("started")};
  }

  std::string text_;

 private:
  void program(const std::string& name, const std::string& text) {
    write_file_atomically(folder_.file(name), "#!/bin/bash\n" + text + "\n");
    fs::permissions(folder_.file(name), fs::perms(0755));
  }
  std::string content(const std::string& file) {
    return fs::exists(folder_.file(file)) ? read_file(folder_.file(file)) : "";
  }

  TemporaryFolder folder_;
};

TEST_F(TrainingScript, StartsAllWithOnePlaceWhereTheyMeet) {
  const Outcome outcome = run(R"(echo '{"done":true}')", 0, 0);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.failed + outcome.scheduler, "");
  for (const char* option : {"#SBATCH --ntasks=2\n",
                             "#SBATCH --nodes=2\n",
                             "#SBATCH --cpus-per-task=3\n",
                             "#SBATCH --mem=5G\n"})
    EXPECT_THAT(text_, HasSubstr(option));
  EXPECT_THAT(outcome.started,
              HasSubstr("--ntasks=2\n--nodes=2\n--cpus-per-task=3\n--mpi=none\n"
                        "--kill-on-bad-exit=1\nbash\n-c\nexec apptainer exec 'my image.sif' "
                        "'worker' prepare \"$1\" \"$SLURM_PROCID\" \"$SLURM_NTASKS\" \"$2\"\n"));
  EXPECT_THAT(outcome.started, testing::EndsWith("/prepare/2.0.0000.json\n10.0.0.4:10007\n"));
}

TEST_F(TrainingScript, IsQueuedAgainWhereOneDiesButNotForEver) {
  const char* const killed = "echo 'srun: error: n7: task 1: Killed' >&2";
  for (const int code : {75, 137, 143}) {
    const Outcome first = run(killed, code, 0);
    EXPECT_EQ(first.exit_code, 0);
    EXPECT_EQ(first.failed, "");
    EXPECT_EQ(first.scheduler, "requeue 5_0\n");
    const Outcome last = run(killed, code, 3);
    EXPECT_EQ(last.exit_code, 1);
    EXPECT_EQ(last.scheduler, "");
    EXPECT_THAT(last.failed, HasSubstr("task 1: Killed"));
  }
}

TEST_F(TrainingScript, IsNotQueuedAgainForWhatCannotBeDone) {
  const Outcome outcome = run(R"(echo '{"error":"no car in sight"}')", 2, 0);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.scheduler, "");
  EXPECT_THAT(outcome.failed, HasSubstr("no car in sight"));
}

TEST_F(TrainingScript, AsksForTheMemoryOfAllProcessesOfANode) {
  SlurmJob job;
  job.settings.memory = "5G";
  job.settings.training_nodes = 2;
  PreparationStage stage;
  stage.tasks.resize(1);
  stage.processes = 3;
  EXPECT_THAT(preparation_script(job, 2, stage), HasSubstr("#SBATCH --mem=10G\n"));
  stage.processes = 1;
  EXPECT_THAT(preparation_script(job, 2, stage), HasSubstr("#SBATCH --mem=5G\n"));
}

}  // namespace
}  // namespace monodr
