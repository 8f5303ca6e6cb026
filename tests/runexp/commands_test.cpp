// SPDX-License-Identifier: Apache-2.0
// The subcommands that look at cells after the fact, progress for programs, and what happens when
// code changes.
#include <gmock/gmock.h>

#include <memory>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "results/database.h"
#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Commands : public Runexp {
 protected:
  json status(const Words& more = {}) {
    Words words{"status", "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    const Program program = run(words);
    EXPECT_EQ(program.exit_code(), 0) << program.errors();
    return json::parse(program.output());
  }

  std::string first_id() { return status().at(0).at("id"); }
};

TEST_F(Commands, StatusTellsOfCellsThatWereNeverStarted) {
  write(three_arms + "[[arm]]\nname = \"bad\"\nset = { \"loss.mask.behaviour\" = \"crash\" }\n");
  EXPECT_EQ(run({"e.toml", "-j", "1", "--fail-fast", "sweep.seed=1,2,3"}).exit_code(), 1);
  std::map<std::string, int> counts;
  for (const json& cell : status({"test"})) {
    ++counts[cell.at("state")];
    EXPECT_EQ(cell.at("id").get<std::string>().size(), 64u);
    EXPECT_TRUE(cell.at("arm").is_string() && cell.at("seed").is_number_integer());
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{{"done", 6}, {"failed", 1}, {"missing", 2}}));
  EXPECT_THAT(run({"status"}).output(), HasSubstr("missing"));
  // The file asks for less: what was never started is forgotten.
  run({"e.toml", "sweep.seed=1"});
  EXPECT_EQ(status({"test"}).size(), 3u);
}

TEST_F(Commands, CacheIsListedAndClearedAndNothingElseIsTouched) {
  const fs::path cache = folder_.file("kept");
  for (const char* file : {"meshes/a.obj",
                           "meshes/notes.txt",
                           "masks/b.rle",
                           "priors/1.prior",
                           "my.prior",
                           "synthetic-2/labels.txt"}) {
    fs::create_directories((cache / file).parent_path());
    write_file_atomically((cache / file).string(), "x");
  }
  EXPECT_THAT(run({"cache", "list", "--cache", cache.string()}).output(),
              testing::ContainsRegex("meshes +1 entries"));
  EXPECT_EQ(run({"cache", "clear", "masks", "priors", "--cache", cache.string()}).exit_code(), 0);
  EXPECT_FALSE(fs::exists(cache / "masks/b.rle") || fs::exists(cache / "priors/1.prior"));
  EXPECT_TRUE(fs::exists(cache / "meshes/a.obj") && fs::exists(cache / "synthetic-2"));
  EXPECT_EQ(run({"cache", "clear", "--cache", cache.string()}).exit_code(), 0);
  EXPECT_FALSE(fs::exists(cache / "meshes/a.obj") || fs::exists(cache / "synthetic-2"));
  EXPECT_TRUE(fs::exists(cache / "meshes/notes.txt") && fs::exists(cache / "my.prior"));
  const Program unknown = run({"cache", "clear", "mask"});
  EXPECT_EQ(unknown.exit_code(), 2);
  EXPECT_THAT(unknown.errors(), HasSubstr("did you mean 'masks'"));
}

TEST_F(Commands, StatusSaysWhoRunsACellAndUntilWhenThatHoldsElsewhere) {
  run({"e.toml"});
  const auto mark = [&](const std::string& lease) {
    Program(
        {"/usr/bin/sqlite3",
         "results/results.sqlite",
         "UPDATE cell SET state = 'missing', pid = 7, process = 'x@y', host = 'node7', launcher = "
         "'blocks', lease_until = " +
             lease + " WHERE seed = 1"},
        {},
        folder_.path())
        .wait();
  };
  mark("unixepoch() + 1000");
  EXPECT_THAT(run({"status"}).output(), HasSubstr("seed 1  on node7 (blocks)\n"));
  int running = 0;
  for (const json& cell : status({"test"})) {
    if (cell.at("state") != "running") {
      EXPECT_FALSE(cell.contains("host"));
      continue;
    }
    ++running;
    EXPECT_EQ(cell.at("host"), "node7");
    EXPECT_EQ(cell.at("launcher"), "blocks");
    EXPECT_GT(cell.at("lease_until"), std::time(nullptr));
  }
  EXPECT_EQ(running, 2);
  const Words dry_run{"e.toml", "--dry-run"};
  EXPECT_THAT(run(dry_run).output(), HasSubstr("2 done, 2 running;"));
  mark("unixepoch() - 1");
  EXPECT_THAT(run(dry_run).output(), HasSubstr("2 done, 2 interrupted;"));
  EXPECT_EQ(run({"e.toml"}).exit_code(), 0);
  for (const auto& [id, state] : states()) EXPECT_EQ(state, "done");
  for (const json& cell : status({"test"})) EXPECT_FALSE(cell.contains("host"));
}

