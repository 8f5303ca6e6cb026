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
  // They are the first cell's own detections, so that every number is the same, to the digits of the files, but what
  // a fit alone knows.
  auto expected = metrics("first"), found = metrics("boxes");
  EXPECT_GT(found["peak_memory"], 10) << "MB of a process with LibTorch";
  for (const char* cost : {"seconds_per_object",
                           "peak_memory",
                           "renders_per_object",
                           "failed_hypotheses",
                           "doubtful_headings"}) {
    expected.erase(cost);
    found.erase(cost);
  }
  ASSERT_GT(expected.size(), 15u);
  // A result file has four decimals: half of the last is 0.003 degrees of a heading in radians.
  for (const auto& [name, value] : expected) EXPECT_NEAR(found[name], value, 3e-3) << name;
}

TEST_F(Seams, ACellIsNotBilledForTheMemoryOfTheOneBeforeIt) {
  write_file_atomically(folder_->file("memory.toml"),
                        "[experiment]\nname = \"memory\"\n[dataset]\nobjects = 4\n" + method +
                            "[[arm]]\nname = \"large\"\nset = { \"renderer.image_size\" = 512 }\n"
                            "[[arm]]\nname = \"small\"\nset = { \"renderer.image_size\" = 32 }\n");
  ASSERT_EQ(run({"memory.toml", "-j", "1", "--results", "r.sqlite"}).exit_code(), 0);
  ASSERT_EQ(run({"export",
                 "memory",
                 "--format",
                 "json",
                 "--output",
                 "memory-json",
                 "--results",
                 "r.sqlite"})
                .exit_code(),
            0);
  std::map<std::string, double> memory;
  for (const json& row : json::parse(read_file(folder_->file("memory-json/metrics.json"))))
    if (row.at("metric") == "peak_memory") memory[row.at("arm")] = row.at("value");
  // Some 220 and 440: what the allocator keeps between cells differs by tens from machine to machine.
  EXPECT_LT(memory["small"] + 100, memory["large"]) << "MB";
  EXPECT_GT(memory["small"], 10);
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

TEST_F(Seams, AFitByCentralDifferencesGoesFromFileToTable) {
  run_experiment(
      "differences",
      "[dataset]\nobjects = 2\n" + method +
          "\n[[arm]]\nname = \"hard\"\nset = { \"fit.gradient\" = \"central_differences\", "
          "\"fit.iterations\" = 6, \"fit.hypotheses\" = 2 , \"fit.prune_keep\" = [1] }\n");
  const auto found = metrics("differences");
  EXPECT_EQ(found.at("failed_objects"), 0);
  EXPECT_GT(found.at("renders_per_object"), 2 * 6 * 20) << "two renderings a column";
}

TEST_F(Seams, TracksAreFittedByCentralDifferencesAsWell) {
  run_experiment("tracks",
                 "[dataset]\nobjects = 2\nframes_per_sequence = 2\nframes_per_object = 2\n" +
                     method +
                     "\n[[arm]]\nname = \"hard\"\nset = { \"fit.gradient\" = "
                     "\"central_differences\", \"fit.iterations\" = 3, "
                     "\"fit.hypotheses\" = 2, \"fit.prune_keep\" = [1] }\n");
  EXPECT_EQ(metrics("tracks").at("failed_objects"), 0);
  EXPECT_GT(metrics("tracks").at("fitted_objects"), 0);
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

  // A frame without labels beside one with them: fitted, exported, not evaluated.
  fs::remove(copy + "/training/label_2/000001.txt");
  run_experiment("partly", dataset("frames.toml"));
  EXPECT_EQ(metrics("partly").at("fitted_objects"), found.at("fitted_objects"));
  EXPECT_LT(metrics("partly").at("objects"), metrics("manifest").at("objects"));
  EXPECT_THAT(run({"status", "partly", "--results", "r.sqlite"}).output(),
              HasSubstr("1 of 2 frames have no labels"));
  ASSERT_EQ(run({"export",
                 "partly",
                 "--format",
                 "kitti",
                 "--output",
                 "partly-kitti",
                 "--results",
                 "r.sqlite"})
                .exit_code(),
            0);
  size_t lines = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_->file("partly-kitti")))
    if (entry.path().filename() == "000001.txt") lines = read_file(entry.path().string()).size();
  EXPECT_GT(lines, 0u);
  // One frame of it, by itself; what there is; a report of both.
  const Program fit = run({"fit",
                           "--root",
                           copy + "/bare.toml",
                           "--frame",
                           "000000",
                           "--experiment",
                           "manifest.toml",
                           "-o",
                           "fit.svg"});
  EXPECT_EQ(fit.exit_code(), 0) << fit.errors();
  const Program inspected = run({"data", "inspect", copy + "/frames.toml", "--sheet", "sheet.png"});
  EXPECT_EQ(inspected.exit_code(), 0) << inspected.output() << inspected.errors();
  EXPECT_THAT(inspected.output(), HasSubstr("manifest 7"));
  for (const char* name : {"manifest", "unlabelled", "partly"}) {
    const Program report =
        run({"report", name, "--results", "r.sqlite", "--output", std::string(name) + "-report"});
    EXPECT_EQ(report.exit_code(), 0) << report.errors();
  }
}

