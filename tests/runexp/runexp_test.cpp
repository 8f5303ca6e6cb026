// SPDX-License-Identifier: Apache-2.0
// The program as a person uses it, with a stand-in for the worker: exit codes, what is printed and
// what is left on disk. What survives a kill is in faults_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "launch/launcher.h"
#include "launch/launchers_that_stay.h"
#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(Runexp, RunsWhatIsMissingAndThenFindsAllDone) {
  const Program first = run({"e.toml"});
  EXPECT_EQ(first.exit_code(), 0) << first.errors();
  EXPECT_THAT(first.output(), HasSubstr("| good "));
  EXPECT_THAT(first.errors(), HasSubstr("[4/4]"));
  const Program second = run({"run", "e.toml"});
  EXPECT_EQ(second.exit_code(), 0);
  EXPECT_EQ(second.output(), first.output());
  EXPECT_THAT(second.errors(), HasSubstr("nothing to run: 4 done"));
  EXPECT_EQ(journal().size(), 4u);
  EXPECT_EQ(run({"e.toml", "--force", "--quiet"}).errors(), "");
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, 2);
}

TEST_F(Runexp, OnlyNewCellsRun) {
  run({"e.toml"});
  const Program more = run({"e.toml", "sweep.seed=0,1,2"});
  EXPECT_EQ(more.exit_code(), 0);
  EXPECT_EQ(journal().size(), 6u);
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, 1);
}

TEST_F(Runexp, EachLauncherLeavesTheSameAndIsNamedInTheHelp) {
  const std::string table = run({"e.toml", "--launcher", "local"}).output();
  const std::string help = run({"run", "--help"}).output();
  for (const LauncherEntry& launcher : launchers_that_stay()) {
    const Program program = run({"e.toml", "--force", "--launcher", launcher.name});
    EXPECT_EQ(program.exit_code(), 0) << program.errors();
    EXPECT_EQ(program.output(), table);
    EXPECT_THAT(program.errors(), HasSubstr("[4/4]"));
    EXPECT_THAT(help, HasSubstr(fmt::format("{} =", launcher.name)));
  }
}

TEST_F(Runexp, AnArmWithANewNameKeepsItsResults) {
  run({"e.toml"});
  std::string renamed = three_arms;
  renamed.replace(renamed.find("\"good\""), 6, "\"best\"");
  write(renamed);
  const Program second = run({"e.toml"});
  EXPECT_EQ(second.exit_code(), 0);
  EXPECT_EQ(journal().size(), 4u);
  EXPECT_THAT(second.output(), HasSubstr("| best | 2 "));
  EXPECT_THAT(second.output(), Not(HasSubstr("good")));
}

TEST_F(Runexp, FailuresGiveExitCode1AndRunAgainOnlyWhenAsked) {
  write(three_arms + "[[arm]]\nname = \"bad\"\nset = { \"loss.mask.behaviour\" = \"crash\" }\n");
  const Program first = run({"e.toml"});
  EXPECT_EQ(first.exit_code(), 1);
  EXPECT_THAT(first.errors(), HasSubstr("bad, seed 1: the worker was killed by signal 11"));
  EXPECT_EQ(run({"e.toml"}).exit_code(), 1);
  EXPECT_EQ(journal().size(), 6u);
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, 1);
  EXPECT_EQ(run({"e.toml", "--retry-failed"}).exit_code(), 1);
  int runs_of_all = 0;
  for (const auto& [id, runs] : journal()) runs_of_all += runs;
  EXPECT_EQ(runs_of_all, 8);
}

TEST_F(Runexp, WrongUseGivesExitCode2AndWritesNothing) {
  const std::vector<Words> wrong = {{"no_such.toml"},
                                    {"e.toml", "fit.iteration=3"},
                                    {"e.toml", "fit.iterations=-1"},
                                    {"e.toml", "renderer.plugin=other"},
                                    {"e.toml", "--no-such-option"},
                                    {"e.toml", "--jobs", "-1"},
                                    {"e.toml", "--launcher", "slrm"},
                                    {"e.toml", "--cells-per-task", "-1"},
                                    {"e.toml", "--lease", "0"},
                                    {"e.toml", "--print-config", "zzz"},
                                    {"e.toml", "--plugin-path", "nowhere"},
                                    {"tabel"},
                                    {"status"},
                                    {"plugins", "shwo"},
                                    {"plugins", "show", "soft_rasteriser"},
                                    {}};
  for (const Words& words : wrong) {
    const Program program = run(words);
    EXPECT_EQ(program.exit_code(), 2) << join(words, " ") << "\n" << program.errors();
    EXPECT_NE(program.errors(), "");
    EXPECT_EQ(program.output(), "");
  }
  const Program refused = run({"e.toml"}, {"FAKE_REFUSAL=training/calib is missing"});
  EXPECT_EQ(refused.exit_code(), 2);
  EXPECT_THAT(refused.errors(), HasSubstr("error: training/calib is missing"));
  write("[fit]\niterations = = 3\n");
  EXPECT_THAT(run({"e.toml"}).errors(), StartsWith("error: e.toml:2:14: not valid TOML"));
  EXPECT_FALSE(fs::exists(folder_.file("results")));
}

