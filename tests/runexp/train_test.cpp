// SPDX-License-Identifier: Apache-2.0
//
// `runexp train` and the methods with a predictor, with the real worker, as a person uses them.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const char* const experiment = R"(
[experiment]
name = "a_predictor"
[dataset]
objects = 4
[method]
name = "predictor"
[corpus]
cars = 16
held_out = 0
[shape_prior.mesh_autoencoder]
template_grid = 6
relaxations = 0
steps = 20
[renderer]
image_size = 32
[fit]
iterations = 3
hypotheses = 2
prune_steps = []
prune_keep = []
[loss.mask]
weight = 1.0
[train]
objects = 16
epochs = 2
rule = "hindsight" # as that of the fit
)";

class Train : public testing::Test {
 protected:
  Train() { write_file_atomically(folder_.file("p.toml"), experiment); }

  Program start(const Words& words) {
    Words all{binary("runexp")};
    all.insert(all.end(), words.begin(), words.end());
    return Program(all, {}, folder_.path());
  }
  Program run(const Words& words) {
    Program program = start(words);
    program.wait();
    return program;
  }
  nlohmann::json header(const std::string& file) {
    const std::string content = read_file(file);
    return nlohmann::json::parse(content.substr(0, content.find('\n')));
  }
  std::vector<std::string> cached(const std::string& ending) {
    std::vector<std::string> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_.file("results/cache"), ignored))
      if (entry.path().extension() == ending) files.push_back(entry.path().string());
    return files;
  }

  TemporaryFolder folder_;
};

TEST_F(Train, OnePredictorIsSharedByAllCellsThatNeedIt) {
  const Program first = run({"train", "p.toml", "--output", "car.predictor"});
  ASSERT_EQ(first.exit_code(), 0) << first.errors();
  EXPECT_THAT(first.errors(), HasSubstr("training resnet_predictor"));
  const nlohmann::json record = header(folder_.file("car.predictor"));
  EXPECT_EQ(record.at("training").at("supervision"), "render");
  EXPECT_EQ(record.at("curve").size(), 2u);
  EXPECT_TRUE(cached(".checkpoint").empty());

  for (const char* method : {"predictor", "predictor+fit", "fit"}) {
    const Program cell = run({"p.toml", std::string("method.name=") + method});
    EXPECT_EQ(cell.exit_code(), 0) << cell.errors();
    EXPECT_THAT(cell.errors(), Not(HasSubstr("training"))) << method;
  }
  EXPECT_EQ(cached(".predictor").size(), 1u);
  EXPECT_EQ(run({"p.toml", "method.name=predictor+fit"}).exit_code(), 0);
  EXPECT_EQ(run({"export", "a_predictor", "--format", "csv", "--output", "told"}).exit_code(), 0);
  EXPECT_THAT(read_file(folder_.file("told/heading_distributions.csv")),
              HasSubstr("frame,number,bin,heading_deg,probability\na_predictor,"));
  const Program taken =
      run({"p.toml", "predictor.file=car.predictor", "--results", "other/r.sqlite"});
  EXPECT_EQ(taken.exit_code(), 0) << taken.errors();
  EXPECT_THAT(taken.errors(), Not(HasSubstr("resnet_predictor")));
}

TEST_F(Train, GoesOnAfterBeingKilled) {
  const Words words = {"train", "p.toml", "train.epochs=300"};
  Program killed = start(words);
  // Until it has written down where it is.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (cached(".checkpoint").empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_EQ(cached(".checkpoint").size(), 1u)
      << "trained in less than the interval of checkpoints?";
  killed.signal(SIGKILL);
  killed.wait();
  const auto before = header(cached(".checkpoint")[0]).at("curve");
  EXPECT_TRUE(cached(".predictor").empty());
  const Program second = run(words);
  ASSERT_EQ(second.exit_code(), 0) << second.errors();
  ASSERT_EQ(cached(".predictor").size(), 1u);
  EXPECT_TRUE(cached(".checkpoint").empty());
  const nlohmann::json curve = header(cached(".predictor")[0]).at("curve");
  ASSERT_EQ(curve.size(), 300u) << "no epoch was done twice or left out";
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(curve[i], before[i]);
}

TEST_F(Train, SaysWhereAnExperimentHasNoneAndWhatContradicts) {
  const Program none = run({"train", "p.toml", "method.name=fit"});
  EXPECT_EQ(none.exit_code(), 2);
  EXPECT_THAT(none.errors(), HasSubstr("method"));
  const Program real = run({"train", "p.toml", "train.frames=real"});
  EXPECT_EQ(real.exit_code(), 2);
  EXPECT_THAT(real.errors(), HasSubstr("train.root"));
  const Program half = run({"train", "p.toml", "train.supervision=curriculum"});
  EXPECT_EQ(half.exit_code(), 2);
  EXPECT_THAT(half.errors(), HasSubstr("train.frames"));
  const Program rule = run({"train", "p.toml", "train.rule=hindsigth"});
  EXPECT_EQ(rule.exit_code(), 2);
  EXPECT_THAT(rule.errors(), HasSubstr("hindsight"));
  const Program idle = run({"train", "p.toml", "train.rounds=3"});
  EXPECT_EQ(idle.exit_code(), 2);
  EXPECT_THAT(idle.errors(), HasSubstr("pseudo_labels"));
}

}  // namespace
}  // namespace monodr