/// Trams of a drawing program, z up and y forward, in centimetres: a box with a slanted front, no two alike.
void write_trams(const std::string& folder) {
  fs::create_directories(folder);
  for (int i = 0; i < 12; ++i) {
    const int width = 150 + 2 * i, length = 380 + 5 * (i % 5), height = 150 + 3 * (i % 3),
              slant = 20 + 12 * i;
    std::string obj;
    for (const int x : {-width / 2, width / 2})
      for (const auto& [y, z] : {std::pair{-length / 2, 0},
                                 {length / 2, 0},
                                 {length / 2 - slant, height},
                                 {-length / 2, height}})
        obj += fmt::format("v {} {} {}\n", x, y, z);
    obj += "f 1 4 3 2\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n";
    write_file_atomically(fmt::format("{}/tram-{}.obj", folder, i), obj);
  }
}

TEST_F(Seams, AClassThatNoCodeKnowsNeedsAFileAndACorpus) {
  const std::string copy = copy_of_data("trams", "Tram");
  write_trams(folder_->file("tram-meshes"));
  const std::string category =
      "name = \"Tram\"\nsize_mean = [1.5, 1.6, 3.9]\nsize_deviation = [0.1, 0.1, 0.1]\n"
      "corpus = \"tram-meshes\"\nmesh_axes = \"+z +y\"\noverlap_strict = [0.5, 0.5, 0.5]\n"
      "overlap_loose = [0.25, 0.25, 0.25]\n";
  write_file_atomically(folder_->file("tram.toml"), category);
  const std::string experiment = fmt::format(
      "[dataset]\nsource = \"kitti\"\nroot = '{}'\nobjects = 0\nboxes = \"labels\"\n"
      "category = \"tram.toml\"\n[evaluation]\nheld_out_cars = 1\n{}",
      copy,
      method);
  run_experiment("trams", experiment);
  const auto found = metrics("trams");
  EXPECT_EQ(found.at("fitted_objects"), metrics("first").at("fitted_objects"));
  EXPECT_GT(found.at("recall"), 0.7);
  EXPECT_GT(found.at("shape_iou"), 0.7) << "of the tram that was kept out of the corpus";
  const Program table = run({"table", "trams", "--results", "r.sqlite"});
  EXPECT_EQ(table.exit_code(), 0) << table.errors();
  EXPECT_THAT(table.output(), HasSubstr("3-D AP40"))
      << "KITTI's protocol, with the category's overlaps";

  // What its corpus holds is part of what a cell is.
  const auto is_done = [&] {
    return run({"trams.toml", "--dry-run", "--results", "r.sqlite"}).output();
  };
  const std::string before = is_done();
  fs::remove(folder_->file("tram-meshes/tram-11.obj"));
  EXPECT_NE(is_done(), before);

  write_file_atomically(folder_->file("tram.toml"),
                        std::regex_replace(category, std::regex("corpus[^\n]*\n"), ""));
  const Program no_corpus = run({"trams.toml", "--results", "r.sqlite"});
  EXPECT_NE(no_corpus.exit_code(), 0);
  EXPECT_THAT(no_corpus.errors(), HasSubstr("the category 'Tram' has no corpus"));

  const Program unknown = try_experiment("unknown", "[dataset]\ncategory = \"trams\"\n" + method);
  EXPECT_EQ(unknown.exit_code(), 2);
  EXPECT_THAT(unknown.errors(), HasSubstr("unknown.toml:4:12: 'dataset.category' is \"trams\""));
}

TEST_F(Seams, AKeyThatTheSourceDoesNotReadIsRefused) {
  const Program program = try_experiment("unread", "[dataset]\nsplit = \"val\"\n" + method);
  EXPECT_EQ(program.exit_code(), 2);
  EXPECT_THAT(
      program.errors(),
      HasSubstr(
          "unread.toml:4:1: 'dataset.split' is set, but source = \"synthetic\" does not read it"));
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
