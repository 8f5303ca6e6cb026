// SPDX-License-Identifier: Apache-2.0
// `runexp evaluate` and `runexp selftest` as a person at a prompt meets them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "program.h"
#include "shared_files.h"

namespace monodr {
namespace {

/// 60 frames with one car each, found in the even ones; labels in `label_2`, results in
/// `results/data`.
class Evaluate : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.file("label_2"));
    std::filesystem::create_directories(folder_.file("results/data"));
    std::string frames;
    for (int i = 0; i < 60; ++i) {
      const std::string name = fmt::format("{:06}", i);
      write_file_atomically(folder_.file("label_2/" + name + ".txt"),
                            "Car 0.00 0 -1.57 100 100 200 160 1.5 1.6 3.9 0 1.6 20 -1.57\r\n");
      if (i % 2 == 0)
        write_file_atomically(folder_.file("results/data/" + name + ".txt"),
                              "Car -1 -1 -1.57 100 100 200 160 1.5 1.6 3.9 0 1.6 20 -1.57 0.5 \n");
      frames += name + "\r\n";
    }
    write_file_atomically(folder_.file("all.txt"), frames);
  }

  Program run(std::vector<std::string> words) {
    const char* binaries = std::getenv("MONODR_BINARY_DIR");
    words.insert(words.begin(), std::string(binaries != nullptr ? binaries : ".") + "/runexp");
    Program program(words, {}, folder_.path());
    program.wait();
    return program;
  }

  Program evaluate(const std::vector<std::string>& more, const std::string& labels = "label_2") {
    std::vector<std::string> words = {
        "evaluate", "--labels", folder_.file(labels), "--detections", folder_.file("results")};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  const TemporaryFolder folder_;
};

TEST_F(Evaluate, JsonHoldsOneRowAValue) {
  const Program program =
      evaluate({"--format", "json", "--classes", "car,cyclist", "--iou", "loose"});
  ASSERT_EQ(program.exit_code(), 0) << program.errors();
  const auto rows = nlohmann::json::parse(program.output());
  EXPECT_EQ(rows.size(), 2u * 4 * 3 * 2) << "classes x metrics x difficulties x AP kinds";
  bool found = false;
  for (const auto& row : rows) {
    if (row.at("class") != "car" || row.at("metric") != "bev" ||
        row.at("difficulty") != "moderate" || row.at("recall_positions") != 11)
      continue;
    found = true;
    EXPECT_EQ(row.at("iou"), 0.5);
    EXPECT_EQ(row.at("labels"), 30) << "frames with a result file only";
    EXPECT_NEAR(row.at("value").get<double>(), 100.0 * 8 / 11, 1e-4) << "30 of 41 samples";
  }
  EXPECT_TRUE(found);
}

TEST_F(Evaluate, NamedFramesWithoutAResultFileAreMisses) {
  const Program program =
      evaluate({"--frames", folder_.file("all.txt"), "--format", "json", "--classes", "car"});
  ASSERT_EQ(program.exit_code(), 0) << program.errors();
  EXPECT_NE(program.errors().find("30 of 60 frames have no file"), std::string::npos)
      << program.errors();
  for (const auto& row : nlohmann::json::parse(program.output())) EXPECT_EQ(row.at("labels"), 60);
}

TEST_F(Evaluate, TableAndCsvSayTheSame) {
  const Program table = evaluate({});
  EXPECT_EQ(table.exit_code(), 0) << table.errors();
  EXPECT_NE(table.output().find("72.7273"), std::string::npos) << table.output();
  const Program csv = evaluate({"--format", "csv"});
  EXPECT_NE(csv.output().find("car,3d,hard,0.7,11,72.727273,30\n"), std::string::npos)
      << csv.output();
}

TEST_F(Evaluate, BoxesThatTheKitPassesOverAreTold) {
  EXPECT_EQ(evaluate({"--classes", "car"}).errors(), "");
  for (int i = 0; i < 60; i += 2)
    write_file_atomically(folder_.file(fmt::format("results/data/{:06}.txt", i)),
                          "Car -1 -1 -1.57 -1 -1 -1 -1 1.5 1.6 3.9 0 1.6 20 -1.57 0.5\n");
  const Program program = evaluate({"--classes", "car,cyclist"});
  EXPECT_EQ(program.exit_code(), 0);
  for (const char* part :
       {"note: Car: none of the 30 detections is 25 px high", "of 30 the box is empty"})
    EXPECT_NE(program.errors().find(part), std::string::npos) << program.errors();
  EXPECT_EQ(program.errors().find("Cyclist"), std::string::npos) << "there are none";
}

TEST_F(Evaluate, WrongUseGivesExitCode2AndSaysWhatToDo) {
  const auto expect_error = [](const Program& program, const std::string& part) {
    EXPECT_EQ(program.exit_code(), 2);
    EXPECT_EQ(program.output(), "");
    EXPECT_NE(program.errors().find(part), std::string::npos) << program.errors();
  };
  expect_error(run({"evaluate"}), "is required");
  expect_error(evaluate({"--clases", "car"}), "did you mean '--classes'?");
  expect_error(evaluate({"--classes", "pedestrain"}), "did you mean 'pedestrian'?");
  expect_error(evaluate({"--iou", "1.5"}), "minimum overlap '1.5'");
  expect_error(evaluate({"--format", "jsn"}), "did you mean 'json'?");
  expect_error(evaluate({}, "nowhere"), "nowhere");
  expect_error(evaluate({}, "results"), "frame '000000' has no label file");
  write_file_atomically(folder_.file("results/data/000004.txt"),
                        "Car -1 -1 0 100 100 200 160 1.5 1.6 3.9 0 1.6 20\n");
  expect_error(evaluate({}), "000004.txt:1: 14 columns, expected 16");
}

TEST_F(Evaluate, TheSelfTestPasses) {
  const Program made_up = run({"selftest", "kitti"});
  EXPECT_EQ(made_up.exit_code(), 0) << made_up.output();
  EXPECT_NE(made_up.output().find("0 wrong: ok"), std::string::npos) << made_up.output();
  EXPECT_EQ(run({"selftest", "kitti", "--labels", folder_.file("label_2")}).exit_code(), 0);
  EXPECT_EQ(run({"selftest", "kiti"}).exit_code(), 2);

  // Of 19 labels perfect detections have 45, and that is no failure; 60 have no ceiling.
  const auto told = [&](int frames) {
    std::string list;
    for (int i = 0; i < frames; ++i) list += fmt::format("{:06}\n", i);
    write_file_atomically(folder_.file("frames.txt"), list);
    const Program program = run({"selftest",
                                 "kitti",
                                 "--labels",
                                 folder_.file("label_2"),
                                 "--frames",
                                 folder_.file("frames.txt")});
    EXPECT_EQ(program.exit_code(), 0) << program.output();
    return program.output();
  };
  EXPECT_NE(told(19).find("19 labels: AP40 45.0000, AP11 45.4545"), std::string::npos) << told(19);
  EXPECT_EQ(told(60).find("Fewer than 41"), std::string::npos) << told(60);
}

}  // namespace
}  // namespace monodr
