// SPDX-License-Identifier: Apache-2.0
// What survives: kills of parent and worker at random moments, Ctrl-C, two programs at once, a full
// disk and a database that may not be written. With a stand-in for the worker.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "base/error.h"
#include "base/random.h"
#include "launch/launcher.h"
#include "launch/launchers_that_stay.h"
#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

class Faults : public Runexp {
 protected:
  /// What SQLite itself finds wrong with the file: "ok" for nothing.
  std::string integrity(const std::string& file) {
    return run_program({"/usr/bin/sqlite3", file, "PRAGMA integrity_check"}).output();
  }
  /// `SELECT count(*)` of what follows.
  std::string count(const std::string& rows) {
    return run_program(
               {"/usr/bin/sqlite3", "results/results.sqlite", "SELECT count(*) FROM " + rows})
        .output();
  }

  Program run_program(const Words& words) {
    Program program(words, {}, folder_.path());
    program.wait();
    return program;
  }

  /// `runexp WORDS...` begun by this shell command, such as "ulimit -f 10".
  Program run_after(const std::string& command, const Words& words) {
    std::string line = command + " && exec '" + binary("runexp") + "'";
    for (const std::string& word : words) line += " '" + word + "'";
    Program program(
        {"/bin/sh", "-c", line},
        {"MONODR_WORKER=" + binary("fake_worker"), "FAKE_JOURNAL=" + folder_.file("journal")},
        folder_.path());
    program.wait();
    return program;
  }
};

/// What a sweep promises, whoever runs its cells.
class FaultsOfSweeps : public Faults, public testing::WithParamInterface<LauncherEntry> {
 protected:
  /// `runexp WORDS... --launcher NAME`
  Program start(Words words, const Words& environment = {}) {
    words.insert(words.end(), {"--launcher", GetParam().name});
    return Faults::start(words, environment);
  }
};

INSTANTIATE_TEST_SUITE_P(ByEachLauncher,
                         FaultsOfSweeps,
                         testing::ValuesIn(launchers_that_stay()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(FaultsOfSweeps, AnInterruptStopsCleanly) {
  write(three_arms + "[fit]\n");
  const Words slow = {"e.toml", "-j", "2", "loss.mask.behaviour=slow", "loss.mask.seconds=20"};
  Program program = start(slow);
  while (journal().size() < 2) std::this_thread::yield();
  program.signal(SIGINT);
  program.wait();
  EXPECT_EQ(program.exit_code(), 130) << program.errors();
  EXPECT_EQ(states().size(), 4u);
  for (const auto& [id, state] : states()) EXPECT_EQ(state, "missing");
  EXPECT_TRUE(fs::is_empty(folder_.file("results/cells")));
  std::vector<int> workers;
  journal(&workers);
  for (const int worker : workers) EXPECT_NE(::kill(worker, 0), 0);
}

std::string seeds(int count) {
  std::string list = "sweep.seed=0";
  for (int seed = 1; seed < count; ++seed) list += fmt::format(",{}", seed);
  return list;
}

// Kills the parent at random moments until all is done. Nothing that was done is run again,
// nothing is lost, nothing is left over, no worker outlives its parent.
TEST_P(FaultsOfSweeps, AKilledParentLosesNothing) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("random seed {}", seed));
  Random random(seed);
  const Words words = {
      "e.toml", "-j", "2", seeds(60), "loss.mask.behaviour=slow", "loss.mask.seconds=0.02"};
  const std::string temporary_files = folder_.file("temporary_files");
  fs::create_directory(temporary_files);
  const Words temporary = {"TMPDIR=" + temporary_files};
  for (int round = 0; round < 100; ++round) {
    const auto states_before = states();
    const auto runs_before = journal();
    Program program = start(words, temporary);
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(61)));
    program.signal(SIGKILL);
    program.wait();
    const auto runs_after = journal();
    const auto states_after = states();
    for (const auto& [id, state] : states_before) {
      if (state != "done") continue;
      EXPECT_EQ(runs_after.at(id), runs_before.at(id)) << "ran again";
      EXPECT_EQ(states_after.at(id), "done") << "was lost";
    }
  }
  Program last = start(words);
  last.wait();
  EXPECT_EQ(last.exit_code(), 0) << last.errors();
  const auto final_states = states();
  EXPECT_EQ(final_states.size(), 120u);
  for (const auto& [id, state] : final_states) EXPECT_EQ(state, "done");
  EXPECT_EQ(integrity("results/results.sqlite"), "ok\n");
  EXPECT_EQ(count("cell"), "120\n") << "none twice";
  EXPECT_EQ(count("cell WHERE state = 'done' AND is_current AND pid IS NULL"), "120\n");
  EXPECT_EQ(count("metric"), "120\n") << "of each cell its one metric, whole";
  EXPECT_EQ(count("(SELECT 1 FROM cell GROUP BY variant, seed HAVING count(*) <> 1)"), "0\n");
  EXPECT_TRUE(fs::is_empty(folder_.file("results/cells")));
  EXPECT_TRUE(fs::is_empty(temporary_files));
  std::vector<int> workers;
  journal(&workers);
  for (const int worker : workers)
    while (::kill(worker, 0) == 0) std::this_thread::yield();
}

