// SPDX-License-Identifier: Apache-2.0
// The whole program, worker and LibTorch included, on two made-up cars and two steps of descent:
// what a plugin does wrong costs its own cell, is named, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

using Words = std::vector<std::string>;

const char* const experiment = R"(
[experiment]
name = "faults"
[dataset]
source = "synthetic"
objects = 2
[corpus]
cars = 16
[shape_prior.mesh_autoencoder]
template_grid = 4
steps = 2
[fit]
iterations = 2
hypotheses = 1
prune_steps = []
prune_keep = []
[rule]
plugin = "mean"
[loss.mask]
[loss.misbehaving]
[evaluation]
overlays = false
)";

std::string binary(const std::string& name) {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return std::string(folder != nullptr ? folder : ".") + "/" + name;
}

/// One folder for all tests: data and prior are made once.
class PluginFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_file_atomically(folder_->file("e.toml"), experiment);
  }
  static void TearDownTestSuite() { delete folder_; }

  static Program run(const Words& words) {
    Words all{binary("runexp")};
    all.insert(all.end(), words.begin(), words.end());
    Program program(all, {"RUNEXP_PLUGIN_PATH=" + binary("test_plugins")}, folder_->path());
    program.wait();
    return program;
  }

  /// `runexp e.toml` with a loss that behaves so in a database of its own.
  static Program run_with(const std::string& behaviour, const Words& more = {}) {
    Words words{"e.toml",
                "loss.misbehaving.behaviour=" + behaviour,
                "--results",
                behaviour + ".sqlite",
                "--cache",
                "cache"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  static nlohmann::json cells(const std::string& behaviour) {
    const Program status = run({"status", "--format", "json", "--results", behaviour + ".sqlite"});
    EXPECT_EQ(status.exit_code(), 0) << status.errors();
    return nlohmann::json::parse(status.output());
  }

  /// Why the cell failed.
  static std::string failure(const std::string& behaviour, const Words& more = {}) {
    const Program program = run_with(behaviour, more);
    EXPECT_EQ(program.exit_code(), 1) << program.errors();
    const nlohmann::json all = cells(behaviour);
    if (all.size() != 1) return "no cell";
    EXPECT_EQ(all[0].at("state"), "failed");
    return all[0].at("message");
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* PluginFaults::folder_ = nullptr;

TEST_F(PluginFaults, NoneIsNone) {
  const Program program = run_with("none");
  EXPECT_EQ(program.exit_code(), 0) << program.errors();
  const nlohmann::json all = cells("none");
  ASSERT_EQ(all.size(), 1u);
  const std::string id = all[0].at("id");

  const Words again = {
      "rerun", id.substr(0, 8), "--verify", "--results", "none.sqlite", "--cache", "cache"};
  const Program same = run(again);
  EXPECT_EQ(same.exit_code(), 0) << same.output() << same.errors();
  EXPECT_THAT(same.output(), HasSubstr("the same to the last bit"));
}

TEST_F(PluginFaults, ASegmentationFault) {
  EXPECT_THAT(failure("segfault"), StartsWith("the worker was killed by signal 11"));
}

TEST_F(PluginFaults, ASleep) {
  run_with("none");  // data and prior are there: only the fit stands under the limit
  EXPECT_THAT(failure("sleep", {"--time-limit", "3"}), StartsWith("stopped after the time limit"));
}

TEST_F(PluginFaults, MemoryWithoutEnd) {
  EXPECT_THAT(failure("allocate", {"--memory-limit", "2000"}),
              StartsWith("out of memory (limit: 2000 MB, --memory-limit): "));
}

TEST_F(PluginFaults, AnException) {
  EXPECT_THAT(failure("throw"), HasSubstr("out of luck"));
}

TEST_F(PluginFaults, AWrongShape) {
  const auto names = testing::AllOf(HasSubstr("the loss 'misbehaving' returned "),
                                    HasSubstr("but [2] is due: one number for each of the 2 hyp"));
  EXPECT_THAT(failure("a_pixel_each"), testing::AllOf(names, HasSubstr("a tensor of shape [2, ")));
  EXPECT_THAT(failure("one_for_all"), testing::AllOf(names, HasSubstr("a tensor of shape [],")));
  EXPECT_THAT(failure("no_tensor"), testing::AllOf(names, HasSubstr("returned no tensor,")));
}

// A loss that is not a number says nothing of where to go: the objects fail, and the cell with them
// where none is left.
TEST_F(PluginFaults, NotANumber) {
  const Program program = run_with("not_a_number");
  const nlohmann::json all = cells("not_a_number");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(program.exit_code(), 1) << program.output() << program.errors();
  EXPECT_EQ(all[0].at("state"), "failed");
}

TEST_F(PluginFaults, NotANumberForOneObject) {
  const Program program = run_with("not_a_number_once");
  EXPECT_EQ(program.exit_code(), 0) << program.errors();
  const nlohmann::json all = cells("not_a_number_once");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].at("state"), "done");
  EXPECT_THAT(all[0].at("message").get<std::string>(),
              testing::AllOf(StartsWith("1 of "),
                             HasSubstr("objects failed"),
                             HasSubstr("in step 0, loss 'misbehaving' is not finite")));
  EXPECT_THAT(program.errors(), HasSubstr("objects failed")) << "told as it happens";

  const Words of_its_results{"--results", "not_a_number_once.sqlite", "--cache", "cache"};
  Words table{"table", "faults", "--metric", "failed_objects", "--format", "json"};
  table.insert(table.end(), of_its_results.begin(), of_its_results.begin() + 2);
  const Program counted = run(table);
  ASSERT_EQ(counted.exit_code(), 0) << counted.errors();
  EXPECT_EQ(nlohmann::json::parse(counted.output())[0].at("mean"), 1);

  // Those that were fitted are the others, each with the loss at the end of its fit.
  Program sums(
      {"/usr/bin/sqlite3",
       "not_a_number_once.sqlite",
       "SELECT sum(metric = 'fitted_objects' AND value = (SELECT count(*) FROM v_detections)) FROM "
       "v_metrics; SELECT count(*) > 0 AND min(loss) > 0 AND count(loss) = count(*) FROM v_objects "
       "WHERE matched"},
      {},
      folder_->path());
  sums.wait();
  EXPECT_EQ(sums.output(), "1\n1\n") << sums.errors();

  Words report{"report", "faults", "-o", "report.html"};
  report.insert(report.end(), of_its_results.begin(), of_its_results.end());
  EXPECT_EQ(run(report).exit_code(), 0);
  EXPECT_THAT(read_file(folder_->file("report.html")), HasSubstr("failed object "));
}

// What plugins and settings refuse is found in every arm before the first cell starts.
TEST_F(PluginFaults, EveryArmIsCheckedBeforeTheFirstCell) {
  write_file_atomically(folder_->file("arms.toml"),
                        "extends = [\"e.toml\"]\n[[arm]]\nname = \"good\"\n[[arm]]\nname = "
                        "\"bad\"\nset = { \"fit.prune_steps\" = [1] }\n");
  const Program program =
      run({"arms.toml", "--results", "arms.sqlite", "--cache", "cache", "--json"});
  EXPECT_EQ(program.exit_code(), 2) << program.output();
  EXPECT_THAT(program.errors(), HasSubstr("'fit.prune_steps' has 1 values"));
  EXPECT_FALSE(fs::exists(folder_->file("arms.sqlite")));
}

// A sweep that is on its way, and a plugin that is built anew under it: the worker that loads it
// must not give its results the name of the old one. The memory of the plugins' hashes is what the
// sweep began with; a file changed behind its back, size and time as they were, is what it then
// meets.
TEST_F(PluginFaults, APluginThatChangedUnderTheSweepIsRefused) {
  const std::string plugin = folder_->file("own/loss_misbehaving.so");
  fs::create_directories(folder_->file("own"));
  fs::copy_file(binary("test_plugins/loss_misbehaving.so"), plugin);
  const Words own = {"--plugin-path", "own"};
  EXPECT_EQ(run_with("none", own).exit_code(), 0);

  std::string content = read_file(plugin);
  const std::string text = "Goes wrong as it is told";
  const size_t place = content.find(text);
  ASSERT_NE(place, std::string::npos);
  content.replace(place, text.size(), "Goes right as it is told");
  const auto time = fs::last_write_time(plugin);
  std::ofstream(plugin, std::ios::binary) << content;
  fs::last_write_time(plugin, time);

  const Program program = run_with("none", {"--plugin-path", "own", "sweep.seed=1", "--json"});
  EXPECT_EQ(program.exit_code(), 1) << program.output() << program.errors();
  EXPECT_THAT(program.output(),
              HasSubstr("changed since the sweep was started: loss misbehaving; start it again"));
}

}  // namespace
}  // namespace monodr
