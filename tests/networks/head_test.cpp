// SPDX-License-Identifier: Apache-2.0
// How outputs are read: one object that each head must find at the same place, suppression, masks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "detector_head.h"

namespace monodr {
namespace {

constexpr int kWidth = 96, kHeight = 64;

NetworkInput whole_input() {
  NetworkInput input;
  input.width = input.picture_width = kWidth;
  input.height = input.picture_height = kHeight;
  return input;
}

HeadParameters parameters_of(HeadKind kind) {
  HeadParameters parameters;
  parameters.kind = kind;
  parameters.classes = {"Car", "", "Truck"};
  return parameters;
}

double logit(double p) {
  return std::log(p / (1 - p));
}

using Rows = std::vector<std::vector<float>>;

NetworkOutput rows_output(const std::string& name, const Rows& rows) {
  NetworkOutput output{name, {1, std::int64_t(rows.size()), std::int64_t(rows[0].size())}, {}};
  for (const auto& row : rows) output.values.insert(output.values.end(), row.begin(), row.end());
  return output;
}

NetworkOutput columns_output(const std::string& name, const Rows& rows) {
  Rows columns(rows[0].size(), std::vector<float>(rows.size()));
  for (size_t r = 0; r < rows.size(); ++r)
    for (size_t c = 0; c < rows[r].size(); ++c) columns[c][r] = rows[r][c];
  return rows_output(name, columns);
}

/// One prototype that is +5 left of column 40 of the input and -5 right of it, at a quarter of its resolution.
NetworkOutput half_prototype() {
  NetworkOutput output{"protos", {1, 1, kHeight / 4, kWidth / 4}, {}};
  for (int y = 0; y < kHeight / 4; ++y)
    for (int x = 0; x < kWidth / 4; ++x) output.values.push_back(x < 10 ? 5 : -5);
  return output;
}

/// Of an object with corners (20, 10) and (60, 50).
void expect_the_object(const std::vector<FoundObject>& found,
                       const std::string& category,
                       double score) {
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].category, category);
  EXPECT_NEAR(found[0].score, score, 1e-6);
  EXPECT_NEAR(found[0].box.left, 20.5, 1e-4);
  EXPECT_NEAR(found[0].box.top, 10.5, 1e-4);
  EXPECT_NEAR(found[0].box.right, 60.5, 1e-4);
  EXPECT_NEAR(found[0].box.bottom, 50.5, 1e-4);
}

void expect_left_half(const FoundObject& object) {
  int left = 0, right = 0, outside = 0;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const bool is_in = x >= 21 && x < 60 && y >= 11 && y < 50;
      if (!object.mask.at(x, y)) continue;
      (x < 20 || x > 60 || y < 10 || y > 50 ? outside : x < 40 ? left : right) += 1;
      (void)is_in;
    }
  EXPECT_EQ(outside, 0);
  EXPECT_NEAR(left, 20 * 40, 60);
  EXPECT_LE(right, 40);
}

TEST(Head, YoloV8) {
  const Rows rows = {{40, 30, 40, 40, 0.8f, 0.1f, 0.3f, 1}, {40, 30, 40, 40, 0.05f, 0.9f, 0, 1}};
  const auto found = read_objects_found({columns_output("o", rows), half_prototype()},
                                        "net",
                                        whole_input(),
                                        parameters_of(HeadKind::yolo_v8));
  expect_the_object(found, "Car", 0.8);  // the other one's class is dropped
  expect_left_half(found[0]);
}

TEST(Head, YoloV5MultipliesObjectness) {
  const Rows rows = {{40, 30, 40, 40, 0.5f, 0.1f, 0.2f, 0.9f, 1}};
  const auto found = read_objects_found({rows_output("o", rows), half_prototype()},
                                        "net",
                                        whole_input(),
                                        parameters_of(HeadKind::yolo_v5));
  expect_the_object(found, "Truck", 0.45);
  expect_left_half(found[0]);
}

