// SPDX-License-Identifier: Apache-2.0
#include "report/figures.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "report/axis.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const std::string hostile = "50 % <b>&amp; \"x\" 'y' \x01\n]]> --> </svg><script>alert(1)</script>";

std::vector<std::string> all_figures(const std::string& name) {
  CurveFigure curves;
  curves.title = curves.x_title = curves.y_title = name;
  curves.curves = {{name, {0, 1, 2}, {1, 0.5, NAN}, {0.9, 0.4, NAN}, {1.1, 0.6, NAN}, 0},
                   {"b", {0, 1, 2}, {2, 1, 0.5}, {}, {}, 8}};
  HeatMapFigure map{name, name, name, {name, "r"}, {name, "c"}, {{1, NAN}, {2, 3}}, 1};
  return {draw(curves),
          draw(BarFigure{name, name, {{name, 3, 2, 4, "3.0 ± 1.0"}, {"b", -1, NAN, NAN, name}}}),
          draw(AngleFigure{name, {{name, {0, 10, 170, 180, NAN}}, {"b", {}}}}),
          draw(ScatterFigure{name, name, name, {{name, {10, 20}, {11, 19}}}}),
          draw(map)};
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
                                 draw(HeatMapFigure{})})
    expect_well_formed(svg);
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