TEST_F(Commands, LogsPrintsWhatTheCellWrote) {
  run({"e.toml"});
  const std::string id = first_id();
  const Program logs = run({"logs", id.substr(0, 10)});
  EXPECT_EQ(logs.exit_code(), 0) << logs.errors();
  EXPECT_EQ(logs.output(), "working on " + id + "\n");
  EXPECT_EQ(run({"logs", id, "--follow"}).output(), logs.output());
  EXPECT_EQ(run({"logs", "zz"}).exit_code(), 2);
  EXPECT_EQ(run({"logs"}).exit_code(), 2);
}

TEST_F(Commands, LogsFollowsARunningCell) {
  write("[experiment]\nname = \"test\"\n[loss.mask]\nbehaviour = \"slow\"\nseconds = 0.5\n");
  Program sweep = start({"e.toml"});
  while (journal().empty()) std::this_thread::yield();
  const std::string id = journal().begin()->first;
  const Program logs = run({"logs", id, "--follow"});
  EXPECT_EQ(logs.output(), "working on " + id + "\n");
  EXPECT_NE(states().at(id), "running");
  sweep.wait();
}

TEST_F(Commands, RerunComparesToTheLastBit) {
  run({"e.toml", "--threads", "2"});
  const std::string id = first_id();
  const Program same = run({"rerun", id, "--verify", "--threads", "2"});
  EXPECT_EQ(same.exit_code(), 0) << same.output() << same.errors();
  EXPECT_THAT(same.output(), HasSubstr("the same to the last bit: 1 metrics"));
  // The stand-in reports its threads as a metric.
  const Program other = run({"rerun", id, "--verify", "--threads", "7"});
  EXPECT_EQ(other.exit_code(), 1);
  EXPECT_THAT(other.output(), HasSubstr("1 values differ"));
  EXPECT_THAT(other.output(), HasSubstr("metric threads car: "));
  EXPECT_THAT(other.output(), HasSubstr(" -> 7"));
  EXPECT_EQ(run({"rerun", id, "--verify", "--threads", "2"}).exit_code(), 0)
      << "the database stays as it was";

  const Words rebuilt = {"FAKE_PLUGIN_HASH=ffff", "FAKE_CODE_HASH=eeee"};
  const Program changed =
      run({"rerun", id, "--verify", "--threads", "2", "--cache", "other"}, rebuilt);
  EXPECT_EQ(changed.exit_code(), 0);
  EXPECT_THAT(changed.output(), StartsWith("changed since: the program, loss mask, "));
  EXPECT_EQ(run({"rerun", id, "--threads", "2", "--cache", "other"}, rebuilt).exit_code(), 2);

  EXPECT_EQ(run({"rerun", id, "--threads", "7"}).exit_code(), 0);
  EXPECT_EQ(run({"rerun", id, "--verify", "--threads", "7"}).exit_code(), 0) << "replaced";
}

/// A sweep of two arms as some other machine's program writes it, two steps a cell.
class WatchedSweep : public Commands {
 protected:
  WatchedSweep() {
    std::filesystem::create_directories(folder_.file("results"));
    database_ = std::make_unique<Database>(folder_.file("results/results.sqlite"));
    for (const std::string arm : {"good", "two\nlines \x1b[7m"})
      for (int seed = 0; seed < 2; ++seed) {
        CellRecord record;
        record.id = fmt::format("{}{}", arm[0], seed) + std::string(62, '0');
        record.experiment = "elsewhere";
        record.arm = arm;
        record.arm_order = arm == "good" ? 0 : 1;
        record.seed = seed;
        record.config = "{}";
        records_.push_back(record);
      }
    database_->plan("elsewhere", "", records_);
  }

