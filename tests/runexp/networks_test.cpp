// SPDX-License-Identifier: Apache-2.0
//
// Networks as a person uses them, with the real worker and the networks of ../shared: boxes out of a picture, files in
// KITTI's layout, a cell that asks once, and what is said where something does not fit.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class Networks : public testing::Test {
 protected:
  void SetUp() override {
    if (shared_file("networks/yolov5n-seg.onnx").empty()) GTEST_SKIP() << "no ../shared/networks";
    for (const char* kind : {"image_2", "calib", "label_2", "velodyne_reduced"})
      for (const char* frame : {"000008", "000010"}) {
        const fs::path from = fs::path(shared_file("kitti_mini")) / "training" / kind;
        for (const auto& entry : fs::directory_iterator(from))
          if (entry.path().stem() == frame) {
            fs::create_directories(training() / kind);
            fs::create_symlink(entry.path(), training() / kind / entry.path().filename());
          }
      }
    fs::create_directories(folder_.file("small"));
    write_file_atomically(
        folder_.file("networks.toml"),
        fmt::format("extends = [\"{0}/yolov5n-seg.toml\", \"{0}/rt-monodepth-s.toml\"]\n"
                    "[detector.onnx]\nmodel = \"{1}\"\n[depth_estimator.onnx]\nmodel = \"{2}\"\n",
                    std::string(std::getenv("MONODR_SOURCE_DIR")) + "/experiments/networks",
                    shared_file("networks/yolov5n-seg.onnx"),
                    shared_file("networks/rt-monodepth-s.onnx")));
  }

  fs::path training() const { return fs::path(folder_.file("kitti")) / "training"; }
  std::string picture(const std::string& frame) const {
    return (training() / "image_2" / (frame + ".png")).string();
  }

  Program run(const Words& words) {
    Words all{binary("runexp")};
    all.insert(all.end(), words.begin(), words.end());
    Program program(all, {}, folder_.path());
    program.wait();
    return program;
  }
  /// With a method that is quick and no good.
  Program run_quickly(Words words) {
    for (const char* word : {"fit.iterations=6",
                             "fit.hypotheses=2",
                             "shape_prior.mesh_autoencoder.template_grid=6",
                             "shape_prior.mesh_autoencoder.steps=30",
                             "corpus.cars=12"})
      words.emplace_back(word);
    return run(words);
  }

  TemporaryFolder folder_;
};

TEST_F(Networks, DetectFindsBoxesInAPicture) {
  const Program found = run_quickly({"detect",
                                     picture("000008"),
                                     "--calib",
                                     (training() / "calib/000008.txt").string(),
                                     "--networks",
                                     "networks.toml",
                                     "-o",
                                     "found",
                                     "-q"});
  ASSERT_EQ(found.exit_code(), 0) << found.errors();
  EXPECT_THAT(found.output(), HasSubstr("000008: 7 found"));
  EXPECT_THAT(found.output(), HasSubstr("left out: its 2-D box is"));
  EXPECT_TRUE(fs::exists(folder_.file("found/000008.png")));
  EXPECT_THAT(read_file(folder_.file("found/000008.txt")), testing::StartsWith("Car -1 -1 "));
  const json frame =
      json::parse(read_file(folder_.file("found/detections.json"))).at("frames").at(0);
  ASSERT_EQ(frame.at("objects").size(), 7u);
  for (const json& object : frame.at("objects")) {
    for (const json& deviation : object.at("standard_deviation").at("location")) {
      EXPECT_GT(deviation.get<double>(), 0);
      EXPECT_LT(deviation.get<double>(), 20);
    }
    EXPECT_GT(object.at("standard_deviation").at("rotation_y").get<double>(), 0);
    EXPECT_GT(object.at("location").at(2).get<double>(), 2);
    EXPECT_TRUE(object.at("heading_distribution").empty()) << "no predictor was asked";
  }
  EXPECT_EQ(frame.at("left_out").size(), 1u);
}