TEST(Head, YoloMapsAreDecoded) {
  // Cells of 8 px; the object's centre (40, 30) lies in cell (5, 3), 0.0 and 0.75 of a cell from its corner.
  HeadParameters parameters = parameters_of(HeadKind::yolo_maps);
  parameters.anchors = {10, 10, 50, 20};
  const int rows = kHeight / 8, columns = kWidth / 8;
  NetworkOutput map{
      "m", {1, 2 * 9, rows, columns}, std::vector<float>(size_t(18 * rows * columns), -9)};
  const double value[9] = {logit((0.0 + 0.5) / 2),
                           logit((0.75 + 0.5) / 2),
                           logit(std::sqrt(40.0 / 50) / 2),
                           logit(std::sqrt(40.0 / 20) / 2),
                           logit(0.9),
                           logit(0.5),
                           logit(0.2),
                           logit(0.1),
                           1};
  for (int c = 0; c < 9; ++c)
    map.values[size_t(((9 + c) * rows + 3) * columns + 5)] = float(value[c]);
  const auto found = read_objects_found({map, half_prototype()}, "net", whole_input(), parameters);
  expect_the_object(found, "Car", 0.45);
  expect_left_half(found[0]);
}

TEST(Head, MaskRcnnWithMasksOfTheInputOrOfTheBox) {
  const NetworkOutput boxes{"boxes", {1, 4}, {20, 10, 60, 50}};
  const NetworkOutput labels{"labels", {1}, {0}}, scores{"scores", {1}, {0.7f}};
  NetworkOutput whole{"masks", {1, 1, kHeight, kWidth}, {}};
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) whole.values.push_back(x < 40 ? 0.9f : 0.1f);
  NetworkOutput of_box{"masks", {1, 28, 28}, {}};
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x) of_box.values.push_back(x < 14 ? 0.9f : 0.1f);
  for (const NetworkOutput& masks : {whole, of_box}) {
    const auto found = read_objects_found(
        {boxes, labels, scores, masks}, "net", whole_input(), parameters_of(HeadKind::mask_rcnn));
    expect_the_object(found, "Car", 0.7);
    expect_left_half(found[0]);
  }
  const auto none = read_objects_found({{"boxes", {0, 4}, {}},
                                        {"labels", {0}, {}},
                                        {"scores", {0}, {}},
                                        {"masks", {0, 1, kHeight, kWidth}, {}}},
                                       "net",
                                       whole_input(),
                                       parameters_of(HeadKind::mask_rcnn));
  EXPECT_TRUE(none.empty());
}

TEST(Head, PlainLists) {
  HeadParameters parameters = parameters_of(HeadKind::boxes);
  const auto one = read_objects_found(
      {{"o", {1, 1, 6}, {20, 10, 60, 50, 0.6f, 2}}}, "net", whole_input(), parameters);
  expect_the_object(one, "Truck", 0.6);
  EXPECT_TRUE(one[0].mask.empty());
  parameters.boxes_are_shares = true;
  const auto shares =
      read_objects_found({{"b", {1, 4}, {20.f / 96, 10.f / 64, 60.f / 96, 50.f / 64}},
                          {"c", {1}, {0}},
                          {"s", {1}, {0.6f}}},
                         "net",
                         whole_input(),
                         parameters);
  expect_the_object(shares, "Car", 0.6);
}

TEST(Head, SuppressesTheLessSureOfAGroup) {
  const Rows rows = {{40, 30, 40, 40, 0.5f, 0, 0},
                     {42, 30, 40, 40, 0.6f, 0, 0},
                     {41, 30, 40, 40, 0, 0, 0.9f},
                     {80, 30, 20, 20, 0.4f, 0, 0}};
  HeadParameters parameters = parameters_of(HeadKind::yolo_v8);
  const auto read = [&] {
    return read_objects_found({columns_output("o", rows)}, "net", whole_input(), parameters);
  };
  ASSERT_EQ(read().size(), 3u);  // a car may stand on a truck
  EXPECT_NEAR(read()[1].box.left, 22.5, 1e-4);
  parameters.together = {"Car", "Truck"};
  ASSERT_EQ(read().size(), 2u);
  EXPECT_EQ(read()[0].category, "Truck");
  parameters.overlap = 1;
  EXPECT_EQ(read().size(), 4u);
}

}  // namespace
}  // namespace monodr