  void finish(size_t cell, std::vector<double> losses, const std::string& state = "done") {
    CellResult result;
    result.cell = records_[cell].id;
    result.state = state;
    result.message = state == "done" ? "" : "the loss is NaN";
    result.seconds = 60;
    for (size_t step = 0; step < losses.size(); ++step)
      result.series.push_back({"loss.total", static_cast<int>(step), losses[step]});
    database_->import_result(records_[cell], result);
  }

  std::string picture() {
    const Program program = run({"watch", "elsewhere", "--once"});
    EXPECT_EQ(program.exit_code(), 0) << program.errors();
    return program.output();
  }

  std::unique_ptr<Database> database_;
  std::vector<CellRecord> records_;
};

TEST_F(WatchedSweep, APictureHasCountsCellsAndMeanCurves) {
  EXPECT_THAT(picture(),
              testing::AllOf(HasSubstr("0 of 4 cells done, 4 missing"),
                             HasSubstr("nobody is running it now"),
                             HasSubstr("no cell that is done has recorded it yet")));
  finish(0, {3, 2, 1});
  finish(1, {5, 4, 1});
  finish(2, {4, 4, 4});
  ASSERT_TRUE(database_->mark_running(records_[3], ::getpid(), "local"));
  const std::string found = picture();
  EXPECT_THAT(found, HasSubstr("] 3 of 4 cells done, 1 running; at most about 1 min 00 s left\n"));
  EXPECT_THAT(found, HasSubstr("loss.total, mean over seeds, steps 0 to 2, 1 to 4\n"));
  EXPECT_THAT(found, HasSubstr("(local)")) << "where the cell runs";
  EXPECT_THAT(found, HasSubstr("4 -> 1  (2 seeds)"));
  EXPECT_THAT(found, HasSubstr("4 -> 4  (1 seed)"));
  EXPECT_THAT(found, testing::ContainsRegex("good +(█)+(▆)+▁  4")) << "it falls";
  EXPECT_THAT(found, testing::Not(HasSubstr("\x1b"))) << "a name does not steer the terminal";
}

TEST_F(WatchedSweep, ItFollowsToTheEndAndSaysHowItEnded) {
  finish(0, {100, 1});
  finish(1, {100, 1});
  finish(2, {100, 1});
  const std::string file = folder_.file("pictures");
  Program watch(
      {"/bin/sh",
       "-c",
       "exec '" + binary("runexp") + "' watch elsewhere --interval 0.01 > '" + file + "'"},
      {},
      folder_.path());
  const auto shown = [&] { return std::filesystem::exists(file) ? read_file(file) : ""; };
  while (shown().find("3 of 4 cells done, 1 missing") == std::string::npos)
    std::this_thread::yield();
  finish(3, {}, "failed");
  watch.wait();
  EXPECT_EQ(watch.exit_code(), 1) << watch.errors();
  const std::string pictures = shown();
  const std::string before = "3 of 4 cells done, 1 missing";
  EXPECT_EQ(pictures.find(before), pictures.rfind(before)) << "drawn when something has changed";
  EXPECT_THAT(pictures, HasSubstr("3 of 4 cells done, 1 failed\n"));
  EXPECT_THAT(pictures, HasSubstr("seed 1  the loss is NaN"));
  EXPECT_THAT(pictures, HasSubstr("(logarithmic)"));
  finish(3, {90, 2});
  EXPECT_EQ(run({"watch", "elsewhere"}).exit_code(), 0);
}

TEST_F(WatchedSweep, ItSaysWhatItCannotWatch) {
  finish(0, {3, 1});
  EXPECT_THAT(run({"watch", "elsewere"}).errors(), HasSubstr("did you mean 'elsewhere'?"));
  EXPECT_THAT(run({"watch", "elsewhere", "--series", "loss.totl"}).errors(),
              HasSubstr("did you mean 'loss.total'?"));
  EXPECT_EQ(run({"watch", "elsewhere", "--interval", "0"}).exit_code(), 2);
}

