// SPDX-License-Identifier: Apache-2.0
//
// `runexp prior` with the real worker, as a person uses it.
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
name = "a_prior"
[corpus]
cars = 16
held_out = 2
[shape_prior.mesh_autoencoder]
template_grid = 6
relaxations = 0
steps = 60
)";

class Prior : public testing::Test {
 protected:
  Prior() { write_file_atomically(folder_.file("p.toml"), experiment); }

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
    for (const auto& entry : fs::directory_iterator(folder_.file("results/cache/priors"), ignored))
      if (entry.path().extension() == ending) files.push_back(entry.path().string());
    return files;
  }

  TemporaryFolder folder_;
};

TEST_F(Prior, IsTrainedOnceAndSaysWhatItIs) {
  const Program first = run({"prior", "train", "p.toml", "--output", "car.prior"});
  ASSERT_EQ(first.exit_code(), 0) << first.errors();
  EXPECT_EQ(first.output(), "car.prior\n");
  EXPECT_THAT(first.errors(), HasSubstr("training mesh_autoencoder"));
  const nlohmann::json record = header(folder_.file("car.prior"));
  EXPECT_EQ(record.at("plugin"), "mesh_autoencoder");
  EXPECT_EQ(record.at("parameters").at("latent_dims"), 8);
  EXPECT_EQ(record.at("corpus").at("meshes"), 16);
  EXPECT_GT(record.at("curve").size(), 2u);
  EXPECT_TRUE(cached(".checkpoint").empty());

  const Program second = run({"prior", "train", "p.toml"});
  EXPECT_EQ(second.exit_code(), 0);
  EXPECT_THAT(second.errors(), Not(HasSubstr("training")));
  ASSERT_EQ(cached(".prior").size(), 1u);
  EXPECT_EQ(read_file(cached(".prior")[0]), read_file(folder_.file("car.prior")));
  run({"prior", "train", "p.toml", "corpus.cars=17"});
  EXPECT_EQ(cached(".prior").size(), 2u) << "another corpus, another prior";
}

TEST_F(Prior, GoesOnAfterAnInterruption) {
  const Words words = {"prior", "train", "p.toml", "shape_prior.mesh_autoencoder.steps=20000"};
  Program stopped = start(words);
  // Until it has written down where it is.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (cached(".checkpoint").empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_EQ(cached(".checkpoint").size(), 1u)
      << "trained in less than the interval of checkpoints?";
  stopped.signal(SIGINT);
  stopped.wait();
  EXPECT_EQ(stopped.exit_code(), 130);
  EXPECT_THAT(stopped.errors(), HasSubstr("goes on where it was"));
  EXPECT_TRUE(cached(".prior").empty());
  const auto before = header(cached(".checkpoint")[0]).at("curve").size();
  EXPECT_GT(before, 0u);

  const Program second = run(words);
  ASSERT_EQ(second.exit_code(), 0) << second.errors();
  ASSERT_EQ(cached(".prior").size(), 1u);
  EXPECT_TRUE(cached(".checkpoint").empty());
  const nlohmann::json curve = header(cached(".prior")[0]).at("curve");
  EXPECT_GT(curve.size(), before);
  for (size_t i = 1; i < curve.size(); ++i)
    EXPECT_GT(curve[i][0].get<double>(), curve[i - 1][0].get<double>()) << "no step was done twice";
  EXPECT_EQ(curve.back()[0], 1.0);
}

TEST_F(Prior, IsEvaluatedAndShown) {
  ASSERT_EQ(run({"prior", "train", "p.toml", "--output", "car.prior"}).exit_code(), 0);
  const Program evaluate = run({"prior", "evaluate", "car.prior", "--format", "json"});
  ASSERT_EQ(evaluate.exit_code(), 0) << evaluate.errors();
  const nlohmann::json result = nlohmann::json::parse(evaluate.output());
  EXPECT_EQ(result.at("plugin"), "mesh_autoencoder");
  EXPECT_EQ(result.at("latent_dims"), 8);
  EXPECT_EQ(result.at("held_out"), 2);
  EXPECT_GT(result.at("iou_held_out").get<double>(), 0.75);
  EXPECT_LT(result.at("chamfer_held_out").get<double>(), 0.03);
  EXPECT_TRUE(result.at("meshes").empty());

  const Program show = run({"prior", "show", "car.prior", "--held-out", "1"});
  ASSERT_EQ(show.exit_code(), 0) << show.errors();
  EXPECT_EQ(read_file(folder_.file("car.png")).substr(1, 3), "PNG");
}

