// SPDX-License-Identifier: Apache-2.0
#include "report/figures.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "report/axis.h"
#include "report/figure_layout.h"
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

std::vector<std::string> all_figures(const std::string& name, const FigureStyle& style = {}) {
  CurveFigure curves;
  curves.title = curves.x_title = curves.y_title = name;
  curves.curves = {{name, {0, 1, 2}, {1, 0.5, NAN}, {0.9, 0.4, NAN}, {1.1, 0.6, NAN}, 0},
                   {"b", {0, 1, 2}, {2, 1, 0.5}, {}, {}, 8}};
  curves.guides = {{0.5, name}, {0.6, "end"}, {NAN, name}};
  CurveFigure circle;
  circle.full_circle = true;
  circle.curves = {{name, {-180, 0, 180}, {1, 0, 1}, {}, {}, 0, {1}}};
  HeatMapFigure map{name, name, name, {name, "r"}, {name, "c"}, {{1, NAN}, {2, 3}}, 1};
  return {
      draw(curves, style),
      draw(BarFigure{name, name, {{name, 3, 2, 4, "3.0 ± 1.0"}, {"b", -1, NAN, NAN, name}}}, style),
      draw(AngleFigure{name, {{name, {0, 10, 170, 180, NAN}}, {"b", {}}}}, style),
      draw(ScatterFigure{name, name, name, {{name, {10, 20}, {11, 19}}}}, style),
      draw(map, style),
      draw(circle, style),
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

/// A text as it lies in a drawing.
struct PlacedText {
  std::string text;
  double left = 0, top = 0, right = 0, bottom = 0;
};

std::vector<PlacedText> texts_of(const std::string& svg) {
  std::vector<PlacedText> texts;
  const std::string begin = "<path aria-label=\"";
  for (size_t at = 0; (at = svg.find(begin, at)) != std::string::npos; ++at) {
    const size_t from = at + begin.size(), end = svg.find('"', from);
    PlacedText text{svg.substr(from, end - from)};
    double x = 0, y = 0, shift = 0, scale = 0;
    const char* place = svg.c_str() + end;
    const bool is_level = std::sscanf(place,
                                      "\" transform=\"translate(%lf %lf) translate(%lf) scale(%lf",
                                      &x,
                                      &y,
                                      &shift,
                                      &scale) == 4;
    if (!is_level &&
        std::sscanf(place,
                    "\" transform=\"translate(%lf %lf) rotate(-90) translate(%lf) scale(%lf",
                    &x,
                    &y,
                    &shift,
                    &scale) != 4)
      ADD_FAILURE() << std::string(place, 80);
    const double size = scale / typeface_narrowing * typeface_units;
    const double width = text_width(text.text, size);
    if (is_level)
      text.left = x + shift, text.right = text.left + width, text.top = y - 0.7 * size,
      text.bottom = y;
    else
      text.bottom = y - shift, text.top = text.bottom - width, text.left = x - 0.7 * size,
      text.right = x;
    texts.push_back(text);
  }
  return texts;
}

/// Names of arms as sweeps make them.
std::vector<std::string> long_names(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i)
    names.push_back(fmt::format("default, mask + photometric + hindsight, loss.depth.weight = {}",
                                0.1 + 0.1 * i));
  return names;
}

std::vector<std::string> crowded_figures(const FigureStyle& style) {
  const std::vector<std::string> names = long_names(4);
  CurveFigure curves{"A title that is too long for the one line that the width of a column has",
                     "step",
                     "weighted loss [1]",
                     {},
                     false,
                     false,
                     {{1, "label"}, {1.1, "end"}, {1.15, "another end"}},
                     kSeriesNote};
  BarFigure bars{curves.title, "heading [deg]", {}};
  AngleFigure angles{curves.title, {}};
  ScatterFigure scatter{curves.title, "labelled z [m]", "predicted z [m]", {}};
  HeatMapFigure map{
      curves.title, "arm", "loss.depth.weight", names, long_names(5), {}, 1, "heading [deg]"};
  for (size_t i = 0; i < names.size(); ++i) {
    const double value = 3 + static_cast<double>(i);
    curves.curves.push_back({names[i], {0, 1, 99}, {value, 2, 1}, {}, {}, i});
    bars.bars.push_back({names[i], value, value - 1, value + 1, "3.0 ± 1.0"});
    angles.panels.push_back({names[i], {0, 10 * value}});
    scatter.panels.push_back({names[i], {10, 9000}, {12, 8000}});
    map.values.push_back({value, 1, 2, 3, 104.5});
  }
  return {draw(curves, style),
          draw(bars, style),
          draw(angles, style),
          draw(scatter, style),
          draw(map, style)};
}

TEST(Figures, LabelsNeitherOverlapNorGetCut) {
  for (const double width : {column_figure_width, page_figure_width}) {
    int number = 0;
    for (const std::string& svg : crowded_figures({width, true})) {
      SCOPED_TRACE(fmt::format("figure {} of width {}", number++, width));
      const std::vector<PlacedText> texts = texts_of(svg);
      EXPECT_GT(texts.size(), 8U);
      double height = 0;
      std::sscanf(svg.c_str() + svg.find("height="), "height=\"%lf", &height);
      for (size_t i = 0; i < texts.size(); ++i) {
        const PlacedText& a = texts[i];
        EXPECT_EQ(a.text.find("..."), std::string::npos) << a.text;
        EXPECT_TRUE(a.left >= 0 && a.right <= width && a.top >= 0 && a.bottom <= height)
            << a.text << ' ' << a.left << ' ' << a.right << ' ' << a.top << ' ' << a.bottom;
        for (size_t j = 0; j < i; ++j) {
          const PlacedText& b = texts[j];
          EXPECT_FALSE(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
              << a.text << " over " << b.text;
        }
      }
    }
  }
}

TEST(Figures, WidthAndTitleAreAskedFor) {
  const std::vector<std::string> narrow = crowded_figures({200, false});
  const std::vector<std::string> wide = crowded_figures({500, true});
  for (size_t i = 0; i < narrow.size(); ++i) {
    EXPECT_NE(narrow[i].find("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\""),
              std::string::npos);
    EXPECT_NE(wide[i].find("width=\"500\""), std::string::npos);
    EXPECT_EQ(narrow[i].find("aria-label=\"A title"), std::string::npos) << i;
    EXPECT_NE(wide[i].find("aria-label=\"A title"), std::string::npos) << i;
  }
}

TEST(Figures, HeatMapsHaveABarOfTheirColoursFromTheDatasRange) {
  const std::string svg = draw(HeatMapFigure{
      "", "arm", "axis", {"a", "b"}, {"1", "2"}, {{4.25, NAN}, {77, 10}}, 1, "heading [deg]"});
  const auto count = [&](const std::string& part) {
    size_t found = 0;
    for (size_t at = 0; (at = svg.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("aria-label=\"4.2\""), 2U) << "its field, and the bar's lower end";
  EXPECT_EQ(count("aria-label=\"77.0\""), 2U) << "its field, and the bar's upper end";
  EXPECT_EQ(count("aria-label=\"heading [deg]\""), 1U);
  EXPECT_EQ(count("fill=\"#eff3ff\""), 2U) << "the lowest value, and the bar's first colour";
  EXPECT_EQ(count("fill=\"#08306b\""), 2U) << "the highest value, and the bar's last colour";
}

TEST(Figures, NamesThatBeginAlikeAreToldApart) {
  const ToldApart told = told_apart({"default, sigma = 1", "default, sigma = 2"});
  EXPECT_EQ(told.labels, (std::vector<std::string>{"sigma = 1", "sigma = 2"}));
  EXPECT_EQ(told.common, "In all: default");
  EXPECT_EQ(told_apart({"default", "default, x = 1"}).common, "") << "nothing would be left of one";
  EXPECT_EQ(told_apart({"default, x = 1"}).labels[0], "default, x = 1");
  EXPECT_TRUE(told_apart({}).labels.empty());
}

TEST(Figures, WrappedTextIsWholeAndNoWider) {
  for (const std::string text : {"",
                                 " ",
                                 "default, loss.depth.weight = 0.4, seed",
                                 "averyveryverylongwordwithoutanyplacetobreak",
                                 "grüß αΩ ≤ 汽车 🚗 \xff mask"})
    for (const double width : {30.0, 60.0, 400.0}) {
      std::string whole, expected;
      for (const std::string& line : wrapped_text(text, width)) {
        EXPECT_LE(text_width(line), width) << line;
        whole += line;
      }
      const auto strip = [](std::string t) {
        std::erase(t, ' ');
        return t;
      };
      EXPECT_EQ(strip(whole), strip(text));
    }
}

// Neither fonts that are there nor those that are not change a figure.
TEST(Figures, FontsThatAreInstalledChangeNothing) {
  if (std::system("command -v rsvg-convert > /dev/null") != 0)
    GTEST_SKIP() << "rsvg-convert (librsvg2-bin) is not installed";
  const fs::path folder =
      fs::temp_directory_path() / ("monodr_fonts_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "none.conf") << "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM "
                                         "\"urn:fontconfig:fonts.dtd\"><fontconfig></fontconfig>";
  for (const std::string& svg : all_figures("Überschrift ± αΩ ≤ §")) {
    EXPECT_EQ(svg.find("<text"), std::string::npos);
    std::ofstream(folder / "f.svg") << svg;
    const auto rendered = [&](const std::string& environment) {
      const std::string file = (folder / "f.png").string();
      EXPECT_EQ(std::system((environment + " rsvg-convert -o " + file + " " +
                             (folder / "f.svg").string() + " 2> /dev/null")
                                .c_str()),
                0);
      return read_file(file);
    };
    EXPECT_TRUE(rendered("") == rendered("FONTCONFIG_FILE=" + (folder / "none.conf").string()));
  }
  fs::remove_all(folder);
}

// What the typeface has not got stays text, for a viewer's fonts to show.
TEST(Figures, ForeignLettersStayText) {
  const std::string svg = draw(CurveFigure{"a 汽 b", "", "", {}});
  EXPECT_NE(svg.find(">汽</text>"), std::string::npos);
  EXPECT_NE(svg.find("aria-label=\"a 汽 b\""), std::string::npos);
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

TEST(Axis, EndsWhereTheDataEndWithRoundTicks) {
  for (const auto& [low, high] :
       {std::pair{0.0, 1.0}, {0.0, 97.3}, {-3.2, 4.4}, {1e-6, 2e-6}, {5.0, 5.0}, {0.0, 1e7}}) {
    const Axis axis = round_axis("", low, high);
    EXPECT_DOUBLE_EQ(axis.low, low);
    EXPECT_DOUBLE_EQ(axis.high, high > low ? high : 2 * low);
    EXPECT_GE(axis.ticks.front().value, low - 1e-9 * (axis.high - low));
    EXPECT_LE(axis.ticks.back().value, axis.high * (1 + 1e-9));
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
