// SPDX-License-Identifier: Apache-2.0
#include "report/fit_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace monodr {
namespace {

using testing::HasSubstr;

/// Letters are outlines; each piece of text says what it reads.
std::string reads(const std::string& text) {
  return "aria-label=\"" + text + "\"";
}

FitSheet sheet_of_two_boxes() {
  FitSheet sheet;
  sheet.title = "sheet";
  for (const double z : {20.0, 24.0}) {
    Box3d box;
    box.location = {3, 1.6, z};
    box.height = 1.5;
    box.width = 1.6;
    box.length = 4;
    const bool is_label = z < 22;
    sheet.boxes.push_back({is_label ? "label" : "end", box, {"#009e73", 2, is_label ? "7 5" : ""}});
  }
  return sheet;
}

TEST(FitSheet, TheViewFromAboveNamesItsBoxesAndItsUnits) {
  const std::string svg = draw(sheet_of_two_boxes());
  EXPECT_THAT(svg, HasSubstr(reads("x [m], to the right")));
  EXPECT_THAT(svg, HasSubstr(reads("z [m], away")));
  for (const char* name : {"label", "end"}) EXPECT_THAT(svg, HasSubstr(reads(name)));
  // In grey a dash still tells the label from the end: outline, front and sample.
  size_t dashed = 0;
  for (size_t at = svg.find("dasharray=\"7 5\""); at != std::string::npos;
       at = svg.find("dasharray=\"7 5\"", at + 1))
    ++dashed;
  EXPECT_EQ(dashed, 3u);
}

TEST(FitSheet, HeadingsSayWhichTheyAre) {
  FitSheet sheet = sheet_of_two_boxes();
  sheet.headings.dots = {{0, 10, true}, {0, -90, false}, {1, 12, true}};
  sheet.headings.label = 45;
  const std::string svg = draw(sheet);
  EXPECT_THAT(svg, HasSubstr(reads("heading (allocentric) [deg]")));
  for (const char* name : {"lowest loss", "others"}) EXPECT_THAT(svg, HasSubstr(reads(name)));
}

}  // namespace
}  // namespace monodr
