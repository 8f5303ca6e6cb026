// SPDX-License-Identifier: Apache-2.0
// The tables of the experiments that come with monodr, in a column and on a page of a paper.
#include "runexp/latex.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/random.h"
#include "experiment/spec.h"
#include "metrics/metric_definitions.h"
#include "results/database.h"
#include "results/stored_facts.h"
#include "results/table.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

double drawn_value(const MetricDefinition& metric, Random& random) {
  const double share = random.uniform(0, 1);
  if (metric.unit == "deg") return 180 * share;
  return metric.factor == 100 ? share : 100 * share;
}

/// Every metric, at the difficulties and overlaps that an evaluation measures.
std::vector<MetricValue> drawn_metrics(Random& random) {
  std::vector<MetricValue> metrics;
  for (const MetricDefinition& d : metric_definitions()) {
    const auto add =
        [&](const std::string& category, const std::string& difficulty, double iou, int n) {
          metrics.push_back({d.name, category, difficulty, iou, n, drawn_value(d, random), d.unit});
        };
    if (d.name.starts_with("ap_")) {
      for (const char* difficulty : {"moderate", "hard"})
        for (const double iou : {0.5, 0.7})
          for (const int positions : {11, 40}) add("car", difficulty, iou, positions);
    } else if (d.is_of_objects()) {
      add("car", "moderate", 0, 0);
    } else {
      add("", "", 0, 0);
    }
  }
  return metrics;
}

/// Arms and axes as the file has them, three seeds each.
std::vector<CellRecord> records_of(const Experiment& experiment) {
  std::vector<std::map<std::string, std::string>> points(1);
  for (const Axis& axis : experiment.axes) {
    std::vector<std::map<std::string, std::string>> longer;
    for (const auto& point : points)
      for (const auto& values : axis.points) {
        longer.push_back(point);
        for (size_t k = 0; k < axis.keys.size(); ++k)
          longer.back()[axis.keys[k]] = to_toml(values[k].value);
      }
    points = longer;
  }
  std::vector<CellRecord> records;
  for (size_t a = 0; a < experiment.arms.size(); ++a)
    for (const auto& axes : points)
      for (int seed = 0; seed < 3; ++seed) {
        CellRecord record;
        record.id = fmt::format("{}#{}", experiment.name, records.size());
        record.experiment = experiment.name;
        record.arm = experiment.arms[a].name;
        record.arm_order = static_cast<int>(a);
        record.axes = axes;
        record.seed = seed;
        record.config = "{}";
        records.push_back(record);
      }
  return records;
}

std::vector<Experiment> shipped_experiments() {
  std::vector<Experiment> experiments;
  const fs::path folder = fs::path(std::getenv("MONODR_SOURCE_DIR")) / "experiments";
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".toml" && entry.path().stem() != "base")
      experiments.push_back(load_experiment(entry.path().string(), {}));
  return experiments;
}

class ShippedTables : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("monodr_latex_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    database_.emplace((folder_ / "results.sqlite").string());
    SCOPED_TRACE(kSeed);
    Random random(kSeed);
    for (const Experiment& experiment : experiments_) {
      const auto records = records_of(experiment);
      database_->plan(experiment.name, experiment.question, records, experiment.report_metrics);
      for (const CellRecord& record : records) {
        CellResult result;
        result.cell = record.id;
        result.state = "done";
        result.metrics = drawn_metrics(random);
        database_->import_result(record, result);
      }
    }
  }
  void TearDown() override {
    database_.reset();
    fs::remove_all(folder_);
  }

  std::string tables(TableWidth width) const {
    std::string text;
    for (const Experiment& experiment : experiments_) {
      TableSpec spec;
      spec.experiment = experiment.name;
      spec.for_print = true;
      spec.intervals = width == TableWidth::page;
      if (experiment.arms.size() > 1) spec.baseline = experiment.arms[0].name;
      text +=
          format_table(make_table(*database_, spec), TableFormat::latex, width) + "\n\\clearpage\n";
    }
    return text;
  }

  static constexpr unsigned kSeed = 5;
  const std::vector<Experiment> experiments_ = shipped_experiments();
  fs::path folder_;
  std::optional<Database> database_;
};

TEST_F(ShippedTables, HaveThreeToFiveColumnsWithTitleAndUnit) {
  ASSERT_GE(experiments_.size(), 10U);
  for (const Experiment& experiment : experiments_) {
    SCOPED_TRACE(experiment.name);
    EXPECT_EQ(report_metrics_of(*database_, experiment.name), experiment.report_metrics);
    TableSpec spec;
    spec.experiment = experiment.name;
    spec.for_print = true;
    const Table table = make_table(*database_, spec);
    EXPECT_GE(table.columns.size(), 3U);
    EXPECT_LE(table.columns.size(), 5U);
    if (!experiment.report_metrics.empty()) {
      EXPECT_EQ(table.columns.size(), experiment.report_metrics.size());
    }
    for (const MetricColumn& column : table.columns) {
      EXPECT_EQ(column.title.find('/'), std::string::npos) << column.title;
      EXPECT_NE(column.title.find('['), std::string::npos) << column.title;
    }
  }
}

TEST_F(ShippedTables, FitColumnAndPage) {
  if (!has_latex()) GTEST_SKIP() << kNoLatex;
  if (!has_siunitx()) fmt::print("without siunitx (texlive-science): alignment is not tried\n");
  for (const auto& [width, points] :
       {std::pair{TableWidth::column, 234.0}, {TableWidth::page, 495.0}}) {
    const Typesetting set = typeset(folder_, points, tables(width));
    EXPECT_TRUE(set.is_done) << set.log;
    EXPECT_EQ(set.overfull, 0U) << set.log;
  }
}

}  // namespace
}  // namespace monodr
