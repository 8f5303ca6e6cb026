// SPDX-License-Identifier: Apache-2.0
// The second user of each seam, from the TOML to the table: another system's boxes as a method and as starts,
// central differences, a manifest of one's own pictures, a class that no code knows.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/text.h"
#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

const std::string method = R"(
[corpus]
cars = 16
[shape_prior.mesh_autoencoder]
template_grid = 4
steps = 2
[fit]
iterations = 8
hypotheses = 4
prune_steps = [4]
prune_keep = [2]
[rule]
plugin = "mean"
[loss.mask]
[loss.depth]
)";

/// A made-up set and the cell that fitted it, made once.
class Seams : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    run_experiment("first", "[dataset]\nobjects = 4\n" + method);
    const Program exported =
        run({"export", "first", "--format", "kitti", "--output", "boxes", "--results", "r.sqlite"});
    ASSERT_EQ(exported.exit_code(), 0) << exported.errors();
    for (const auto& entry : fs::directory_iterator(folder_->file("boxes")))
      boxes_ = entry.path().string();
    for (const auto& entry : fs::directory_iterator(folder_->file("cache")))
      if (entry.path().filename().string().rfind("synthetic-", 0) == 0)
        data_ = entry.path().string();
    ASSERT_FALSE(data_.empty());
  }
  static void TearDownTestSuite() { delete folder_; }

  static Program run(const Words& words) {
    Words all{std::string(std::getenv("MONODR_BINARY_DIR")) + "/runexp"};
    all.insert(all.end(), words.begin(), words.end());
    Program program(all, {}, folder_->path());
    program.wait();
    return program;
  }

  static Program try_experiment(const std::string& name, const std::string& text) {
    write_file_atomically(folder_->file(name + ".toml"),
                          fmt::format("[experiment]\nname = \"{}\"\n{}", name, text));
    return run({name + ".toml", "--results", "r.sqlite"});
  }
  static void run_experiment(const std::string& name, const std::string& text) {
    const Program program = try_experiment(name, text);
    ASSERT_EQ(program.exit_code(), 0) << program.errors();
  }

  /// Name -> value of the metrics that have no minimum overlap.
  static std::map<std::string, double> metrics(const std::string& name) {
    const Program program = run(
        {"export", name, "--format", "json", "--output", name + "-json", "--results", "r.sqlite"});
    EXPECT_EQ(program.exit_code(), 0) << program.errors();
    std::map<std::string, double> values;
    for (const json& row : json::parse(read_file(folder_->file(name + "-json/metrics.json"))))
      if (row.at("value").is_number()) values[row.at("metric")] = row.at("value");
    return values;
  }

  /// A copy of the made-up set as a folder of the user's own, with `category` in its labels.
  static std::string copy_of_data(const std::string& name, const std::string& category) {
    const std::string copy = folder_->file(name);
    fs::copy(data_, copy, fs::copy_options::recursive);
    for (const auto& entry : fs::directory_iterator(copy + "/training/label_2"))
      write_file_atomically(
          entry.path().string(),
          std::regex_replace(
              read_file(entry.path().string()), std::regex("(^|\n)Car "), "$1" + category + " "));
    return copy;
  }

  static TemporaryFolder* folder_;
  static std::string boxes_, data_;
};

TemporaryFolder* Seams::folder_ = nullptr;
std::string Seams::boxes_, Seams::data_;

TEST_F(Seams, BoxesOfAnotherSystemAreScoredAsItsOwnTable) {
  run_experiment(
      "boxes",
      fmt::format("[dataset]\nobjects = 4\n[method]\nname = \"boxes\"\ndetections = '{}'\n",
                  boxes_));
  // They are the first cell's own detections, so that every number is the same but what a fit costs.
  auto expected = metrics("first"), found = metrics("boxes");
  for (const char* cost : {"seconds_per_object", "renders_per_object", "failed_hypotheses"}) {
    expected.erase(cost);
    found.erase(cost);
  }
  ASSERT_GT(expected.size(), 15u);
  for (const auto& [name, value] : expected) EXPECT_NEAR(found[name], value, 1e-3) << name;
}

TEST_F(Seams, AFolderWithoutResultsIsAnErrorBeforeTheFirstCell) {
  fs::create_directories(folder_->file("empty"));
  const Program program = try_experiment(
      "nothing", "[dataset]\nobjects = 4\n[method]\nname = \"boxes\"\ndetections = 'empty'\n");
  EXPECT_EQ(program.exit_code(), 2);
  EXPECT_THAT(program.errors(),
              HasSubstr("'method.detections' is \"empty\", which holds no result file"));
}

TEST_F(Seams, AFitStartsFromAnotherSystemsBoxes) {
  run_experiment(
      "refined",
      fmt::format("[dataset]\nobjects = 4\n{}\n[[arm]]\nname = \"refined\"\nset = {{ "
                  "\"fit.start\" = \"detections\", \"fit.start_detections\" = '{}', "
                  "\"fit.hypotheses\" = 1, \"fit.prune_keep\" = [1], \"fit.iterations\" = 30 }}\n",
                  method,
                  boxes_));
  EXPECT_EQ(metrics("refined").at("fitted_objects"), metrics("first").at("fitted_objects"));
}

