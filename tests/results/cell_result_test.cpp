// SPDX-License-Identifier: Apache-2.0
#include "results/cell_result.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "results/stored_result.h"

namespace monodr {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

CellResult full_result() {
  CellResult result;
  result.cell = "0123";
  result.state = "failed";
  result.message = "line 1\n\"quoted\" \\ 'x' <b> \xE2\x9C\x93";
  result.metrics = {{"ap_bev", "car", "hard", 0.7, 40, 1.0 / 3, "%"},
                    {"heading_error_median", "car", "hard", 0, 0, nan, "deg"}};
  ObjectResult object;
  object.frame = "000123";
  object.label = 4;
  object.difficulty = "easy";
  object.matched = true;
  object.failure = "none";
  object.heading_turn = -0.1;
  object.heading_error = 0.1;
  object.location_error = nan;
  object.size_error = 1e-300;
  object.bev_overlap = 0.2;
  object.volume_overlap = 0.3;
  object.score = -infinity;
  object.loss = infinity;
  object.heading_probability = 0.75;
  object.heading_support = 0.125;
  result.objects = {object};
  Annotation annotation;
  annotation.category = "Car";
  annotation.truncation = 0.25;
  annotation.occlusion = 2;
  annotation.alpha = -1.5;
  annotation.box2d = {1, 2, 3, 4};
  annotation.box3d.location = {5, 6, 7};
  annotation.box3d.height = 8;
  annotation.box3d.width = 9;
  annotation.box3d.length = 10;
  annotation.box3d.rotation_y = 11;
  annotation.score = 12;
  result.detections = {{"000123", {annotation}}, {"000124", {}}};
  HeadingMode mode;
  mode.box = annotation.box3d;
  mode.alpha = -1.5;
  mode.loss = 0.25;
  mode.probability = 0.75;
  HeadingMode other = mode;
  other.box.rotation_y = -2;
  other.probability = 0.25;
  result.modes = {{mode, "000123", 0}, {other, "000123", 0}};
  result.distributions = {{"000123", 0, {0.12345, 0, 1e-05, 0.87654}}};
  result.series = {{"loss.total", 0, 2.5}, {"loss.total", 1, nan}};
  result.provenance = {{"host", "a"}, {"git.commit", "b"}};
  result.seconds = 1.25;
  result.peak_memory_mb = 300.5;
  return result;
}

TEST(CellResult, SurvivesJson) {
  const CellResult before = full_result();
  const std::string text = to_json(before);
  const CellResult after = cell_result_from_json(text);
  EXPECT_EQ(text, to_json(after));  // every field is written, so equal text means equal results
  EXPECT_EQ(after.message, before.message);
  EXPECT_EQ(after.metrics[0].value, 1.0 / 3);
  EXPECT_TRUE(std::isnan(after.metrics[1].value));
  EXPECT_EQ(after.objects[0].loss, infinity);
  EXPECT_EQ(after.objects[0].score, -infinity);
  EXPECT_TRUE(std::isnan(after.objects[0].location_error));
  EXPECT_EQ(after.objects[0].size_error, 1e-300);
  ASSERT_EQ(after.detections.size(), 2u);
  EXPECT_TRUE(after.detections[1].objects.empty());
  const Annotation& annotation = after.detections[0].objects.at(0);
  EXPECT_EQ(annotation.box2d.bottom, 4);
  EXPECT_EQ(annotation.box3d.location, Eigen::Vector3d(5, 6, 7));
  EXPECT_EQ(annotation.box3d.rotation_y, 11);
  EXPECT_EQ(annotation.score, 12);
  ASSERT_EQ(after.modes.size(), 2u);
  EXPECT_EQ(after.modes[1].frame, "000123");
  EXPECT_EQ(after.modes[1].box.rotation_y, -2);
  EXPECT_EQ(after.modes[1].box.height, 8);
  EXPECT_EQ(after.modes[1].probability, 0.25);
  ASSERT_EQ(after.distributions.size(), 1u);
  EXPECT_EQ(after.distributions[0].frame, "000123");
  EXPECT_EQ(after.distributions[0].detection, 0);
  EXPECT_EQ(after.distributions[0].probabilities, before.distributions[0].probabilities);
  EXPECT_EQ(after.objects[0].heading_support, 0.125);
  EXPECT_EQ(after.series[1].step, 1);
  EXPECT_EQ(after.provenance, before.provenance);
}

// A worker of before schema 3 may have left its file to be taken in by a newer program.
TEST(CellResult, AnOlderFileHasNoSignedHeadings) {
  std::string text = to_json(full_result());
  const std::string field = "\"heading_turn\":-0.1,";
  const size_t at = text.find(field);
  ASSERT_NE(at, std::string::npos);
  text.erase(at, field.size());
  EXPECT_TRUE(std::isnan(cell_result_from_json(text).objects[0].heading_turn));
}

TEST(CellResult, AnOlderFileHasNoDistributionsOfHeadings) {
  std::string text = to_json(full_result());
  for (const std::string field :
       {"\"heading_distributions\":[[\"000123\",0,[0.12345,0.0,1e-05,0.87654]]],",
        "\"heading_support\":0.125,"}) {
    const size_t at = text.find(field);
    ASSERT_NE(at, std::string::npos) << field;
    text.erase(at, field.size());
  }
  const CellResult older = cell_result_from_json(text);
  EXPECT_TRUE(older.distributions.empty());
  EXPECT_TRUE(std::isnan(older.objects[0].heading_support));
  EXPECT_EQ(older.modes.size(), 2u);
}

TEST(CellResult, AMessageThatIsNoUtf8DoesNotCostTheResult) {
  CellResult result = full_result();
  result.message = "torn \xC3";
  EXPECT_EQ(cell_result_from_json(to_json(result)).message, "torn \xEF\xBF\xBD");
}

TEST(CellResult, RefusesWhatIsNoResult) {
  for (const char* text : {"", "{", "[]", "{\"cell\": 3}", "null"})
    EXPECT_THROW(cell_result_from_json(text), UserError) << text;
}

TEST(CellResult, WhatAnEarlierSchemaDidNotKeepIsNoDifference) {
  CellResult before = full_result(), after = before;
  EXPECT_TRUE(differences(before, after).empty());
  after.objects[0].radial_error = 0.5;
  before.modes.clear();
  before.distributions.clear();
  EXPECT_TRUE(differences(before, after).empty());
  after.objects[0].bev_overlap = 0.25;
  EXPECT_EQ(differences(before, after),
            std::vector<std::string>{"object 000123 label 4: bev_overlap: 0.2 -> 0.25"});
}

TEST(CellResult, ADistributionThatDiffersIsADifference) {
  const CellResult before = full_result();
  CellResult after = before;
  after.distributions[0].probabilities = {0.5, 0.5};
  EXPECT_EQ(differences(before, after),
            std::vector<std::string>{"frame 000123: detection 0 heading distribution: 0.12345 0 "
                                     "1e-05 0.87654 -> 0.5 0.5"});
}

}  // namespace
}  // namespace monodr