TEST_F(Commands, DiffShowsConfigurationCodeAndMetrics) {
  run({"e.toml", "sweep.seed=0"});
  run({"e.toml", "sweep.seed=0", "fit.iterations=7", "--threads", "7", "--cache", "other"},
      {"FAKE_PLUGIN_HASH=ffff"});
  std::istringstream lines(read_file(folder_.file("journal")));
  std::string pid;
  std::vector<std::string> order;
  for (std::string id; lines >> id >> pid;) order.push_back(id);
  ASSERT_EQ(order.size(), 4u);
  const Program found = run({"diff", order[0], order[2], "--format", "json"});
  ASSERT_EQ(found.exit_code(), 0) << found.errors();
  const json document = json::parse(found.output());
  EXPECT_EQ(document.at("configuration").at("fit.iterations"), (json{"100", "7"}));
  EXPECT_EQ(document.at("code").at("loss mask"), (json{"1.0.0 (0123)", "1.0.0 (ffff)"}));
  EXPECT_EQ(document.at("metrics").at("threads car").at(1), "7");
  EXPECT_THAT(run({"diff", order[0], order[2]}).output(), HasSubstr("fit.iterations"));
  EXPECT_THAT(
      run({"diff", order[0], order[2]}).output(),
      testing::ContainsRegex("threads car +[0-9]+\\.000  ->  7\\.000  \\([+-][0-9]+\\.000\\)"));
  EXPECT_THAT(run({"diff", order[0], order[0]}).output(), HasSubstr("nothing differs"));
  EXPECT_EQ(run({"diff", order[0]}).exit_code(), 2);
}

TEST_F(Commands, TagsChooseCellsAndNotesAreShown) {
  ASSERT_EQ(run({"e.toml"}).exit_code(), 0);
  const std::string id = states().begin()->first;
  EXPECT_EQ(run({"tag", "paper", "--experiment", "test", "--arm", "good"}).output(),
            "tagged 2 cells paper\n");
  EXPECT_EQ(run({"tag", "checked", id.substr(0, 8)}).exit_code(), 0);
  EXPECT_EQ(run({"note", id.substr(0, 8), "cut by <hand>\nagain"}).exit_code(), 0);
  EXPECT_EQ(run({"note", id.substr(0, 8)}).output(), "cut by <hand>\nagain\n");
  EXPECT_EQ(run({"tag"}).output(), "checked  1 of test\npaper  2 of test\n");

  const Program status = run({"status", "test"});
  EXPECT_THAT(status.output(), HasSubstr("paper]"));
  EXPECT_THAT(status.output(), HasSubstr("note: cut by <hand>\n"));
  EXPECT_THAT(status.output(), HasSubstr("note: again\n"));
  const auto tagged =
      nlohmann::json::parse(run({"status", "--tag", "paper", "--format", "json"}).output());
  ASSERT_EQ(tagged.size(), 2U);
  EXPECT_EQ(tagged[0].at("arm"), "good");
  const auto noted =
      nlohmann::json::parse(run({"status", "--tag", "checked", "--format", "json"}).output());
  EXPECT_EQ(noted.at(0).at("note"), "cut by <hand>\nagain");

  const Program all = run({"table", "test"}), few = run({"table", "test", "--tag", "paper"});
  ASSERT_EQ(few.exit_code(), 0) << few.errors();
  EXPECT_THAT(all.output(), HasSubstr("| mean |"));
  EXPECT_THAT(few.output(), testing::Not(HasSubstr("| mean |")));
  EXPECT_THAT(few.errors(), HasSubstr("only cells tagged paper"));
  EXPECT_THAT(all.errors(), HasSubstr("cut by <hand>"));
  ASSERT_EQ(run({"export", "test", "--tag", "paper", "--format", "json", "-o", "out"}).exit_code(),
            0);
  EXPECT_EQ(nlohmann::json::parse(read_file(folder_.file("out/cells.json"))).size(), 2U);
  ASSERT_EQ(run({"report", "test", "--tag", "paper", "-o", "r.html"}).exit_code(), 0);
  EXPECT_THAT(read_file(folder_.file("r.html")), HasSubstr("only cells tagged paper"));
  ASSERT_EQ(run({"report", "test", "-o", "r.html"}).exit_code(), 0);
  EXPECT_THAT(read_file(folder_.file("r.html")), HasSubstr("cut by &lt;hand&gt;"));

  EXPECT_EQ(run({"tag", "paper", "--experiment", "test", "--remove"}).exit_code(), 0);
  EXPECT_EQ(run({"tag"}).output(), "checked  1 of test\n");
}