TEST_F(Prior, IsTakenFromAFileByAnExperiment) {
  ASSERT_EQ(run({"prior", "train", "p.toml", "--output", "car.prior"}).exit_code(), 0);
  const Words words = {"p.toml",
                       "shape_prior.file=car.prior",
                       "dataset.objects=1",
                       "fit.iterations=2",
                       "loss.mask.weight=1",
                       "evaluation.fitted_shapes=true",
                       "evaluation.difficulty=hard",
                       "--results",
                       "other/r.sqlite"};
  const Program taken = run(words);
  EXPECT_EQ(taken.exit_code(), 0) << taken.errors();
  EXPECT_THAT(taken.errors(), Not(HasSubstr("training")));
  const Program table = run({"table",
                             "a_prior",
                             "--metric",
                             "fitted_shape_iou",
                             "--metric",
                             "fitted_shape_chamfer_error",
                             "--format",
                             "json",
                             "--results",
                             "other/r.sqlite"});
  const nlohmann::json values = nlohmann::json::parse(table.output());
  ASSERT_EQ(values.size(), 2u) << table.errors();
  EXPECT_GT(values[0].at("mean"), 0.75) << "the mean car's shape is a car's";
  EXPECT_LT(values[0].at("mean"), 0.95);
  EXPECT_GT(values[1].at("mean"), 0.3) << "% of the length";
  EXPECT_LT(values[1].at("mean"), 3);
  Words other = words;
  other.push_back("shape_prior.latent_dims=6");
  const Program refused = run(other);
  EXPECT_EQ(refused.exit_code(), 2);
  EXPECT_THAT(refused.errors(), HasSubstr("latent_dims = 8"));
  other.back() = "shape_prior.file=none.prior";
  EXPECT_EQ(run(other).exit_code(), 2);
}

TEST_F(Prior, IsTrainedForTheCellsThatHaveOne) {
  fs::create_directories(folder_.file("boxes"));
  write_file_atomically(folder_.file("boxes/000000.txt"), "");
  const std::string boxes = "{ \"method.name\" = \"boxes\", \"method.detections\" = \"boxes\" }";
  write_file_atomically(folder_.file("both.toml"),
                        std::string(experiment) +
                            "[loss.mask]\n[[arm]]\nname = \"theirs\"\nset = " + boxes +
                            "\n[[arm]]\nname = \"ours\"\n");
  const Program both = run({"prior", "train", "both.toml", "--output", "car.prior"});
  EXPECT_EQ(both.exit_code(), 0) << both.errors();
  write_file_atomically(folder_.file("theirs.toml"),
                        "[experiment]\nname = \"theirs\"\n[method]\nname = \"boxes\"\n"
                        "detections = \"boxes\"\n");
  const Program none = run({"prior", "train", "theirs.toml"});
  EXPECT_EQ(none.exit_code(), 2);
  EXPECT_THAT(none.errors(), HasSubstr("no cell of the experiment has a prior"));
}

TEST_F(Prior, WrongWordsAreRefused) {
  EXPECT_EQ(run({"prior"}).exit_code(), 2);
  EXPECT_EQ(run({"prior", "--help"}).exit_code(), 0);
  EXPECT_THAT(run({"prior", "shwo"}).errors(), HasSubstr("'show'"));
  EXPECT_THAT(run({"prior", "show", "p.toml"}).errors(), HasSubstr("no header"));
  EXPECT_EQ(run({"prior", "evaluate", "none.prior"}).exit_code(), 2);
  const Program no_folder = run({"prior", "train", "p.toml", "corpus.root=nowhere"});
  EXPECT_EQ(no_folder.exit_code(), 2);
  EXPECT_THAT(no_folder.errors(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace monodr
