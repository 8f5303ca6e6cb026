// SPDX-License-Identifier: Apache-2.0
#include "experiment/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "launch/stand_in_plugins.h"
#include "shared_files.h"

namespace monodr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Cells : public testing::Test {
 protected:
  std::vector<Cell> expand(const std::string& content,
                           const std::vector<std::string>& overrides = {},
                           const std::string& file_hash = "0123",
                           const std::string& data = "data") {
    const Experiment experiment = load_experiment(write("e.toml", content), overrides);
    catalogues_.push_back(std::make_unique<PluginCatalogue>(stand_in_catalogue(file_hash)));
    return expand_cells(experiment, *catalogues_.back(), [&](const Parameters&) { return data; });
  }

  static std::vector<std::string> names(const std::vector<Cell>& cells) {
    std::vector<std::string> result;
    for (const Cell& cell : cells) result.push_back(describe(cell));
    return result;
  }

  std::string id(const std::string& content, const std::vector<std::string>& overrides = {}) {
    return expand(content, overrides).at(0).id;
  }

  std::string write(const std::string& name, const std::string& content) {
    write_file_atomically(folder_.file(name), content);
    return folder_.file(name);
  }

  TemporaryFolder folder_;
  std::vector<std::unique_ptr<PluginCatalogue>> catalogues_;
};

const std::string mask = "[loss.mask]\n";