TEST_F(Runexp, ADryRunTellsAndWritesNothing) {
  const Program before = run({"e.toml", "--dry-run"});
  EXPECT_EQ(before.exit_code(), 0);
  EXPECT_THAT(before.output(), HasSubstr("4 cells: 4 missing; no earlier times"));
  EXPECT_FALSE(fs::exists(folder_.file("results")));
  run({"e.toml", "sweep.seed=0"});
  EXPECT_THAT(run({"e.toml", "--dry-run", "-j", "1"}).output(),
              HasSubstr("4 cells: 2 done, 2 missing; about 1.0 s with 1 worker\n"));
  EXPECT_THAT(run({"e.toml", "--dry-run", "sweep.seed=0"}).output(),
              HasSubstr("2 cells: 2 done; nothing to run"));
  const Program rebuilt =
      run({"e.toml", "--dry-run", "--cache", "elsewhere"}, {"FAKE_PLUGIN_HASH=ffff"});
  EXPECT_THAT(rebuilt.output(), HasSubstr("2 missing, 2 stale;"));
  EXPECT_THAT(rebuilt.output(), HasSubstr("seed 0  (changed: loss mask"));
}

// Real data is told by its contents: not by the place it lies in nor by the time it was copied.
TEST_F(Runexp, TheSameRealDataElsewhereGivesTheSameCells) {
  for (const char* kind : {"image_2", "calib", "label_2"})
    fs::create_directories(folder_.file(std::string("first/training/") + kind));
  for (const char* file : {"image_2/0.png", "image_2/1.png", "calib/0.txt", "label_2/0.txt"})
    write_file_atomically(folder_.file(std::string("first/training/") + file), file);
  fs::copy(folder_.file("first"), folder_.file("second"), fs::copy_options::recursive);
  const auto later = fs::file_time_type::clock::now() + std::chrono::hours(1);
  fs::last_write_time(folder_.file("second/training/calib/0.txt"), later);

  const Words real = {"e.toml", "dataset.source=kitti", "dataset.root=first"};
  const Program first = run(real);
  EXPECT_EQ(first.exit_code(), 0);
  EXPECT_THAT(first.errors(), HasSubstr("no cell depends on the seed"));
  EXPECT_THAT(first.errors(), HasSubstr("seed 0 alone, 1 would give the same bits"));
  EXPECT_TRUE(fs::exists(folder_.file("results/cache/files.txt")));
  const Program moved = run({"e.toml", "dataset.source=kitti", "dataset.root=second"});
  EXPECT_THAT(moved.errors(), HasSubstr("nothing to run: 2 done"));
  write_file_atomically(folder_.file("second/training/label_2/0.txt"), "changed");
  const Program changed = run({"e.toml", "dataset.source=kitti", "dataset.root=second"});
  EXPECT_THAT(changed.errors(), HasSubstr("[2/2]"));
  EXPECT_EQ(journal().size(), 4u);
  const Program drawn = run({"e.toml",
                             "--dry-run",
                             "dataset.source=kitti",
                             "dataset.root=second",
                             "dataset.faults=always"});
  EXPECT_THAT(drawn.output(), HasSubstr("4 cells: "));
}

TEST_F(Runexp, PrintsTheConfigurationOfACell) {
  run({"e.toml"});
  const std::string id = states().begin()->first;
  const Program printed = run({"e.toml", "--print-config", id.substr(0, 8)});
  EXPECT_EQ(nlohmann::json::parse(printed.output()).at("fit").at("iterations"), 100);
}

TEST_F(Runexp, OtherResultsAndCacheFoldersAreUsed) {
  EXPECT_EQ(run({"e.toml", "--results", "other/r.sqlite", "--cache", "c"}).exit_code(), 0);
  EXPECT_TRUE(fs::exists(folder_.file("other/r.sqlite")));
  EXPECT_FALSE(fs::exists(folder_.file("results")));
  EXPECT_FALSE(fs::is_empty(folder_.file("c")));
}

TEST_F(Runexp, EveryCommandHasHelpWithExamples) {
  for (const Words& words : std::vector<Words>{{"--help"},
                                               {"run", "--help"},
                                               {"status", "--help"},
                                               {"plugins", "--help"},
                                               {"logs", "--help"},
                                               {"rerun", "--help"},
                                               {"diff", "--help"},
                                               {"completion", "--help"},
                                               {"table", "--help"}}) {
    const Program help = run(words);
    EXPECT_EQ(help.exit_code(), 0);
    EXPECT_THAT(help.output(), StartsWith("usage: "));
    EXPECT_THAT(help.output(), HasSubstr("xamples:"));
  }
}

TEST_F(Runexp, HandsTheWorkersCommandsOn) {
  EXPECT_EQ(run({"data", "make", "--help"}).output(), "data\nmake\n--help\n");
}

TEST_F(Runexp, ListsAndShowsPlugins) {
  EXPECT_THAT(run({"plugins", "list"}).output(), HasSubstr("renderer     soft_rasterizer"));
  const Program shown = run({"plugins", "show", "soft_rasterizer"});
  EXPECT_THAT(shown.output(), HasSubstr("[renderer.soft_rasterizer]\nsigma = 1.0 "));
  EXPECT_EQ(run({"plugins", "doctor"}).exit_code(), 0);
}

}  // namespace
}  // namespace monodr
