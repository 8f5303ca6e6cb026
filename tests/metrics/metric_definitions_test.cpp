// SPDX-License-Identifier: Apache-2.0
#include "metrics/metric_definitions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"

namespace monodr {
namespace {

double of_heading(const std::string& metric, double degrees) {
  ObjectMeasurements object;
  object.heading_error = degrees * M_PI / 180;
  return object_value(metric_named(metric), true, object);
}

double of_overlap(const std::string& metric, double overlap) {
  ObjectMeasurements object;
  object.bev_overlap = overlap;
  return object_value(metric_named(metric), true, object);
}

TEST(MetricDefinitions, EachSaysAllThatIsAskedOfIt) {
  std::set<std::string> names;
  for (const MetricDefinition& d : metric_definitions()) {
    SCOPED_TRACE(d.name);
    EXPECT_TRUE(names.insert(d.name).second) << "defined twice";
    EXPECT_FALSE(d.unit.empty() || d.title.empty() || d.meaning.empty());
    EXPECT_EQ(d.meaning.find_first_of("|\n"), std::string::npos) << "would break its table";
    EXPECT_EQ(d.factor == 100, d.unit == "1") << "shares, and only shares, are shown in percent";
    EXPECT_EQ(d.statistic == Statistic::none, d.column.empty());
    if (!d.column.empty() && d.column != "matched") {
      EXPECT_NO_THROW(object_column(d.column));
    }
    EXPECT_NE(metrics_page().find("| `" + d.name + "` | "), std::string::npos);
  }
  EXPECT_THROW(metric_named("heading_eror_median"), CheckFailure);
  EXPECT_EQ(find_metric("heading_eror_median"), nullptr);
}

TEST(MetricDefinitions, TimeAndMemoryAreCostsOfARunAndNothingElseIs) {
  std::set<std::string> costs;
  for (const MetricDefinition& d : metric_definitions()) {
    if (is_cost_of_a_run(d.unit)) costs.insert(d.name);
  }
  EXPECT_EQ(costs, (std::set<std::string>{"seconds_per_object", "peak_memory"}));
}

TEST(MetricDefinitions, SharesCountWhatTheirLimitsSay) {
  EXPECT_EQ(of_heading("heading_within_10", 9.999), 1);
  EXPECT_EQ(of_heading("heading_within_10", 10.001), 0);
  EXPECT_EQ(of_heading("heading_flipped", 149.999), 0);
  EXPECT_EQ(of_heading("heading_flipped", 150.001), 1);
  EXPECT_EQ(of_heading("heading_quarter_turned", 44.999), 0);
  EXPECT_EQ(of_heading("heading_quarter_turned", 90), 1);
  EXPECT_EQ(of_heading("heading_quarter_turned", 135.001), 0);
  EXPECT_EQ(of_overlap("bev_overlap_50", 0.5), 1) << "at least";
  EXPECT_EQ(of_overlap("bev_overlap_50", std::nextafter(0.5, 0)), 0);
  EXPECT_FALSE(below(10).contains(10));
  EXPECT_TRUE(below(10).contains(std::nextafter(10, 0)));
  EXPECT_FALSE(above(150).contains(150));
  EXPECT_FALSE(Range().contains(NAN));
}

TEST(MetricDefinitions, AMissFailsEverySuccessAndHasNoError) {
  const ObjectMeasurements miss;
  for (const MetricDefinition& d : metric_definitions()) {
    if (d.statistic == Statistic::share_of_labels) {
      EXPECT_EQ(object_value(d, false, miss), 0) << d.name;
    } else if (d.is_of_objects()) {
      EXPECT_TRUE(std::isnan(object_value(d, false, miss))) << d.name;
    }
  }
}

TEST(MetricDefinitions, SummariesByHand) {
  const auto of = [](const std::string& name, std::vector<double> values) {
    return summary(metric_named(name), values);
  };
  EXPECT_EQ(of("heading_error_median", {5, 1, NAN, 2}), 2);
  EXPECT_EQ(of("heading_error_median", {5, 1, 4, 2}), 3);
  EXPECT_EQ(of("size_error_mean", {0.25, NAN, 0.75}), 0.5);
  EXPECT_EQ(of("heading_within_10", {1, 0, 0, 1}), 0.5);
  EXPECT_EQ(of("objects", {1, 0, 1}), 3);
  EXPECT_EQ(of("objects", {}), 0);
  EXPECT_TRUE(std::isnan(of("recall", {})));
  EXPECT_TRUE(std::isnan(of("heading_flipped", {NAN})));
  ObjectMeasurements object;
  object.radial_error = -2;
  EXPECT_EQ(object_value(metric_named("radial_error_median"), true, object), 2);
  EXPECT_EQ(object_value(metric_named("radial_bias_median"), true, object), -2);
}

}  // namespace
}  // namespace monodr