/// A network of one epoch knows nothing, but it answers: with a box, headings and their probabilities.
TEST_F(Networks, DetectAsksAPredictor) {
  std::vector<std::string> found;
  for (const Words& command : {Words{"predict"},
                               Words{"detect", "--method", "predictor"},
                               Words{"detect", "--method", "predictor+fit"}}) {
    Words words = {
        command[0], picture("000008"), "--networks", "networks.toml", "-o", "found", "-q"};
    words.insert(words.end(), command.begin() + 1, command.end());
    for (const char* word : {"train.supervision=labels", "train.objects=8", "train.epochs=1"})
      words.push_back(word);
    const Program asked = run_quickly(words);
    ASSERT_EQ(asked.exit_code(), 0) << asked.errors();
    EXPECT_THAT(asked.output(), HasSubstr("trained with labels"));
    found.push_back(read_file(folder_.file("found/detections.json")));
    const json frame = json::parse(found.back()).at("frames").at(0);
    ASSERT_GT(frame.at("objects").size(), 0u);
    for (const json& object : frame.at("objects")) {
      EXPECT_GT(object.at("standard_deviation").at("rotation_y").get<double>(), 0);
      double sum = 0;
      for (const json& probability : object.at("heading_distribution"))
        sum += probability.get<double>();
      EXPECT_NEAR(sum, 1, 0.01);
      EXPECT_LE(object.at("heading_support").get<double>(), 1);
    }
  }
  EXPECT_EQ(found[0], found[1]) << "predict is a predictor without a fit";
  EXPECT_NE(found[0], found[2]);
  EXPECT_THAT(run({"detect", picture("000008"), "--networks", "networks.toml", "--method", "boxes"})
                  .errors(),
              HasSubstr("must be fit, predictor or predictor+fit"));
}

TEST_F(Networks, DetectSaysWhatItIsNotTold) {
  EXPECT_THAT(run({"detect", picture("000008")}).errors(),
              HasSubstr("--networks yolov5n-seg.toml"));
  EXPECT_THAT(run({"detect", picture("000008"), "--networks", "yolov5n-seg.toml"}).errors(),
              HasSubstr("there is no 'yolov5n-seg.onnx'"));
  EXPECT_THAT(run({"detect", "nowhere.png", "--networks", "networks.toml"}).errors(),
              HasSubstr("there is no picture 'nowhere.png'"));
  EXPECT_THAT(run({"detect", picture("000008"), "--networks", "rt-monodepth-s.toml"}).errors(),
              HasSubstr("no file of --networks has a table [detector]"));
  EXPECT_THAT(
      run({"detect", picture("000008"), "--networks", "networks.toml", "--field-of-view", "200"})
          .errors(),
      HasSubstr("must be between 1 and 170"));
  const std::string model = read_file(shared_file("networks/yolov5n-seg.onnx"));
  write_file_atomically(folder_.file("cut.onnx"), model.substr(0, model.size() / 2));
  const Program cut = run(
      {"detect", picture("000008"), "--networks", "networks.toml", "detector.onnx.model=cut.onnx"});
  EXPECT_EQ(cut.exit_code(), 2);
  EXPECT_THAT(cut.errors(), HasSubstr("'cut.onnx' is cut short"));
}

TEST_F(Networks, AnnotateWritesFilesThatGiveTheSameEvidence) {
  const Program written = run({"data", "annotate", "kitti", "--networks", "networks.toml", "-q"});
  ASSERT_EQ(written.exit_code(), 0) << written.errors();
  EXPECT_THAT(written.output(), HasSubstr("4 answers computed"));
  EXPECT_TRUE(fs::exists(training() / "masks_2/000010_0.png"));
  EXPECT_TRUE(fs::exists(training() / "depth_2/000008.png"));
  EXPECT_THAT(read_file((training() / "detections_2/000008.txt").string()),
              HasSubstr("Car -1 -1 -10.0000 348.2544 181.0023 618.8000 350.5725 "));
  EXPECT_THAT(run({"data", "annotate", "kitti", "--networks", "networks.toml"}).errors(),
              HasSubstr("holds files already"));
  const Program again =
      run({"data", "annotate", "kitti", "--networks", "networks.toml", "--force", "-q"});
  EXPECT_THAT(again.output(), HasSubstr("0 answers computed in 0.0 s, 4 kept from before"));
  const Program error = run({"data", "inspect", "kitti", "--depth-error", "--format", "json"});
  ASSERT_EQ(error.exit_code(), 0) << error.errors();
  const json measured = json::parse(error.output());
  EXPECT_GT(measured.at("absolute_relative").get<double>(), 0.02);
  EXPECT_LT(measured.at("absolute_relative").get<double>(), 0.3);
  EXPECT_GE(measured.at("cars").get<int>(), 5);
}