TEST_F(Commands, WhatCannotBeATagIsSaid) {
  ASSERT_EQ(run({"e.toml"}).exit_code(), 0);
  ASSERT_EQ(run({"tag", "paper", "--experiment", "test", "--arm", "good"}).exit_code(), 0);
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{"tag", "two words", "--experiment", "test"}, "cannot be a tag"},
      {{"tag", "a,b", "--experiment", "test"}, "cannot be a tag"},
      {{"tag", "paper"}, "needs cells"},
      {{"tag", "paper", "ffffffffff"}, "no cell"},
      {{"tag", "paper", "--experiment", "tets"}, "did you mean 'test'"},
      {{"tag", "paper", "--experiment", "test", "--arm", "goood"}, "did you mean 'good'"},
      {{"tag", "paper", "--arm", "good"}, "--arm needs --experiment"},
      {{"tag", "--remove"}, "name"},
      {{"note", "ffffffffff", "text"}, "no cell"},
      {{"status", "--tag", "papers"}, "did you mean 'paper'"},
      {{"tag", "paper", "--experiment", "test", "--results", "none.sqlite"}, "no results at"}};
  for (const auto& [words, message] : wrong) {
    const Program program = run(words);
    EXPECT_EQ(program.exit_code(), 2) << message;
    EXPECT_THAT(program.errors(), HasSubstr(message));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.file("none.sqlite")));
}

TEST_F(Commands, AChangedProgramMakesCellsStaleAndSaysSo) {
  run({"e.toml"});
  const Words rebuilt = {"FAKE_CODE_HASH=eeee"};
  const Words other_cache = {"e.toml", "--cache", "other"};
  const auto with = [&](const std::string& option) {
    Words words = other_cache;
    words.push_back(option);
    return run(words, rebuilt);
  };
  EXPECT_THAT(with("--dry-run").output(), HasSubstr("(changed: the program)"));
  EXPECT_THAT(with("--accept-stale").errors(), HasSubstr("nothing to run: 4 done"));
  for (const auto& [id, runs] : journal()) EXPECT_EQ(runs, 1);
  const Program again = run(other_cache, rebuilt);
  EXPECT_THAT(again.errors(), HasSubstr("4 cells are stale"));
  EXPECT_THAT(again.errors(), HasSubstr("the program"));
  EXPECT_EQ(journal().size(), 8u);
  EXPECT_EQ(status().size(), 4u) << "the earlier ones are kept, but no longer count";
}

TEST_F(Commands, JsonIsOneObjectALine) {
  write(three_arms + "[[arm]]\nname = \"bad\"\nset = { \"loss.mask.behaviour\" = \"crash\" }\n");
  const Program program = run({"e.toml", "--json"});
  EXPECT_EQ(program.exit_code(), 1);
  std::map<std::string, int> counts;
  std::istringstream lines(program.output());
  json last;
  for (std::string line; std::getline(lines, line);) {
    last = json::parse(line);
    ++counts[last.at("event")];
    if (last.at("event") == "finished") ++counts["cell " + last.at("state").get<std::string>()];
  }
  EXPECT_EQ(counts["begin"], 1);
  EXPECT_EQ(counts["started"], 6);
  EXPECT_EQ(counts["cell done"], 4);
  EXPECT_EQ(counts["cell failed"], 2);
  EXPECT_EQ(last, (json{{"event", "end"}, {"done", 4}, {"failed", 2}, {"stopped", false}}));
}

TEST_F(Commands, CompletionKnowsEveryCommandAndOption) {
  std::istringstream commands(run({"--list-options"}).output());
  std::vector<std::string> names;
  for (std::string line; std::getline(commands, line);)
    names.push_back(line.substr(0, line.find('\t')));
  EXPECT_THAT(names, testing::IsSupersetOf({"run", "status", "logs", "rerun", "diff", "table"}));
  for (const std::string name : {"run", "status", "logs", "rerun", "table", "plugins"})
    EXPECT_THAT(run({name, "--list-options"}).output(), HasSubstr("--results\t")) << name;
  EXPECT_THAT(run({"run", "--list-options"}).output(), HasSubstr("--retry-failed\t"));
  for (const std::string shell : {"bash", "zsh", "fish"})
    EXPECT_THAT(run({"completion", shell}).output(), HasSubstr("--list-options"));
  EXPECT_EQ(run({"completion", "bsh"}).exit_code(), 2);
}

}  // namespace
}  // namespace monodr