// A killed worker costs the cell that it had in hand, which says so; no other is lost or run again.
TEST_P(FaultsOfSweeps, AKilledWorkerCostsItsOwnCellOnly) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("random seed {}", seed));
  Random random(seed);
  const Words words = {
      "e.toml", "-j", "2", seeds(20), "loss.mask.behaviour=slow", "loss.mask.seconds=0.05"};
  Program program = start(words);
  for (int kills = 0; kills < 10; ++kills) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + random.below(56)));
    std::vector<int> workers;
    journal(&workers);
    if (!workers.empty()) ::kill(workers.back(), SIGKILL);
  }
  program.wait();
  EXPECT_THAT(program.exit_code(), testing::AnyOf(0, 1)) << program.errors();
  const auto runs_before = journal();
  const auto states_before = states();
  EXPECT_EQ(states_before.size(), 40u);
  EXPECT_EQ(run({"e.toml",
                 "--retry-failed",
                 seeds(20),
                 "loss.mask.behaviour=slow",
                 "loss.mask.seconds=0.05"})
                .exit_code(),
            0);
  const auto runs_after = journal();
  for (const auto& [id, state] : states_before) {
    EXPECT_EQ(runs_before.at(id), 1);
    EXPECT_EQ(runs_after.at(id), state == "done" ? 1 : 2) << state;
  }
  for (const auto& [id, state] : states()) EXPECT_EQ(state, "done");
}

TEST_P(FaultsOfSweeps, TwoAtOnceShareTheCells) {
  const Words words = {"e.toml",
                       "-j",
                       "2",
                       "sweep.seed=0,1,2,3,4,5",
                       "loss.mask.behaviour=slow",
                       "loss.mask.seconds=0.03"};
  Program one = start(words), two = start(words);
  one.wait();
  two.wait();
  EXPECT_EQ(one.exit_code(), 0) << one.errors();
  EXPECT_EQ(two.exit_code(), 0) << two.errors();
  EXPECT_EQ(one.output(), two.output());
  EXPECT_EQ(journal().size(), 12u);
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, 1);
}

TEST_P(FaultsOfSweeps, ARunningCellWhoseProcessIsGoneIsSeenAsSuch) {
  const Words words = {
      "e.toml", "-j", "1", "loss.mask.behaviour=slow", "loss.mask.seconds=20", "sweep.seed=0"};
  Program program = start(words);
  while (journal().empty()) std::this_thread::yield();
  const std::string id = journal().begin()->first;
  EXPECT_EQ(states().at(id), "running");
  program.signal(SIGKILL);
  program.wait();
  EXPECT_EQ(states().at(id), "interrupted");
  EXPECT_THAT(run({"status"}).output(), HasSubstr("interrupted"));
  Words dry_run = words;
  dry_run.push_back("--dry-run");
  EXPECT_THAT(run(dry_run).output(), HasSubstr("1 interrupted, 1 missing;"));
}

/// Owner without the right to write, as everyone but root is by nature: root's power to write
/// everything is taken off the program.
Words without_root_powers() {
  if (::geteuid() != 0) return {};
  return {"/usr/bin/setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"};
}

