// SPDX-License-Identifier: Apache-2.0
// The experiments that come with monodr, with its real plugins: each is valid, and the one query of
// results/queries prints of each what `runexp table` prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "results/database.h"
#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Words = std::vector<std::string>;

fs::path source() {
  return std::getenv("MONODR_SOURCE_DIR");
}

Program run(const Words& words, const std::string& folder) {
  Program program(words, {}, folder);
  program.wait();
  return program;
}

Program runexp(Words words, const std::string& folder) {
  words.insert(words.begin(), std::string(std::getenv("MONODR_BINARY_DIR")) + "/runexp");
  return run(words, folder);
}

/// Names of the experiments in a folder, without base.toml, which is none.
std::vector<std::string> experiment_names(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source() / folder))
    if (entry.path().extension() == ".toml" && entry.path().stem() != "base")
      names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

fs::path query() {
  return source() / "results/queries/table.sql";
}

/// The paths that the query names for the experiment. None = the default columns.
Words metrics_of(const std::string& experiment) {
  const std::string text = read_file(query().string());
  for (size_t at = text.find("  ('"); at != std::string::npos; at = text.find("  ('", at + 1)) {
    const size_t names = at + 4, list = text.find('[', at);
    std::istringstream words(text.substr(names, text.find('\'', names) - names));
    for (std::string word; words >> word;)
      if (word == experiment)
        return nlohmann::json::parse(text.substr(list, text.find(']', list) + 1 - list))
            .get<Words>();
  }
  return {};
}

/// "car/ap_bev/moderate/0.5/AP40" -> the metric of that path.
MetricValue metric_of_path(const std::string& path, double value) {
  Words parts;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '/');) parts.push_back(part);
  MetricValue metric = metric_value(parts.size() == 1 ? parts[0] : parts.at(1), value);
  if (parts.size() == 1) return metric;
  metric.category = parts[0];
  metric.difficulty = parts.at(2);
  if (parts.size() > 3) metric.iou = std::stod(parts[3]);
  if (parts.size() > 4) metric.recall_positions = std::stoi(parts[4].substr(2));
  return metric;
}

/// Two arms, three seeds, all metrics of the query and some that it must not take for them.
void fill(const std::string& file, const std::string& experiment, const Words& metrics) {
  Database database(file);
  int number = 0;
  for (int arm = 0; arm < 2; ++arm)
    for (int seed = 0; seed < 3; ++seed) {
      CellRecord record;
      record.id = fmt::format("cell {} {}", arm, seed);
      record.experiment = experiment;
      record.arm = arm == 0 ? "first" : "second | arm";
      record.arm_order = arm;
      record.seed = seed;
      record.config = "{}";
      CellResult result;
      result.cell = record.id;
      result.state = "done";
      for (const std::string& metric : metrics) {
        result.metrics.push_back(metric_of_path(metric, 0.1 + 0.013 * ++number));
        MetricValue other = result.metrics.back();
        if (other.difficulty.empty()) continue;
        other.difficulty = "easy";
        other.value = 77;
        result.metrics.push_back(other);
      }
      database.import_result(record, result);
    }
}

class Experiments : public testing::TestWithParam<std::string> {};

TEST_P(Experiments, IsValid) {
  const TemporaryFolder folder;
  Words words{(source() / "experiments" / (GetParam() + ".toml")).string(), "--dry-run"};
  const std::string kitti = shared_file("kitti_mini");
  const bool has_networks = GetParam() == "monocular" || GetParam() == "predictor_supervision_real";
  const bool is_real = has_networks || GetParam() == "kitti_val" || GetParam() == "real_frames" ||
                       GetParam() == "predictor_realism";
  if (is_real || GetParam() == "other_system") {
    if (kitti.empty()) GTEST_SKIP() << "needs ../shared/kitti_mini";
    words.push_back("dataset.root=" + kitti);
  }
  // Another system's results, where the experiment reads them.
  fs::create_directories(folder.file("results/detections"));
  write_file_atomically(folder.file("results/detections/000000.txt"), "");
  if (GetParam() == "other_system") words.push_back("method.detections=results/detections");
  if (GetParam() == "predictor_supervision_real") words.push_back("train.root=" + kitti);
  if (has_networks && shared_file("networks/yolov5n-seg.onnx").empty())
    GTEST_SKIP() << "needs ../shared/networks";
  const Program program = runexp(words, folder.path());
  EXPECT_EQ(program.exit_code(), 0) << program.errors();
  EXPECT_THAT(program.output(), HasSubstr(" cells: "));
}

class Systems : public testing::TestWithParam<std::string> {};

TEST_P(Systems, AreValid) {
  const TemporaryFolder folder;
  Words words{(source() / "experiments/systems" / (GetParam() + ".toml")).string(), "--dry-run"};
  if (GetParam() == "all_real" || GetParam() == "sdflabel_rounds") {
    const std::string kitti = shared_file("kitti_mini");
    if (kitti.empty()) GTEST_SKIP() << "needs ../shared/kitti_mini";
    words.push_back("dataset.root=" + kitti);
    if (GetParam() == "sdflabel_rounds") words.push_back("train.root=" + kitti);
  }
  const Program program = runexp(words, folder.path());
  EXPECT_EQ(program.exit_code(), 0) << program.errors();
  EXPECT_THAT(program.output(), HasSubstr(" cells: "));
}

INSTANTIATE_TEST_SUITE_P(All,
                         Systems,
                         testing::ValuesIn(experiment_names("experiments/systems")),
                         [](const auto& info) { return "_" + info.param; });

TEST_P(Experiments, TheQueryPrintsWhatTheTablePrints) {
  const Words metrics = metrics_of(GetParam());
  const Words default_metrics{"car/heading_error_median/moderate", "car/ap_bev/moderate/0.5/AP40"};
  const TemporaryFolder folder;
  const std::string file = folder.file("r.sqlite");
  fill(file, GetParam(), metrics.empty() ? default_metrics : metrics);

  Words table{"table", GetParam(), "--results", file};
  for (const std::string& metric : metrics) table.insert(table.end(), {"--metric", metric});
  const Program by_program = runexp(table, folder.path());
  ASSERT_EQ(by_program.exit_code(), 0) << by_program.errors();
  const std::string parameter = ".parameter set @experiment " + GetParam();
  const Program by_query = run({"/bin/sh",
                                "-c",
                                "sqlite3 -cmd \"$1\" \"$2\" < \"$3\"",
                                "sh",
                                parameter,
                                file,
                                query().string()},
                               folder.path());
  EXPECT_EQ(by_query.exit_code(), 0) << by_query.errors();
  EXPECT_EQ(by_query.output(), by_program.output());
  EXPECT_THAT(by_query.output(), HasSubstr("±"));
}

INSTANTIATE_TEST_SUITE_P(All,
                         Experiments,
                         testing::ValuesIn(experiment_names("experiments")),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace monodr