TEST_F(Cells, AxesMultiplyInTheOrderOfTheFile) {
  EXPECT_THAT(names(expand(mask + R"(
[sweep]
seed = [0, 1]
"fit.iterations" = [10, 20]
fit.hypotheses = [1, 2]
)")),
              ElementsAre("all, fit.hypotheses = 1, fit.iterations = 10, seed 0",
                          "all, fit.hypotheses = 1, fit.iterations = 10, seed 1",
                          "all, fit.hypotheses = 2, fit.iterations = 10, seed 0",
                          "all, fit.hypotheses = 2, fit.iterations = 10, seed 1",
                          "all, fit.hypotheses = 1, fit.iterations = 20, seed 0",
                          "all, fit.hypotheses = 1, fit.iterations = 20, seed 1",
                          "all, fit.hypotheses = 2, fit.iterations = 20, seed 0",
                          "all, fit.hypotheses = 2, fit.iterations = 20, seed 1"));
}

TEST_F(Cells, ZippedAxesGoInStep) {
  EXPECT_THAT(names(expand(mask + R"(
[[sweep.zip]]
"fit.iterations" = [10, 20]
"fit.hypotheses" = [8, 4]
)")),
              ElementsAre("all, fit.hypotheses = 8, fit.iterations = 10, seed 0",
                          "all, fit.hypotheses = 4, fit.iterations = 20, seed 0"));
  EXPECT_THROW(
      expand(mask + "[[sweep.zip]]\n\"fit.iterations\" = [10, 20]\n\"fit.hypotheses\" = [8]\n"),
      UserError);
}

TEST_F(Cells, IncludeAddsAndExcludeRemoves) {
  const std::string file = mask + R"(
[[arm]]
name = "a"
[[arm]]
name = "b"
set = { "rule.plugin" = "mean" }
[sweep]
seed = [0, 1]
"fit.iterations" = [10, 20]
[[sweep.include]]
"fit.iterations" = 100
arm = "b"
seed = 0
[[sweep.exclude]]
arm = "a"
"fit.iterations" = 20
[[sweep.exclude]]
seed = 1
)";
  EXPECT_THAT(names(expand(file)),
              ElementsAre("a, fit.iterations = 10, seed 0",
                          "b, fit.iterations = 10, seed 0",
                          "b, fit.iterations = 20, seed 0",
                          "b, fit.iterations = 100, seed 0"));
  EXPECT_THROW(expand(file + "[[sweep.exclude]]\nseed = 9\n"), UserError);
  EXPECT_THROW(expand(file + "[[sweep.exclude]]\narm = \"c\"\n"), UserError);
}

TEST_F(Cells, ListsOfListsAreAnAxisOfAListParameter) {
  EXPECT_THAT(names(expand(mask + "[sweep]\n\"fit.prune_steps\" = [[10, 20], [30, 60]]\n")),
              ElementsAre("all, fit.prune_steps = [10.0, 20.0], seed 0",
                          "all, fit.prune_steps = [30.0, 60.0], seed 0"));
}

TEST_F(Cells, TheConfigurationIsComplete) {
  const auto config = nlohmann::json::parse(
      expand(
          "[loss.mask]\n[loss.photometric]\nweight = 0.0\n[renderer.soft_rasterizer]\nsigma = 3\n")
          .at(0)
          .config);
  EXPECT_EQ(config.at("fit").at("iterations"), 100);
  EXPECT_EQ(config.at("renderer").at("plugin"), "soft_rasterizer");
  EXPECT_EQ(config.at("renderer").at("soft_rasterizer").at("sigma"), 3.0);
  EXPECT_EQ(config.at("shape_prior").at("mesh_autoencoder"), nlohmann::json::object());
  EXPECT_EQ(config.at("loss").at("mask").at("weight"), 1.0);
  EXPECT_EQ(config.at("loss").at("mask").at("plugin"), "mask");
  EXPECT_FALSE(config.at("loss").contains("photometric")) << "its weight is 0";
  EXPECT_FALSE(config.at("rule").contains("mean")) << "not selected";
}

TEST_F(Cells, AnIdDependsOnWhatACellIsAndOnNothingElse) {
  const std::string reference = id(mask);
  EXPECT_EQ(reference.size(), 64u);
  EXPECT_EQ(id("# a comment\n[loss.mask]\nweight = 1\n"), reference) << "the default, said";
  EXPECT_EQ(id("[experiment]\nname = \"other\"\n" + mask), reference);
  EXPECT_EQ(id(mask + "[[arm]]\nname = \"named\"\n"), reference);
  EXPECT_EQ(id(mask + "[loss.photometric]\nweight = 0.0\n"), reference) << "switched off";
  EXPECT_EQ(id(mask + "[fit]\niterations = 3\n", {"fit.iterations=100"}), reference);
  EXPECT_EQ(id(mask + "[sweep]\n\"fit.iterations\" = [100]\n"), reference);

  const std::set<std::string> ids = {reference,
                                     id(mask + "[sweep]\nseed = [1]\n"),
                                     id(mask + "[fit]\niterations = 99\n"),
                                     id(mask + "[rule]\nplugin = \"mean\"\n"),
                                     id(mask + "[loss.photometric]\n"),
                                     id("[loss.mask]\nbehaviour = \"slow\"\n"),
                                     expand(mask, {}, "4567").at(0).id,
                                     expand(mask, {}, "0123", "other data").at(0).id};
  EXPECT_EQ(ids.size(), 8u);
}

TEST_F(Cells, AMethodThatRendersNothingNeedsNoPluginAndNoLoss) {
  std::filesystem::create_directories(folder_.file("boxes"));
  write("boxes/000000.txt", "");
  const auto cell = [&](const std::string& more) {
    const Experiment experiment =
        load_experiment(write("e.toml",
                              fmt::format("[method]\nname = \"boxes\"\ndetections = '{}'\n{}",
                                          folder_.file("boxes"),
                                          more)),
                        {});
    static const PluginCatalogue none;
    return expand_cells(experiment, none, [](const Parameters&) { return "data"; }).at(0);
  };
  const Cell plain = cell("");
  EXPECT_TRUE(plain.plugins.empty());
  const auto config = nlohmann::json::parse(plain.config);
  for (const char* section : {"shape_prior", "corpus", "renderer", "rule", "fit", "confidence"})
    EXPECT_FALSE(config.contains(section)) << section;
  EXPECT_TRUE(config.at("loss").empty());
  EXPECT_EQ(config.at("method").at("name"), "boxes");
  // What a fit reads does not make it another cell, a new file of the other system does.
  EXPECT_EQ(cell("[fit]\niterations = 7\n").id, plain.id);
  write("boxes/000001.txt", "");
  EXPECT_NE(cell("").id, plain.id);
  EXPECT_THROW(cell("[fit]\niterattions = 7\n"), UserError) << "what stands there is checked";
}

TEST_F(Cells, WhereTheDataLiesDoesNotMatter) {
  std::filesystem::create_directories(folder_.file("one"));
  std::filesystem::create_directories(folder_.file("two"));
  const std::vector<std::string> kitti = {"dataset.source=kitti"};
  EXPECT_EQ(id(mask, {"dataset.source=kitti", "dataset.root=" + (folder_.file("one"))}),
            id(mask, {"dataset.source=kitti", "dataset.root=" + (folder_.file("two"))}));
}

/// The rule of a training is a plugin beside that of the fit, and has parameters of its own.
TEST_F(Cells, TheRuleOverHeadsHasATableOfItsOwn) {
  const std::string learned =
      mask + "[method]\nname = \"predictor\"\n[train]\nrule = \"hindsight\"\n";
  const std::string early = learned + "[train.hindsight]\nfrom_step = 3\n";
  const auto train = [&](const std::string& content) {
    return nlohmann::json::parse(expand(content).at(0).config).at("train");
  };
  EXPECT_EQ(train(early).at("hindsight").at("from_step"), 3);
  EXPECT_FALSE(train(learned).contains("hindsight")) << "ids of cells that say nothing stay";
  EXPECT_NE(id(early), id(learned));
  EXPECT_NE(id(early), id(early, {"train.hindsight.from_step=4"}));
  EXPECT_THROW(expand(learned + "[train.hindsight]\nfrom = 3\n"), UserError);
}

TEST_F(Cells, OneLossPluginMayServeTwice) {
  const auto config = nlohmann::json::parse(
      expand(mask + "[loss.second_mask]\nplugin = \"mask\"\nweight = 0.5\n").at(0).config);
  EXPECT_EQ(config.at("loss").at("second_mask").at("plugin"), "mask");
  EXPECT_EQ(config.at("loss").at("mask").at("weight"), 1.0);
}

// Three seeds of a fit of real frames gave three times the same bits, and "36.67 ± 0.00".
TEST_F(Cells, RunOnceWhereNothingIsDrawn) {
  const std::string seeds = "[sweep]\nseed = [3, 1, 2]\n";
  const auto seeds_of = [&](const std::vector<std::string>& settings) {
    std::vector<std::int64_t> result;
    for (const Cell& cell : expand(mask + seeds, settings)) result.push_back(cell.seed);
    return result;
  };
  EXPECT_THAT(seeds_of({}), ElementsAre(3, 1, 2)) << "made-up data get random faults";
  const std::string real = "dataset.root=" + folder_.path();
  EXPECT_THAT(seeds_of({"dataset.source=kitti", real}), ElementsAre(3));
  EXPECT_THAT(seeds_of({"dataset.source=kitti", real, "dataset.faults=always"}),
              ElementsAre(3, 1, 2));
  EXPECT_THAT(seeds_of({"dataset.faults=never"}), ElementsAre(3));

  const std::vector<std::string> none = {"dataset.mask_raggedness=0",
                                         "dataset.depth_noise=0",
                                         "dataset.depth_bias=0",
                                         "dataset.box_jitter=0"};
  const auto with = [&](const std::string& setting) {
    std::vector<std::string> settings = none;
    settings.push_back(setting);
    return seeds_of(settings).size();
  };
  for (const char* fixed : {"dataset.depth_scale=1.1",
                            "dataset.mask_dilation=2",
                            "dataset.depth_bleeding=3",
                            "dataset.depth_row_step=5"})
    EXPECT_EQ(with(fixed), 1u) << fixed;
  for (const char* drawn : {"dataset.mask_cut=0.3",
                            "dataset.box_jitter=0.1",
                            "dataset.mask_raggedness=1",
                            "dataset.depth_noise=0.1",
                            "dataset.depth_noise_metres=0.1"})
    EXPECT_EQ(with(drawn), 3u) << drawn;
}

TEST_F(Cells, SayWhichSeedsTheySpare) {
  EXPECT_EQ(spared_seeds_note(expand(mask + "[sweep]\nseed = [0, 1]\n")), "");
  const std::string arms = mask + R"(
[[arm]]
name = "drawn"
[[arm]]
name = "clean"
set = { "dataset.faults" = "never" }
[sweep]
seed = [0, 1, 2]
[[sweep.include]]
seed = 7
[[sweep.exclude]]
seed = 0
)";
  const std::vector<Cell> cells = expand(arms);
  EXPECT_THAT(names(cells),
              ElementsAre("drawn, seed 1", "drawn, seed 2", "drawn, seed 7", "clean, seed 1"));
  EXPECT_THAT(cells.back().spared_seeds, ElementsAre(2, 7));
  EXPECT_THAT(spared_seeds_note(cells), HasSubstr("1 of the cells do not depend on the seed"));
  EXPECT_THAT(spared_seeds_note(cells), HasSubstr("seed 1 alone, 2, 7"));
}