TEST_F(Faults, ADatabaseThatMayNotBeWrittenIsAnErrorAndNothingIsTorn) {
  run({"e.toml", "sweep.seed=0"});
  const std::string before = read_file(folder_.file("results/results.sqlite"));
  const auto as_reader = [&](const Words& words) {
    Words all = without_root_powers();
    all.push_back(binary("runexp"));
    all.insert(all.end(), words.begin(), words.end());
    Program program(
        all,
        {"MONODR_WORKER=" + binary("fake_worker"), "FAKE_JOURNAL=" + folder_.file("journal")},
        folder_.path());
    program.wait();
    return program;
  };
  fs::permissions(folder_.file("results/results.sqlite"), fs::perms::owner_read);
  fs::permissions(folder_.file("results"), fs::perms::owner_read | fs::perms::owner_exec);

  const Program refused = as_reader({"e.toml"});
  EXPECT_EQ(refused.exit_code(), 2) << refused.errors();
  EXPECT_THAT(refused.errors(), HasSubstr("results/results.sqlite"));
  EXPECT_THAT(refused.errors(), HasSubstr("--results"));
  EXPECT_EQ(as_reader({"status"}).exit_code(), 0);
  EXPECT_THAT(as_reader({"table", "test"}).output(), HasSubstr("| good "));
  EXPECT_EQ(as_reader({"e.toml", "--dry-run"}).exit_code(), 0);

  fs::permissions(folder_.file("results"), fs::perms::owner_all);
  EXPECT_EQ(read_file(folder_.file("results/results.sqlite")), before);
  EXPECT_EQ(journal().size(), 2u) << "no cell was begun in vain";
  fs::permissions(folder_.file("results/results.sqlite"), fs::perms::owner_all);
  EXPECT_EQ(run({"e.toml"}).exit_code(), 0);
}

// While somebody writes, what is new stands in files beside the database, not beside a link to it.
TEST_F(Faults, ADatabaseReachedByALinkShowsWhatIsNewInIt) {
  run({"e.toml", "sweep.seed=0"});
  fs::create_directory(folder_.file("links"));
  fs::create_symlink(folder_.file("results/results.sqlite"), folder_.file("links/r.sqlite"));
  fs::permissions(folder_.file("links"), fs::perms::owner_read | fs::perms::owner_exec);
  Program writer = start(
      {"e.toml", "-j", "1", "sweep.seed=0,1", "loss.mask.behaviour=slow", "loss.mask.seconds=20"});
  while (journal().size() < 3) std::this_thread::yield();
  ASSERT_TRUE(fs::exists(folder_.file("results/results.sqlite-wal")));
  Words words = without_root_powers();
  words.insert(words.end(), {binary("runexp"), "status", "test", "--results", "links/r.sqlite"});
  const Program status = run_program(words);
  EXPECT_EQ(status.exit_code(), 0) << status.errors();
  EXPECT_THAT(status.output(), HasSubstr("running"));
  writer.signal(SIGINT);
  writer.wait();
  fs::permissions(folder_.file("links"), fs::perms::owner_all);
}

TEST_F(Faults, AReadOnlyDiskIsAnError) {
  if (run_program({"/usr/bin/unshare", "-m", "true"}).exit_code() != 0)
    GTEST_SKIP() << "only root may mount";
  run({"e.toml", "sweep.seed=0"});
  const std::string mount = "mount --bind results results && mount -o remount,bind,ro results";
  const auto on_read_only_disk = [&](const std::string& words) {
    return run_program({"/usr/bin/unshare",
                        "-m",
                        "sh",
                        "-c",
                        mount + " && MONODR_WORKER='" + binary("fake_worker") + "' '" +
                            binary("runexp") + "' " + words});
  };
  const Program refused = on_read_only_disk("e.toml");
  EXPECT_EQ(refused.exit_code(), 2) << refused.errors();
  EXPECT_THAT(refused.errors(), HasSubstr("--results"));
  EXPECT_THAT(on_read_only_disk("table test").output(), HasSubstr("| good "));
  EXPECT_EQ(run({"e.toml"}).exit_code(), 0);
}

/// A disk of 1000 kB at disk/, for as long as the object lives.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=1000k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void fill() const {
    std::ofstream stream(folder_ + "/filler");
    const std::string block(512, 'x');
    while (stream << block << std::flush) {
    }
  }
  void free() const { fs::remove(folder_ + "/filler"); }

 private:
  std::string folder_;
  bool mounted_ = false;
};

