// SPDX-License-Identifier: Apache-2.0
#include "report/figures.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "report/axis.h"
#include "report/fit_sheet.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const std::string hostile = "50 % <b>&amp; \"x\" 'y' \x01\n]]> --> </svg><script>alert(1)</script>";

FitSheet sheet_of(const std::string& name) {
  FitSheet sheet;
  const RgbPicture picture{4, 4, std::vector<unsigned char>(48, 90)};
  sheet.title = name;
  sheet.lines = {name, name};
  sheet.evidence = {{name, name, picture}, {"", "", picture}};
  sheet.overlays = sheet.overlaps = {{name, name, picture}};
  Box3d box;
  box.location = {1, 1.6, 12};
  box.height = box.width = 1.5;
  box.length = 4;
  sheet.boxes = {{name, box, {"#000000", 1, ""}}};
  sheet.numbers = {{name, name, "1", "", ""}};
  sheet.headings.dots = {{0, 10, true}, {1, -170, false}, {2, NAN, false}};
  sheet.headings.label = NAN;
  return sheet;
}

std::vector<std::string> all_figures(const std::string& name) {
  CurveFigure curves;
  curves.title = curves.x_title = curves.y_title = name;
  curves.curves = {{name, {0, 1, 2}, {1, 0.5, NAN}, {0.9, 0.4, NAN}, {1.1, 0.6, NAN}, 0},
                   {"b", {0, 1, 2}, {2, 1, 0.5}, {}, {}, 8}};
  curves.guides = {{0.5, name}, {0.6, "end"}, {NAN, name}};
  CurveFigure circle;
  circle.full_circle = true;
  circle.curves = {{name, {-180, 0, 180}, {1, 0, 1}, {}, {}, 0, {1}}};
  HeatMapFigure map{name, name, name, {name, "r"}, {name, "c"}, {{1, NAN}, {2, 3}}, 1};
  return {draw(curves),
          draw(BarFigure{name, name, {{name, 3, 2, 4, "3.0 ± 1.0"}, {"b", -1, NAN, NAN, name}}}),
          draw(AngleFigure{name, {{name, {0, 10, 170, 180, NAN}}, {"b", {}}}}),
          draw(ScatterFigure{name, name, name, {{name, {10, 20}, {11, 19}}}}),
          draw(map),
          draw(circle),
          draw(sheet_of(name))};
}

/// Opens and closes tags in order; enough of a parser for what has no comments or CDATA.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (size_t at = 0; (at = svg.find('<', at)) != std::string::npos; ++at) {
    const size_t end = svg.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    ASSERT_EQ(tag.find('<'), std::string::npos) << tag;
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ("/" + open.back(), name);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST(Figures, AreWellFormedWhateverTheNamesAndNumbers) {
  for (const std::string& svg : all_figures(hostile)) {
    expect_well_formed(svg);
    EXPECT_EQ(svg.find("<script"), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(svg.find("inf"), std::string::npos);
    EXPECT_EQ(svg.find('\x01'), std::string::npos);
  }
}

TEST(Figures, NothingToShowIsStillAFigure) {
  for (const std::string& svg : {draw(CurveFigure{}),
                                 draw(BarFigure{}),
                                 draw(AngleFigure{}),
                                 draw(ScatterFigure{}),
                                 draw(HeatMapFigure{}),
                                 draw(FitSheet{})})
    expect_well_formed(svg);
}

/// The far corners of the sectors in a polar histogram, relative to the dial's middle.
std::vector<Point> sectors(const std::vector<double>& degrees) {
  const std::string svg = draw(AngleFigure{"", {{"", degrees}}});
  std::vector<Point> corners;
  for (size_t at = 0; (at = svg.find("<polygon points=\"", at)) != std::string::npos; ++at) {
    std::vector<Point> points;
    const char* text = svg.c_str() + at + 17;
    for (Point p; std::sscanf(text, "%lf,%lf", &p.x, &p.y) == 2;) {
      points.push_back(p);
      text += std::strcspn(text, " \"");
      if (*text++ == '"') break;
    }
    const Point centre = points.back(), outer = points[points.size() / 2 - 1];
    corners.push_back({outer.x - centre.x, centre.y - outer.y});
  }
  return corners;
}

// 0 is up and positive errors stand at the right: a car turned to the left is no car turned to the
// right, and a quarter is no flip.
TEST(Figures, SignedHeadingErrorsAreToldApart) {
  for (const auto& [degrees, x, y] : std::vector<std::array<double, 3>>{{0, 0, 1},
                                                                        {90, 1, 0},
                                                                        {-90, -1, 0},
                                                                        {180, 0, -1},
                                                                        {-180, 0, -1},
                                                                        {-7, 0, 1},
                                                                        {84, 1, 0}}) {
    const std::vector<Point> found = sectors({degrees, degrees, NAN});
    ASSERT_EQ(found.size(), 1u) << degrees;
    const double length = std::hypot(found[0].x, found[0].y);
    EXPECT_NEAR(found[0].x / length, x, 0.1) << degrees;
    EXPECT_NEAR(found[0].y / length, y, 0.1) << degrees;
  }
  EXPECT_EQ(sectors({170, -170, 180}).size(), 3u);
  EXPECT_EQ(sectors({176, -176}).size(), 1u) << "both are flipped";
}

TEST(Figures, RenderWithLibrsvg) {
  if (std::system("command -v rsvg-convert > /dev/null") != 0)
    GTEST_SKIP() << "rsvg-convert (librsvg2-bin) is not installed";
  const fs::path folder =
      fs::temp_directory_path() / ("monodr_figures_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  int number = 0;
  for (const std::string& svg : all_figures(hostile)) {
    const std::string stem = (folder / std::to_string(number++)).string();
    std::ofstream(stem + ".svg") << svg;
    EXPECT_EQ(std::system(("rsvg-convert -o " + stem + ".png " + stem + ".svg").c_str()), 0);
    EXPECT_GT(fs::file_size(stem + ".png"), 1000U);
  }
  fs::remove_all(folder);
}

TEST(Axis, TicksAreRoundAndCoverTheRange) {
  for (const auto& [low, high] :
       {std::pair{0.0, 1.0}, {0.0, 97.3}, {-3.2, 4.4}, {1e-6, 2e-6}, {5.0, 5.0}, {0.0, 1e7}}) {
    const Axis axis = round_axis("", low, high);
    EXPECT_LE(axis.low, low);
    EXPECT_GE(axis.high, high);
    EXPECT_GE(axis.ticks.size(), 2U);
    EXPECT_LE(axis.ticks.size(), 9U);
    const double step = axis.ticks[1].value - axis.ticks[0].value;
    const double digit = step / std::pow(10, std::floor(std::log10(step * 1.0000001)));
    EXPECT_TRUE(std::abs(digit - 1) < 1e-6 || std::abs(digit - 2) < 1e-6 ||
                std::abs(digit - 5) < 1e-6)
        << step;
  }
}

TEST(Axis, AreaMapsCornersToCorners) {
  const PlotArea area({10, 20}, 100, 50, {"", 0, 2, {}}, {"", -1, 1, {}});
  EXPECT_DOUBLE_EQ(area.at(0, -1).x, 10);
  EXPECT_DOUBLE_EQ(area.at(0, -1).y, 70);
  EXPECT_DOUBLE_EQ(area.at(2, 1).x, 110);
  EXPECT_DOUBLE_EQ(area.at(2, 1).y, 20);
}

}  // namespace
}  // namespace monodr