TEST_F(Networks, ACellAsksOnceAndSaysWhatItAsked) {
  write_file_atomically(
      folder_.file("cell.toml"),
      fmt::format(
          "extends = [\"{}/experiments/base.toml\", \"networks.toml\"]\n"
          "[experiment]\nname = \"asks\"\n[dataset]\nsource = \"kitti\"\nroot = \"kitti\"\nobjects "
          "= 0\n"
          "boxes = \"network\"\nmasks = \"network\"\ndepth = \"network\"\n[sweep]\nseed = [0]\n",
          std::getenv("MONODR_SOURCE_DIR")));
  const Program first = run_quickly({"cell.toml", "-q"});
  ASSERT_EQ(first.exit_code(), 0) << first.errors();
  const Program report = run({"export", "asks", "--format", "json", "-o", "asks"});
  ASSERT_EQ(report.exit_code(), 0) << report.errors();
  std::string facts;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.file("asks")))
    if (entry.is_regular_file()) facts += read_file(entry.path().string());
  EXPECT_THAT(facts, HasSubstr("4 kept from before"));  // the preparation asked
  EXPECT_THAT(facts, HasSubstr("sha256"));
  // The same network under another name is the same cell; another threshold is another one.
  fs::copy_file(shared_file("networks/yolov5n-seg.onnx"), folder_.file("copy.onnx"));
  EXPECT_THAT(run_quickly({"cell.toml", "--dry-run", "detector.onnx.model=copy.onnx"}).output(),
              HasSubstr("done"));
  EXPECT_THAT(run_quickly({"cell.toml", "--dry-run", "detector.onnx.overlap=0.4"}).output(),
              HasSubstr("missing"));
}

/// In the words of who typed the command, not of the experiment that is written for it.
TEST_F(Networks, RefineTellsAMeshOfAnotherUnit) {
  write_file_atomically(folder_.file("mesh.obj"),
                        "v 0 0 0\nv 400 0 0\nv 0 150 0\nv 0 0 170\n"
                        "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n");
  const Words words{
      "refine", "mesh.obj", "--picture", picture("000008"), "--mask", picture("000008")};
  const Program program = run(words);
  EXPECT_EQ(program.exit_code(), 2);
  EXPECT_THAT(program.errors(), HasSubstr("mesh.obj' is 150 x 170 x 400 m"));
  EXPECT_THAT(program.errors(), HasSubstr("--height"));
  EXPECT_THAT(program.errors(), HasSubstr("--axes"));
}

TEST_F(Networks, APictureWithoutACarIsNoError) {
  const Program program = run_quickly({"detect",
                                       picture("000008"),
                                       "--calib",
                                       (training() / "calib/000008.txt").string(),
                                       "--networks",
                                       "networks.toml",
                                       "-o",
                                       "none",
                                       "dataset.minimum_height=500"});
  ASSERT_EQ(program.exit_code(), 0) << program.errors();
  EXPECT_THAT(program.output(), HasSubstr("left out"));
}

/// Before the sweep: no cell runs, and the message says what the network saw instead.
TEST_F(Networks, ANetworkThatFindsNoCarIsToldBeforeTheSweep) {
  write_file_atomically(
      folder_.file("cell.toml"),
      fmt::format(
          "extends = [\"{}/experiments/base.toml\", \"networks.toml\"]\n"
          "[experiment]\nname = \"blind\"\n[dataset]\nsource = \"kitti\"\nroot = \"kitti\"\n"
          "objects = 0\nboxes = \"network\"\nmasks = \"network\"\ndepth = \"network\"\n"
          "minimum_height = 500\n[sweep]\nseed = [0]\n",
          std::getenv("MONODR_SOURCE_DIR")));
  const Program program = run_quickly({"cell.toml", "-q"});
  EXPECT_EQ(program.exit_code(), 2) << program.errors();
  EXPECT_THAT(
      program.errors(),
      HasSubstr("0 boxes of class Car at least 500 px high were found by the network in 2 frames"));
  EXPECT_THAT(program.errors(), HasSubstr("Car that is lower"));
  EXPECT_THAT(run({"status", "blind"}).output(), Not(HasSubstr("failed")));
}

}  // namespace
}  // namespace monodr