TEST_F(Faults, AFullDiskIsAnErrorAndNothingIsTorn) {
  const SmallDisk disk(folder_.file("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "only root may mount a small disk";
  Words words = {"e.toml", "--results", "disk/r.sqlite", "--cache", "cache"};
  EXPECT_EQ(run(words).exit_code(), 0);
  disk.fill();
  words.push_back("sweep.seed=0,1,2,3,4,5");
  const Program full = run(words);
  EXPECT_THAT(full.exit_code(), AnyOf(1, 2));
  EXPECT_THAT(full.errors(), AnyOf(HasSubstr("full"), HasSubstr("No space left"))) << "names it";
  disk.free();
  EXPECT_EQ(integrity("disk/r.sqlite"), "ok\n");
  const Program table = run({"table", "test", "--results", "disk/r.sqlite"});
  EXPECT_THAT(table.output(), HasSubstr("| good "));
  words.push_back("--retry-failed");
  const Program freed = run(words);
  EXPECT_EQ(freed.exit_code(), 0) << freed.errors();
}

// The same for everyone: no file may grow beyond what the results fill already.
TEST_F(Faults, AFileThatMayNotGrowIsAnErrorAndNothingIsTorn) {
  EXPECT_EQ(run({"e.toml"}).exit_code(), 0);
  const auto blocks = fs::file_size(folder_.file("results/results.sqlite")) / 512;
  Words words = {"e.toml"};
  words.push_back("sweep.seed=0");
  for (int seed = 1; seed < 200; ++seed) words.back() += fmt::format(",{}", seed);
  const Program limited = run_after(fmt::format("trap '' XFSZ; ulimit -f {}", blocks + 8), words);
  EXPECT_THAT(limited.exit_code(), AnyOf(1, 2)) << limited.errors();
  EXPECT_NE(limited.errors(), "");
  EXPECT_EQ(integrity("results/results.sqlite"), "ok\n");
  words.push_back("--retry-failed");
  EXPECT_EQ(run(words).exit_code(), 0);
  for (const auto& [id, state] : states()) EXPECT_EQ(state, "done");
}

// The kernel takes workers first where memory runs out, and says whom it took in a counter.
TEST_P(FaultsOfSweeps, WorkersAreTakenBeforeTheirParent) {
  Program program =
      start({"e.toml", "-j", "1", "loss.mask.behaviour=slow", "loss.mask.seconds=20"});
  std::vector<int> workers;
  while (workers.empty()) journal(&workers);
  const std::string score = read_file(fmt::format("/proc/{}/oom_score_adj", workers[0]));
  EXPECT_GE(std::stoi(score), 500);
  program.signal(SIGINT);
  program.wait();
}

TEST_P(FaultsOfSweeps, AKilledWorkerIsSaidToBe) {
  Program program = start(
      {"e.toml", "-j", "1", "--fail-fast", "loss.mask.behaviour=slow", "loss.mask.seconds=20"});
  std::vector<int> workers;
  while (workers.empty()) journal(&workers);
  ::kill(workers[0], SIGKILL);
  program.wait();
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.errors(),
              HasSubstr("the worker was killed by signal 9 (Killed), from outside"));
  EXPECT_THAT(program.errors(), HasSubstr("| working on ")) << "the last lines of its log";
}

// A process that took over after a cell was stopped at its limit is the parent's child as before.
TEST_P(FaultsOfSweeps, AfterALimitTheWorkerStillDiesWithItsParent) {
  Program program = start({"e.toml",
                           "-j",
                           "1",
                           "--cells-per-task",
                           "4",
                           "--time-limit",
                           "2",
                           "loss.mask.behaviour=hang"});
  std::vector<int> workers;
  while (workers.size() < 2) workers.clear(), journal(&workers);
  program.signal(SIGKILL);
  program.wait();
  for (const int worker : workers)
    while (::kill(worker, 0) == 0) std::this_thread::yield();
  EXPECT_EQ(journal().size(), 2u);
  std::string first, second;
  int worker = 0;
  std::ifstream(folder_.file("journal")) >> first >> worker >> second;
  EXPECT_FALSE(fs::exists(folder_.file("results/cells/test." + second + ".result.json")))
      << "it lived until the limit of its second cell";
}

// Starting LibTorch costs more than many a cell: a worker takes cells until there are none.
TEST_F(Faults, SmallCellsShareAWorker) {
  EXPECT_EQ(run({"e.toml", "-j", "2", seeds(50)}).exit_code(), 0);
  std::vector<int> workers;
  journal(&workers);
  EXPECT_EQ(workers.size(), 100u);
  EXPECT_LE(std::set<int>(workers.begin(), workers.end()).size(), 2u);
}

}  // namespace
}  // namespace monodr
