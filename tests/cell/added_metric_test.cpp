// SPDX-License-Identifier: Apache-2.0
// A metric that is defined in one place is measured, kept, shown, compared, drawn and described.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/report_content.h"
#include "cell/metrics.h"
#include "metrics/metric_definitions.h"
#include "report/experiment_figures.h"
#include "results/database.h"
#include "results/table.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

using testing::HasSubstr;

Annotation car_at(double x, double score) {
  Annotation car;
  car.category = "Car";
  car.box2d = {100, 100, 200, 160};
  car.box3d.location = {x, 1.6, 20};
  car.box3d.height = 1.5;
  car.box3d.width = 1.6;
  car.box3d.length = 4;
  car.score = score;
  return car;
}

/// A frame for each car, labelled at x = 0.
std::vector<FrameAnnotations> frames_of(const std::vector<double>& places) {
  std::vector<FrameAnnotations> frames;
  for (const double x : places) frames.push_back({std::to_string(frames.size()), {car_at(x, 0.9)}});
  return frames;
}

void import_cell(Database& database,
                 const std::string& arm,
                 int order,
                 const std::vector<double>& places) {
  CellRecord record;
  record.id = arm;
  record.experiment = "sideways";
  record.arm = arm;
  record.arm_order = order;
  record.config = "{}";
  CellResult result;
  result.cell = arm;
  result.state = "done";
  result.detections = frames_of(places);
  result.metrics = measure(frames_of({0, 0, 0}),
                           result.detections,
                           CategoryModel{.name = "Car"},
                           Difficulty::moderate,
                           result.objects);
  database.import_result(record, result);
}

TEST(AddedMetric, IsFoundInEverythingThatReadsTheDefinitions) {
  const TemporaryFolder folder;
  const MetricDefinition definition{"lateral_within_half",
                                    "1",
                                    Better::higher,
                                    100,
                                    1,
                                    "sideways < 0.5 m",
                                    "labels placed sideways by less than 0.5 m",
                                    Statistic::share_of_labels,
                                    "lateral_error",
                                    below(0.5)};
  { Database before(folder.file("r.sqlite")); }
  const AddedMetric added(definition);
  Database database(folder.file("r.sqlite"));
  import_cell(database, "base", 0, {0.1, 2, 2});
  import_cell(database, "arm", 1, {0.1, 0.4, 2});

  // Measured, and shown by the views as it is defined.
  SQLite::Statement row(
      database.connection(),
      "SELECT shown, n.path, n.better FROM v_summary AS s JOIN v_metric_names AS n ON "
      "n.id = metric_id JOIN v_rows AS r USING (variant) WHERE metric = "
      "'lateral_within_half' ORDER BY arm_order");
  ASSERT_TRUE(row.executeStep());
  EXPECT_EQ(row.getColumn(0).getString(), "33.3");
  EXPECT_EQ(row.getColumn(1).getString(), "car/lateral_within_half/moderate");
  EXPECT_EQ(row.getColumn(2).getString(), "higher");
  ASSERT_TRUE(row.executeStep());
  EXPECT_EQ(row.getColumn(0).getString(), "66.7");

  // Tables, with the best in bold, and the comparison of objects.
  TableSpec spec;
  spec.experiment = "sideways";
  spec.metrics = {"lateral_within_half"};
  spec.baseline = "base";
  const Table table = make_table(database, spec);
  EXPECT_TRUE(table.rows[1].entries[0].is_best);
  EXPECT_FALSE(table.rows[0].entries[0].is_best);
  const Comparison& comparison = table.rows[1].entries[0].comparison.value();
  EXPECT_EQ(comparison.paired_over, "frames");
  EXPECT_EQ(comparison.difference.n, 3);
  EXPECT_NEAR(comparison.difference.difference, 1.0 / 3, 1e-12);
  const std::string markdown = format_table(table, TableFormat::markdown);
  EXPECT_THAT(markdown, HasSubstr("**66.7**"));
  EXPECT_THAT(markdown, HasSubstr("+33.3"));
  EXPECT_THAT(markdown, HasSubstr("placed sideways by less than 0.5 m"));

  // Figures and the report.
  EXPECT_THAT(bar_figure(table, 0).title, HasSubstr(definition.meaning.substr(1)));
  EXPECT_NEAR(bar_figure(table, 0).bars[1].value, 66.7, 0.05);
  ReportOptions options;
  options.table = spec;
  options.cache_folder = options.fits_folder = folder.path();
  const std::string page = to_html(gather_report(database, options));
  EXPECT_THAT(page, HasSubstr(definition.meaning));
  EXPECT_THAT(page, HasSubstr("66.7"));

  // The page, and the file for readers without this program.
  EXPECT_THAT(metrics_page(),
              HasSubstr("| `lateral_within_half` | 1 | higher | sideways < 0.5 m |"));
  SQLite::Statement stored(database.connection(),
                           "SELECT object_column FROM metric_definition WHERE name = "
                           "'lateral_within_half'");
  ASSERT_TRUE(stored.executeStep());
  EXPECT_EQ(stored.getColumn(0).getString(), "lateral_error");
}

TEST(AddedMetric, IsGoneWithItsDefinition) {
  const TemporaryFolder folder;
  {
    const AddedMetric added({"passing", "m", Better::lower, 1, 3, "passing", "for a while"});
    const Database database(folder.file("r.sqlite"));
  }
  // A reader, too, brings the definitions up to date.
  const Database database(folder.file("r.sqlite"), Database::Access::read_only);
  EXPECT_EQ(database.connection()
                .execAndGet("SELECT count(*) FROM metric_definition WHERE name = 'passing'")
                .getInt(),
            0);
  EXPECT_EQ(find_metric("passing"), nullptr);
}

}  // namespace
}  // namespace monodr