TEST_F(Seams, ARendererWithoutGradientIsFittedByCentralDifferences) {
  run_experiment(
      "differences",
      "[dataset]\nobjects = 2\n" + method +
          "\n[[arm]]\nname = \"hard\"\nset = { \"fit.gradient\" = \"central_differences\", "
          "\"fit.iterations\" = 6, \"fit.hypotheses\" = 2 , \"fit.prune_keep\" = [1] }\n");
  const auto found = metrics("differences");
  EXPECT_EQ(found.at("failed_objects"), 0);
  EXPECT_GT(found.at("renders_per_object"), 2 * 6 * 20) << "two renderings a column";
}

TEST_F(Seams, AManifestOfOnesOwnPicturesIsFittedWithAndWithoutLabels) {
  const std::string copy = copy_of_data("own", "Car");
  const std::string frames =
      "[defaults]\n"
      "picture = \"training/image_2/*.png\"\n"
      "intrinsics = [721.5377, 721.5377, 610.0593, 173.354]\n"
      "masks = \"training/instance_2/{name}.png\"\n"
      "depth = \"training/depth_2/{name}.png\"\n"
      "depth_unit = 0.00390625\n";
  write_file_atomically(copy + "/frames.toml",
                        frames + "labels = \"training/label_2/{name}.txt\"\n");
  write_file_atomically(copy + "/bare.toml", frames);
  const auto dataset = [&](const char* file) {
    return fmt::format(
        "[dataset]\nsource = \"manifest\"\nroot = '{}/{}'\nobjects = 0\n{}", copy, file, method);
  };
  run_experiment("manifest", dataset("frames.toml"));
  EXPECT_GT(metrics("manifest").at("fitted_objects"), 0);
  EXPECT_GT(metrics("manifest").at("recall"), 0.7) << "boxes around masks meet the labels'";

  run_experiment("unlabelled", dataset("bare.toml"));
  const auto found = metrics("unlabelled");
  EXPECT_EQ(found.count("recall"), 0u);
  EXPECT_EQ(found.at("fitted_objects"), metrics("manifest").at("fitted_objects"));
  const Program status = run({"status", "unlabelled", "--results", "r.sqlite"});
  EXPECT_THAT(status.output(), HasSubstr("no labels"));
}

TEST_F(Seams, AClassThatNoCodeKnowsNeedsAFileAndACorpus) {
  const std::string copy = copy_of_data("trams", "Tram");
  write_file_atomically(
      folder_->file("tram.toml"),
      "name = \"Tram\"\nsize_mean = [1.5, 1.6, 3.9]\nsize_deviation = [0.1, 0.1, 0.1]\n"
      "corpus = '" +
          copy +
          "/training/meshes'\noverlap_strict = [0.5, 0.5, 0.5]\n"
          "overlap_loose = [0.25, 0.25, 0.25]\n");
  run_experiment(
      "trams",
      fmt::format("[dataset]\nsource = \"kitti\"\nroot = '{}'\nobjects = 0\nboxes = \"labels\"\n"
                  "category = \"tram.toml\"\n{}",
                  copy,
                  method));
  EXPECT_EQ(metrics("trams").at("fitted_objects"), metrics("first").at("fitted_objects"));
  EXPECT_GT(metrics("trams").at("recall"), 0.7);
  const Program table = run({"table", "trams", "--results", "r.sqlite"});
  EXPECT_EQ(table.exit_code(), 0) << table.errors();

  const Program unknown = try_experiment("unknown", "[dataset]\ncategory = \"trams\"\n" + method);
  EXPECT_EQ(unknown.exit_code(), 2);
  EXPECT_THAT(unknown.errors(), HasSubstr("unknown.toml:4:12: 'dataset.category' is \"trams\""));
}

TEST_F(Seams, AKeyThatTheSourceDoesNotReadIsRefused) {
  const Program program = try_experiment("unread", "[dataset]\nmasks = \"coco\"\n" + method);
  EXPECT_EQ(program.exit_code(), 2);
  EXPECT_THAT(
      program.errors(),
      HasSubstr(
          "unread.toml:4:1: 'dataset.masks' is set, but source = \"synthetic\" does not read it"));
  // Who names another source on the command line need not mend the file.
  write_file_atomically(folder_->file("switched.toml"),
                        "[experiment]\nname = \"switched\"\n[dataset]\nscene_seed = 4\n" + method);
  const Program switched = run({"switched.toml",
                                "dataset.source=kitti",
                                "dataset.root=" + data_,
                                "--dry-run",
                                "--results",
                                "r.sqlite"});
  EXPECT_EQ(switched.exit_code(), 0) << switched.errors();
}

}  // namespace
}  // namespace monodr
