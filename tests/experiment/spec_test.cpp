// SPDX-License-Identifier: Apache-2.0
#include "experiment/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "experiment/cells.h"
#include "launch/stand_in_plugins.h"
#include "shared_files.h"

namespace monodr {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Strings = std::vector<std::string>;

class Spec : public testing::Test {
 protected:
  Experiment load(const std::string& content, const Strings& overrides = {}) {
    return load_experiment(write("e.toml", content), overrides);
  }

  /// The message that reading and expanding the file ends with, without the folder's name.
  std::string message(const std::string& content, const Strings& overrides = {}) {
    try {
      const Experiment experiment = load(content, overrides);
      expand_cells(experiment, stand_in_catalogue(), [](const Parameters&) { return "data"; });
    } catch (const UserError& error) {
      std::string text = error.what();
      const std::string prefix = folder_.file("");
      for (size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
      return text;
    }
    return "no error";
  }

  std::string write(const std::string& name, const std::string& content) {
    write_file_atomically(folder_.file(name), content);
    return folder_.file(name);
  }

  TemporaryFolder folder_;
};

const std::string mask = "[loss.mask]\n";

TEST_F(Spec, ASyntaxErrorNamesItsPlace) {
  EXPECT_THAT(message("[fit]\niterations = = 3\n"), StartsWith("e.toml:2:14: not valid TOML"));
  EXPECT_THAT(message("[fit\n"), StartsWith("e.toml:1:"));
}

TEST_F(Spec, WhatNoSweepHoldsIsToldAtOnce) {
  const std::string told = message(mask + R"(
[sweep]
seeds = [0, 1]
"fitt.iterations" = [10, 20]
[[sweep.exclud]]
seed = 1
)");
  for (const char* part : {"e.toml:4:1: unknown key 'seeds' in [sweep]; did you mean 'seed'?",
                           "e.toml:5:1: unknown key 'fitt' in [sweep]; did you mean 'fit'?",
                           "unknown key 'exclud' in [sweep]; did you mean 'exclude'?"})
    EXPECT_THAT(told, HasSubstr(part));
}

// The program of the test stands in the tree that holds experiments/base.toml.
TEST_F(Spec, ExtendsFindsWhatComesWithMonodr) {
  const Experiment experiment = load("extends = [\"base.toml\"]\n");
  EXPECT_THAT(experiment.files.front(), testing::EndsWith("experiments/base.toml"));
  write("base.toml", "[fit]\niterations = 7\n");
  EXPECT_EQ(load("extends = [\"base.toml\"]\n").files.front(), folder_.file("base.toml"))
      << "the file beside it comes first";
  EXPECT_THAT(message("extends = [\"bse.toml\"]\n"), HasSubstr("nor one in "));
}

TEST_F(Spec, AnUnknownKeyNamesItsPlaceAndTheNearestKey) {
  EXPECT_EQ(message(mask + "[fit]\n  iteratons = 3\n"),
            "e.toml:3:3: unknown key 'iteratons' in [fit]; did you mean 'iterations'?");
  EXPECT_THAT(message(mask + "[fitt]\niterations = 3\n"),
              StartsWith("e.toml:2:2: unknown key 'fitt' in the experiment file; did you mean "
                         "'fit'?"));
  EXPECT_THAT(message("[loss.mask]\nwieght = 1.0\n"),
              StartsWith("e.toml:2:1: unknown key 'wieght' in [loss.mask]; did you mean 'weight'"));
  EXPECT_THAT(message("[experiment]\nnam = \"x\"\n"),
              StartsWith("e.toml:2:1: unknown key 'nam' in [experiment]; did you mean 'name'"));
  EXPECT_THAT(
      message(mask + "[[arm]]\nname = \"a\"\nset = { \"fit.hypothesis\" = 1 }\n"),
      StartsWith("e.toml:4:9: unknown key 'hypothesis' in [fit]; did you mean 'hypotheses'"));
  EXPECT_THAT(message(mask + "[sweep]\n\"fit.iteration\" = [1, 2]\n"),
              StartsWith("e.toml:3:1: unknown key 'iteration' in [fit]"));
}

TEST_F(Spec, AWrongTypeOrRangeNamesTheValue) {
  EXPECT_THAT(message(mask + "[fit]\niterations = \"many\"\n"),
              StartsWith("e.toml:3:14: 'fit.iter"));
  EXPECT_THAT(message(mask + "[fit]\niterations = -1\n"),
              StartsWith("e.toml:3:14: 'fit.iterations' is -1"));
  EXPECT_THAT(message("[loss.mask]\nweight = -1\n"), StartsWith("e.toml:2:10: "));
  EXPECT_THAT(message(mask + "[sweep]\n\"fit.iterations\" = [5, -1]\n"),
              StartsWith("e.toml:3:24: "));
  EXPECT_THAT(message(mask + "[dataset]\nsource = \"kiti\"\n"), HasSubstr("did you mean 'kitti'"));
  EXPECT_THAT(message(mask + "fit = 3\n"), HasSubstr("e.toml:2:1"));
}

TEST_F(Spec, AMissingPluginNamesThePlaceAndWhatThereIs) {
  EXPECT_EQ(message(mask + "[renderer]\nplugin = \"soft_rasteriser\"\n"),
            "e.toml:3:10: there is no renderer plugin 'soft_rasteriser'; did you mean "
            "'soft_rasterizer'?; found: soft_rasterizer");
  EXPECT_THAT(message("[loss.maks]\n"),
              StartsWith("e.toml:1:7: there is no loss plugin 'maks'; "
                         "did you mean 'mask'?"));
  EXPECT_THAT(message(mask + "[renderer.other]\nsigma = 1\n"),
              StartsWith("e.toml:3:1: there is no"));
  EXPECT_THAT(message(mask + "[sweep]\n\"rule.plugin\" = [\"mean\", \"men\"]\n"),
              StartsWith("e.toml:3:26: there is no rule plugin 'men'"));
}

TEST_F(Spec, APluginsKeyInItsSectionIsExplained) {
  EXPECT_EQ(message(mask + "[renderer]\nsigma = 1.0\n"),
            "e.toml:3:1: 'sigma' belongs to the plugin: write it in [renderer.soft_rasterizer]");
}

TEST_F(Spec, AnExperimentWithoutLossesIsRefused) {
  EXPECT_THAT(message("[fit]\n"), HasSubstr("no loss has a weight"));
  EXPECT_THAT(message("[loss.mask]\n[[arm]]\nname = \"a\"\nset = { \"loss.mask.weight\" = 0 }\n"),
              StartsWith("e.toml:3:8: no loss has a weight"));
}

TEST_F(Spec, ArmsMustDiffer) {
  EXPECT_THAT(message(mask + "[[arm]]\nname = \"a\"\n[[arm]]\nname = \"a\"\n"),
              StartsWith("e.toml:5:8: there are two arms named 'a'"));
  EXPECT_THAT(message(mask + "[[arm]]\nname = \"a\"\n[[arm]]\nname = \"b\"\n"),
              StartsWith("e.toml:5:8: nothing distinguishes 'b, seed 0' from 'a, seed 0'"));
  EXPECT_THAT(message(mask + "[[arm]]\n"), HasSubstr("arm 1 has no name"));
}

TEST_F(Spec, AKittiFolderMustBeThere) {
  EXPECT_EQ(
      message(mask + "[dataset]\nsource = \"kitti\"\n"),
      "e.toml:3:10: source = \"kitti\" needs 'dataset.root', the folder that holds training/");
  EXPECT_THAT(message(mask + "[dataset]\nsource = \"kitti\"\nroot = \"no/such\"\n"),
              StartsWith("e.toml:4:8: 'dataset.root' is \"no/such\", but there is no such folder"));
  EXPECT_THAT(message(mask, {"dataset.source=kitti", "dataset.root=no/such"}),
              StartsWith("command line: 'dataset.root=no/such': 'dataset.root' is"));
  EXPECT_THAT(message(mask, {"dataset.root=../kitti"}),
              HasSubstr("source = \"synthetic\" does not read it; set dataset.source"));
}

TEST_F(Spec, AKeyThatNoCellReadsIsRefusedAtItsPlace) {
  EXPECT_EQ(message(mask + "[dataset]\nsplit = \"val\"\n"),
            "e.toml:3:1: 'dataset.split' is set, but source = \"synthetic\" does not read it; set "
            "dataset.source = \"kitti\", or remove the key");
  const Strings kitti = {"dataset.source=kitti", "dataset.root=" + folder_.file("")};
  const auto with = [&](const std::string& more) {
    Strings overrides = kitti;
    overrides.push_back(more);
    return overrides;
  };
  EXPECT_THAT(message(mask, with("dataset.scene_seed=3")),
              StartsWith("command line: 'dataset.scene_seed=3': 'dataset.scene_seed' is set, but "
                         "source = \"kitti\" does not read it"));
  EXPECT_THAT(message(mask, with("dataset.mask_erosion=3")),
              HasSubstr("but source = \"kitti\" and faults = \"synthetic\" do not read it; set "
                        "dataset.faults = \"always\""));
  EXPECT_THAT(message(mask + "[fit]\nstart_detections = \"there\"\n"),
              StartsWith("e.toml:3:1: 'fit.start_detections' is set, but start = \"headings\""));
  // Both kinds of data read these.
  EXPECT_EQ(message(mask, {"dataset.depth=none", "dataset.masks=grabcut"}), "no error");
  EXPECT_EQ(message(mask, with("dataset.depth=none")), "no error");
}

TEST_F(Spec, WhatWasSaidBeforeAnotherSourceWasNamedIsNoFault) {
  write("base.toml", mask + "[dataset]\nsource = \"synthetic\"\nmask_erosion = 1\n");
  const std::string root = fmt::format("root = '{}'\n", folder_.file(""));
  const std::string extended = "extends = [\"base.toml\"]\n[dataset]\n";
  EXPECT_EQ(message(extended + "source = \"kitti\"\n" + root), "no error");
  EXPECT_THAT(message(extended + "source = \"kitti\"\n" + root + "mask_erosion = 1\n"),
              StartsWith("e.toml:5:1: 'dataset.mask_erosion' is set"));
  // The base names the source, and this file comes after it.
  EXPECT_THAT(message(extended + "split = \"val\"\n"), StartsWith("e.toml:3:1: 'dataset.split'"));
  EXPECT_EQ(message(extended + "scene_seed = 2\n[[arm]]\nname = \"a\"\nset = { "
                               "\"dataset.depth_noise\" = 0 }\n",
                    {"dataset.source=kitti", "dataset.root=" + folder_.file("")}),
            "no error");
}

TEST_F(Spec, AKeyThatOneArmReadsIsNoFault) {
  const std::string arms = fmt::format(
      "[dataset]\nscene_seed = 2\nroot = '{}'\n[[arm]]\nname = \"made up\"\n[[arm]]\n"
      "name = \"real\"\nset = {{ \"dataset.source\" = \"kitti\" }}\n",
      folder_.file(""));
  EXPECT_EQ(message(mask + arms), "no error");
  EXPECT_EQ(message(mask + arms, {"dataset.scene_seed=5", "dataset.split=all"}), "no error");
}

TEST_F(Spec, OverridesHaveTomlsGrammarAndBareWords) {
  const std::string file = mask + "[fit]\niterations = 7\n[sweep]\nseed = [5]\n";
  const Experiment experiment = load(file,
                                     {"fit.iterations=20",
                                      "sweep.seed=0,1",
                                      "dataset.split=../lists/some.txt",
                                      "rule.plugin=\"mean\"",
                                      "fit.prune_steps=[10, 20.5]",
                                      "fit.first_heading=-22.5",
                                      "evaluation.overlays=false",
                                      "sweep.fit.hypotheses=1,2,4"});
  const auto value = [&](const std::string& key) { return experiment.settings.at(key).value; };
  EXPECT_EQ(value("fit.iterations"), ParameterValue(std::int64_t{20}));
  EXPECT_EQ(value("dataset.split"), ParameterValue(std::string("../lists/some.txt")));
  EXPECT_EQ(value("rule.plugin"), ParameterValue(std::string("mean")));
  EXPECT_EQ(value("fit.prune_steps"), ParameterValue(std::vector<double>{10, 20.5}));
  EXPECT_EQ(value("fit.first_heading"), ParameterValue(-22.5));
  EXPECT_EQ(value("evaluation.overlays"), ParameterValue(false));
  EXPECT_EQ(experiment.seeds, (std::vector<std::int64_t>{0, 1}));
  ASSERT_EQ(experiment.axes.size(), 1u);
  EXPECT_EQ(experiment.axes[0].keys, Strings{"fit.hypotheses"});
  EXPECT_EQ(experiment.axes[0].points.size(), 3u);
}

TEST_F(Spec, NamesTheMetricsForPrint) {
  const auto metrics = [&](const Strings& overrides) {
    return load("[report]\nmetrics = [\"size_error_mean\", \"car/bev/0.7/AP40\"]\n" + mask,
                overrides)
        .report_metrics;
  };
  EXPECT_EQ(metrics({}), (Strings{"size_error_mean", "car/bev/0.7/AP40"}));
  EXPECT_EQ(metrics({"report.metrics=recall, ap_3d/hard"}), (Strings{"recall", "ap_3d/hard"}));
  EXPECT_EQ(message("[report]\nmetrics = [\"recall\", \"car/size_eror_mean\"]\n" + mask),
            "e.toml:2:22: 'report.metrics': 'car/size_eror_mean' names no metric; did you "
            "mean 'size_error_mean'?");
  EXPECT_THAT(message("[report]\nmetrics = [\"size_eror_mean\"]\n" + mask),
              HasSubstr("did you mean 'size_error_mean'"));
  EXPECT_THAT(message("[report]\nmetrics = [\"recall/modrate\"]\n" + mask),
              HasSubstr("did you mean 'moderate'"));
  EXPECT_THAT(message("[report]\nmetric = []\n" + mask), HasSubstr("did you mean 'metrics'"));
}

// In TOML these are numbers, dates and truths; to whoever types them they are names.
TEST_F(Spec, WhereATextIsAskedForWhatIsTypedIsOne) {
  for (const char* typed : {"2011_09_26",
                            "2011-09-26",
                            "20110926",
                            "0x10",
                            "1e5",
                            "true",
                            "inf",
                            "07:32:00",
                            "a,b",
                            "my data (1)",
                            "~/kitti",
                            "a=b",
                            "#1"}) {
    const Experiment experiment = load(
        mask, {std::string("dataset.root=") + typed, std::string("experiment.question=") + typed});
    EXPECT_EQ(experiment.settings.at("dataset.root").value, ParameterValue(std::string(typed)));
    EXPECT_EQ(experiment.question, typed);
  }
  EXPECT_EQ(load(mask, {"dataset.root='2011_09_26'"}).settings.at("dataset.root").value,
            ParameterValue(std::string("2011_09_26")));
  const Experiment swept = load(mask, {"sweep.dataset.root=2011_09_26, 2011_09_28"});
  ASSERT_EQ(swept.axes.at(0).points.size(), 2u);
  EXPECT_EQ(swept.axes[0].points[1][0].value, ParameterValue(std::string("2011_09_28")));
  EXPECT_EQ(load(mask, {"experiment.name=2026"}).name, "2026");
  EXPECT_THAT(message(mask, {"fit.iterations=2_0"}), "no error")
      << "a number where one is asked for";
}

TEST_F(Spec, EqualValuesOfAnAxisAreNamed) {
  const auto axis = [&](const std::string& line) {
    return message(mask + "[sweep]\n" + line + "\n");
  };
  EXPECT_EQ(
      axis("\"loss.mask.weight\" = [0.1, 0.10, 0.2]"),
      "e.toml:3:28: 0.1 of the axis 'loss.mask.weight' is named twice; equal values are one cell");
  EXPECT_THAT(axis("\"loss.mask.weight\" = [1, 2.0, 1e0]"), HasSubstr("3:31: 1.0 of the axis"));
  EXPECT_THAT(axis("\"evaluation.overlays\" = [true, true]"), HasSubstr("named twice"));
  EXPECT_THAT(axis("\"fit.prune_steps\" = [[1, 2], [3], [1, 2]]"), HasSubstr("named twice"));
  EXPECT_THAT(message(mask, {"sweep.fit.hypotheses=1,2,1"}), HasSubstr("named twice"));
  const std::string zip = "[[sweep.zip]]\n\"fit.hypotheses\" = [1, 1, 1]\n\"fit.iterations\" = ";
  EXPECT_EQ(message(mask + zip + "[1, 2, 3]\n"), "no error");
  EXPECT_THAT(message(mask + zip + "[1, 2, 1]\n"),
              HasSubstr("'fit.hypotheses', 'fit.iterations' is named twice"));
}

TEST_F(Spec, WrongOverridesNameThemselves) {
  EXPECT_THAT(message(mask, {"fit.iteration=3"}),
              StartsWith("command line: 'fit.iteration=3': unknown key 'iteration' in [fit]"));
  EXPECT_THAT(message(mask, {"fit.iterations=abc"}),
              StartsWith("command line: 'fit.iterations=abc': 'fit.iterations' is \"abc\""));
  EXPECT_THAT(message(mask, {"fit.iterations"}), HasSubstr("key=value"));
  EXPECT_THAT(message(mask, {"fit.prune_steps=[1, 2"}), HasSubstr("not a value in TOML's grammar"));
  EXPECT_THAT(message(mask, {"fit..x=3"}), HasSubstr("a part of the key is empty"));
}

TEST_F(Spec, AnOverrideWithoutEffectIsRefused) {
  const std::string arms = mask + "[[arm]]\nname = \"a\"\nset = { \"fit.hypotheses\" = 1 }\n";
  EXPECT_THAT(message(arms, {"fit.hypotheses=4"}), HasSubstr("every arm sets 'fit.hypotheses'"));
  EXPECT_EQ(message(arms + "[[arm]]\nname = \"b\"\n", {"fit.hypotheses=4"}), "no error");
  EXPECT_THAT(message(mask + "[sweep]\n\"fit.hypotheses\" = [1, 2]\n", {"fit.hypotheses=4"}),
              HasSubstr("write sweep.fit.hypotheses=..."));
}

TEST_F(Spec, ExtendsMergesTablesAndFindsCircles) {
  write("base.toml", "[loss.mask]\nweight = 2.0\n[fit]\niterations = 7\nhypotheses = 2\n");
  const Experiment experiment = load("extends = [\"base.toml\"]\n[fit]\niterations = 9\n");
  EXPECT_EQ(experiment.settings.at("fit.iterations").value, ParameterValue(std::int64_t{9}));
  EXPECT_EQ(experiment.settings.at("fit.hypotheses").value, ParameterValue(std::int64_t{2}));
  EXPECT_EQ(experiment.settings.at("fit.hypotheses").where.to_string(),
            folder_.file("base.toml:5:14"));

  write("loop.toml", "extends = [\"e.toml\"]\n");
  EXPECT_THAT(message("extends = [\"loop.toml\"]\n"),
              StartsWith("loop.toml:1:12: 'extends' goes in a circle: 'e.toml'"));
  EXPECT_THAT(message("extends = [\"none.toml\"]\n"), StartsWith("e.toml:1:12: 'extends' names"));
}

TEST_F(Spec, AnArmTakesAnotherExperimentsMethodButNotWhatBothExtend) {
  write(
      "base.toml",
      "[loss.mask]\nweight = 2.0\n[dataset]\nobjects = 8\n[fit]\niterations = 7\nhypotheses = 2\n");
  write("shared.toml", "[fit]\nrate_end = 0.5\n");
  write("one.toml",
        "extends = [\"base.toml\", \"shared.toml\"]\n[experiment]\nname = \"one\"\n"
        "[fit]\niterations = 3\n[[arm]]\nname = \"its own\"\n[sweep]\nseed = [7]\n");
  write("two.toml", "extends = [\"shared.toml\"]\n[fit]\niterations = 4\n");
  const Experiment experiment = load(
      "extends = [\"base.toml\"]\n[dataset]\nobjects = 5\n"
      "[[arm]]\nname = \"plain\"\n"
      "[[arm]]\nname = \"one\"\nextends = [\"one.toml\"]\nset = { fit.hypotheses = 4 }\n"
      "[[arm]]\nname = \"two\"\nextends = [\"two.toml\"]\nset = { fit.iterations = 9 }\n");
  ASSERT_EQ(experiment.arms.size(), 3u);
  const auto keys = [](const Arm& arm) {
    std::vector<std::string> names;
    for (const auto& [key, value] : arm.settings) names.push_back(key + "=" + to_toml(value.value));
    return names;
  };
  EXPECT_THAT(keys(experiment.arms[0]), testing::IsEmpty());
  EXPECT_THAT(
      keys(experiment.arms[1]),
      testing::UnorderedElementsAre("fit.iterations=3", "fit.rate_end=0.5", "fit.hypotheses=4"));
  EXPECT_THAT(keys(experiment.arms[2]),
              testing::UnorderedElementsAre("fit.iterations=9", "fit.rate_end=0.5"));
  EXPECT_THAT(experiment.seeds, testing::ElementsAre(0)) << "its sweep is not the arm's";
  EXPECT_THAT(experiment.files.back(), testing::EndsWith("e.toml"));
  EXPECT_THAT(experiment.files, testing::Contains(testing::EndsWith("two.toml")));
  EXPECT_THAT(message("[[arm]]\nname = \"a\"\nextends = [\"none.toml\"]\n"),
              StartsWith("e.toml:3:12: 'extends' names"));
}

}  // namespace
}  // namespace monodr