TEST_F(Cells, AllThatIsWrongIsToldAtOnce) {
  std::string message;
  try {
    expand(R"(
[loss.mask]
wieght = 1.0
[fit]
iteratons = 3
hypotheses = "many"
hypothezes = 2
[[arm]]
name = "first"
set = { "renderer.soft_rasterizer.sgma" = 2.0 }
[[arm]]
name = "second"
set = { "rule.plugin" = "meen" }
[sweep]
"fit.explore_evry" = [1, 2]
)");
  } catch (const UserError& error) {
    message = error.what();
  }
  for (const char* key : {"weight", "iterations", "hypotheses", "explore_every", "sigma", "mean"})
    EXPECT_THAT(message, HasSubstr(fmt::format("did you mean '{}'?", key)));
  EXPECT_THAT(message, HasSubstr("e.toml:3:1: ")) << "each with its place";
  EXPECT_EQ(std::ranges::count(message, '\n'), 5) << "each once:\n" << message;
}

TEST_F(Cells, AreFoundByTheBeginningOfTheirId) {
  const std::vector<Cell> cells = expand(mask + "[sweep]\nseed = [0, 1, 2]\n");
  EXPECT_EQ(find_cell(cells, cells[1].short_id()).seed, 1);
  EXPECT_THROW(find_cell(cells, "x"), UserError);
  EXPECT_THROW(find_cell(cells, ""), UserError);
}

TEST_F(Cells, RecordsCarryThePluginsThatTakePart) {
  const Experiment experiment =
      load_experiment(write("e.toml", mask + "[rule]\nplugin = \"mean\"\n"), {});
  const PluginCatalogue catalogue = stand_in_catalogue();
  const auto cells = expand_cells(experiment, catalogue, [](const Parameters&) { return "data"; });
  const auto records = make_records(experiment, cells);
  std::set<std::string> plugins;
  for (const PluginRecord& plugin : records.at(0).plugins)
    plugins.insert(plugin.kind + "/" + plugin.name + "/" + plugin.file_hash);
  EXPECT_THAT(plugins,
              ElementsAre("loss/mask/0123",
                          "renderer/soft_rasterizer/0123",
                          "rule/mean/0123",
                          "shape_prior/mesh_autoencoder/0123"));
}

}  // namespace
}  // namespace monodr
