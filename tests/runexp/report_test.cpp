// SPDX-License-Identifier: Apache-2.0
// runexp report, figure, export and table on a database that is filled by hand, at the command
// line.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "data/kitti_label.h"
#include "report/event_reader.h"
#include "report/png.h"
#include "results/database.h"
#include "runexp/latex.h"
#include "runexp/program.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const std::string hostile =
    "50 % <b>&amp; \"x\" 'y'; DROP TABLE cell; --\n\\frac{1}_2 $z$ #~^ "
    "</script><script>alert(1)</script> grüß αΩ ≤ 汽车 🚗";

Annotation car(double x, double z, double heading, double score) {
  Annotation a;
  a.category = "Car";
  a.alpha = heading;
  a.box2d = {300 + 20 * x, 150, 400 + 20 * x, 220};
  a.box3d.height = 1.5;
  a.box3d.width = 1.6;
  a.box3d.length = 3.9;
  a.box3d.location = {x, 1.6, z};
  a.box3d.rotation_y = heading;
  a.score = score;
  return a;
}

/// A KITTI folder with labels, a database of two arms by two axis values by two seeds, one of them
/// failed, and overlays.
class ReportTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("monodr_report_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    write_kitti_frames(
        (folder_ / "kitti/training/label_2").string(), labels_, KittiFileKind::labels);
    Database database((folder_ / "results/results.sqlite").string());
    std::vector<CellRecord> records;
    for (int arm = 0; arm < 2; ++arm)
      for (const char* iterations : {"20", "100"})
        for (int seed = 0; seed < 2; ++seed) records.push_back(record(arm, iterations, seed));
    database.plan(hostile, "Does " + hostile + " hold?", records);
    for (const CellRecord& r : records) {
      database.import_result(r, result(r));
      write_overlays(r);
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  CellRecord record(int arm, const std::string& iterations, int seed) const {
    CellRecord record;
    record.id =
        fmt::format("{:x}{:x}{:x}", arm + 10, iterations.size(), seed) + std::string(61, 'c');
    record.experiment = hostile;
    record.arm = arm == 0 ? "mask only" : hostile;
    record.arm_order = arm;
    record.seed = seed;
    record.axes = {{"fit.iterations", iterations}};
    record.config = fmt::format(
        R"({{"dataset": {{"source": "kitti", "root": "{}"}}, "fit": {{"iterations": {}}}}})",
        (folder_ / "kitti").string(),
        iterations);
    record.plugins = {{"renderer", "soft_rasterizer", "1.0", "abc"}};
    return record;
  }

  CellResult result(const CellRecord& record) const {
    CellResult result;
    result.cell = record.id;
    const bool is_long = record.axes.at("fit.iterations") == "100";
    if (record.arm_order == 1 && is_long && record.seed == 1) {
      result.state = "failed";
      result.message = "the loss is not finite\n" + hostile;
      return result;
    }
    result.state = "done";
    const double error =
        0.1 + 0.2 * record.seed + (record.arm_order == 0 ? 0.6 : 0) - 0.05 * is_long;
    for (const FrameAnnotations& frame : labels_) {
      result.detections.push_back({frame.frame, {}});
      for (size_t i = 0; i < frame.objects.size(); ++i) {
        Annotation a = frame.objects[i];
        a.box3d.rotation_y += error;
        a.box3d.location.z() += error * static_cast<double>(i);
        a.score = 0.5 + 0.1 * static_cast<double>(i);
        result.detections.back().objects.push_back(a);
        ObjectResult object;
        object.frame = frame.frame;
        object.label = static_cast<int>(i);
        object.difficulty = "easy";
        object.matched = true;
        object.heading_error = error;
        result.objects.push_back(object);
      }
    }
    result.metrics = {{"heading_error_median", "car", "moderate", 0, 0, 57.3 * error, "deg"},
                      {"ap_bev", "car", "moderate", 0.5, 40, 90 - 50 * error, "%"},
                      {"ap_bev", "car", "moderate", 0.7, 40, 50 - 40 * error, "%"}};
    for (int step = 0; step < 5; ++step)
      result.series.push_back({"loss.total", step, error + 1.0 / (1 + step)});
    result.provenance = {{"git.diff", std::string(500, '+') + hostile}, {"host", "here"}};
    return result;
  }

  void write_overlays(const CellRecord& record) const {
    const fs::path fits = folder_ / "results/fits" / hostile_folder() / record.id.substr(0, 12);
    fs::create_directories(fits);
    RgbPicture picture{1000 + 300, 300, {}};
    for (int i = 0; i < picture.width * picture.height; ++i)
      for (const int channel : {i % 251, i / picture.width % 256, 90})
        picture.pixels.push_back(static_cast<unsigned char>(channel));
    static const std::string png = encode_png(picture);
    for (const FrameAnnotations& frame : labels_)
      std::ofstream(fits / (frame.frame + ".png")) << png;
  }

  /// The engine makes a folder of the name as it is; '/' cannot be in one.
  static std::string hostile_folder() { return hostile; }

  Program run(std::vector<std::string> words) const {
    words.insert(words.begin(), std::string(std::getenv("MONODR_BINARY_DIR")) + "/runexp");
    Program program(words, {}, folder_.string());
    program.wait();
    return program;
  }

  Program runexp(const std::vector<std::string>& words) const {
    Program program = run(words);
    EXPECT_EQ(program.exit_code(), 0) << program.errors();
    return program;
  }

  std::string content(const std::string& file) const {
    return read_file((folder_ / file).string());
  }

  const std::vector<FrameAnnotations> labels_ = {
      {"000000", {car(-4, 12, 0.3, 0), car(0, 20, 1.2, 0), car(6, 25, -2, 0)}},
      {"000001", {car(1, 15, 3, 0)}},
      {"000002", {}}};
  fs::path folder_;
};

bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null").c_str()) == 0;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

// Put before and behind the page's own script: errors, then a click on two heads, then the
// pictures.
constexpr const char* kWatch = R"(<script>window.errors = [];
addEventListener("error", e => errors.push(e.message || "a file does not load"), true);
console.error = (...words) => errors.push(words.join(" "));</script>)";
constexpr const char* kTry = R"(<script>addEventListener("load", () => {
  const order = () => [...document.querySelectorAll("#results tbody tr")]
      .map(row => parseFloat(row.cells[2].dataset.value));
  const head = document.querySelectorAll("#results thead th")[2];
  head.click(); const up = order().join(); head.click(); const down = order().join();
  const sorted = [...order()].sort((a, b) => a - b).join();
  const reversed = [...order()].sort((a, b) => b - a).join();
  const images = [...document.images];
  const verdict = document.createElement("pre");
  verdict.textContent = `VERDICT errors=${errors.length} ${errors.join("; ")}` +
      ` up=${up === sorted} down=${down === reversed} images=${images.length}` +
      ` loaded=${images.filter(i => i.complete && i.naturalWidth > 0).length}` +
      ` drawn=${images.every(i => i.naturalWidth === Math.round(i.getBoundingClientRect().width))}` +
      ` figures=${document.querySelectorAll("figure svg").length}` +
      ` wide=${document.documentElement.scrollWidth > innerWidth} END`;
  document.body.append(verdict);
  parent.postMessage(verdict.textContent, "*");
});</script>)";

// A window cannot be as narrow as a phone, a frame in it can.
constexpr const char* kFrame = R"(<!doctype html><pre></pre>
<iframe style="border:0" width="WIDTH" height="800" src="tried.html"></iframe>
<script>addEventListener("message", e => document.querySelector("pre").textContent = e.data);</script>)";

TEST_F(ReportTest, OpensInChromiumSortsAndShowsItsPictures) {
  if (!is_installed("chromium")) GTEST_SKIP() << "chromium is not installed";
  runexp({"report", hostile, "--baseline", "mask only", "-o", "report.html"});
  std::string page = content("report.html");
  page.insert(page.find("<head>") + 6, kWatch);
  page.insert(page.rfind("</body>"), kTry);
  std::ofstream(folder_ / "tried.html") << page;
  for (const char* width : {"1280", "390"}) {
    std::string frame = kFrame;
    frame.replace(frame.find("WIDTH"), 5, width);
    std::ofstream(folder_ / "frame.html") << frame;
    const std::string command = fmt::format(
        "cd '{}' && HOME=. timeout 60 chromium --headless --no-sandbox --disable-gpu "
        "--disable-dev-shm-usage --disable-background-networking --disable-extensions "
        "--no-first-run --user-data-dir=profile --window-size=1300,1000 "
        "--enable-logging=stderr --virtual-time-budget=3000 --dump-dom frame.html "
        "> dom.html 2> log",
        folder_.string());
    ASSERT_EQ(std::system(command.c_str()), 0) << content("log");
    const std::string dom = content("dom.html");
    const size_t verdict = dom.find("VERDICT errors=0 ");
    ASSERT_NE(verdict, std::string::npos) << dom.substr(0, 2000) << content("log");
    const std::string line = dom.substr(verdict, dom.find(" END", verdict) - verdict);
    EXPECT_NE(line.find("up=true down=true images="), std::string::npos) << line;
    const size_t images = count(page, "<img ");
    EXPECT_GT(images, 12U);
    EXPECT_NE(line.find(fmt::format("images={0} loaded={0} drawn=true figures=", images)),
              std::string::npos)
        << line;
    EXPECT_NE(line.find("wide=false"), std::string::npos) << width << " px: " << line;
    EXPECT_EQ(content("log").find("CONSOLE"), std::string::npos) << content("log");
  }
}

TEST_F(ReportTest, HoldsEverythingAndAsksForNothing) {
  runexp({"report", hostile, "--baseline", "mask only", "-o", "report.html"});
  const std::string page = content("report.html");
  for (const char* part : {"DROP TABLE cell",
                           "the loss is not finite",
                           "8 cells: 7 done, 1 failed",
                           "SHA-256 abc",
                           "git.diff",
                           "fit.iterations",
                           "best",
                           "median",
                           "worst",
                           "Turned: heading off by more than 45°: 8 of 28 over all cells",
                           "so in 2 of 7 cells"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_EQ(page.find("<b>&amp; "), std::string::npos);
  for (const char* address : {"src=\"http", "href=\"http", "url(", "@import"})
    EXPECT_EQ(page.find(address), std::string::npos) << address;
}

TEST_F(ReportTest, WithoutLabelsAndOverlaysSaysWhatIsMissing) {
  fs::remove_all(folder_ / "kitti");
  fs::remove_all(folder_ / "results/fits");
  runexp({"report", hostile, "-o", "report.html"});
  const std::string page = content("report.html");
  EXPECT_NE(page.find("figures and pictures that need the labels"), std::string::npos);
  EXPECT_NE(page.find("label_2"), std::string::npos);
}

TEST_F(ReportTest, FiguresOfEveryKind) {
  const std::vector<std::vector<std::string>> all = {
      {"series"},
      {"bars", "--metric", "heading_error_median"},
      {"precision-recall", "--metric", "car/bev/moderate/0.7/AP40"},
      {"headings"},
      {"depth"},
      {"heatmap", "--rows", "arm", "--columns", "fit.iterations"}};
  for (const std::vector<std::string>& kind : all) {
    std::vector<std::string> words = {"figure", hostile};
    words.insert(words.end(), kind.begin(), kind.end());
    words.insert(words.end(), {"-o", kind[0] + ".svg"});
    runexp(words);
    const std::string svg = content(kind[0] + ".svg");
    EXPECT_EQ(svg.rfind("<svg ", 0), 0U) << kind[0];
    EXPECT_NE(svg.find("mask only"), std::string::npos) << kind[0];
    EXPECT_EQ(svg.find("<script"), std::string::npos) << kind[0];
  }
}

TEST_F(ReportTest, FiguresAsPng) {
  if (!is_installed("rsvg-convert")) GTEST_SKIP() << "rsvg-convert (librsvg2-bin) is not installed";
  runexp({"figure", hostile, "headings", "-o", "headings.png"});
  const std::string png = content("headings.png");
  ASSERT_EQ(png.substr(1, 3), "PNG");
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(png[at]); };
  EXPECT_NEAR(256 * byte(18) + byte(19), 3.25 * 300, 1);
  EXPECT_FALSE(fs::exists(folder_ / "headings.png.svg"));
}

TEST_F(ReportTest, FiguresAsPdfHaveTheirSizeAndNoFonts) {
  if (!is_installed("rsvg-convert")) GTEST_SKIP() << "rsvg-convert (librsvg2-bin) is not installed";
  // In latin letters: others stay text.
  Database database((folder_ / "results/results.sqlite").string());
  database.connection().exec(
      "UPDATE experiment SET name = 'plain'; UPDATE variant SET arm = 'arm ' || id");
  const auto points = [&](const std::vector<std::string>& extra) {
    std::vector<std::string> words = {"figure", "plain", "bars", "-o", "bars.pdf"};
    words.insert(words.end(), extra.begin(), extra.end());
    runexp(words);
    const std::string pdf = content("bars.pdf");
    EXPECT_EQ(pdf.rfind("%PDF-", 0), 0U);
    EXPECT_EQ(pdf.find("/FontFile"), std::string::npos);
    EXPECT_EQ(pdf.find("/BaseFont"), std::string::npos);
    double width = 0;
    std::sscanf(
        pdf.c_str() + std::min(pdf.find("/MediaBox ["), pdf.size()), "/MediaBox [ 0 0 %lf", &width);
    return width;
  };
  EXPECT_NEAR(points({}), 234, 0.5);
  const std::string first = content("bars.pdf");
  EXPECT_NEAR(points({"--width", "column"}), 234, 0.5);
  EXPECT_EQ(content("bars.pdf"), first) << "the same figure, the same bytes";
  EXPECT_NEAR(points({"--width", "page", "--no-title"}), 495, 0.5);
  EXPECT_NEAR(points({"--width", "100mm"}), 283.5, 0.5);
  const Program wrong = run({"figure", "plain", "bars", "-o", "bars.pdf", "--width", "colum"});
  EXPECT_EQ(wrong.exit_code(), 2);
  EXPECT_NE(wrong.errors().find("did you mean 'column'"), std::string::npos) << wrong.errors();
}

TEST_F(ReportTest, FiguresSpeakInWordsWithUnits) {
  const auto drawn = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"figure", hostile});
    words.insert(words.end(), {"-o", "f.svg"});
    runexp(words);
    return content("f.svg");
  };
  const auto says = [](const std::string& svg, const std::string& text) {
    return svg.find("aria-label=\"" + text) != std::string::npos;
  };
  const std::string bars = drawn({"bars"});
  EXPECT_TRUE(says(bars, "Median error of the heading")) << "title";
  EXPECT_TRUE(says(bars, "heading [deg]\"")) << "axis";
  EXPECT_EQ(bars.find("car/heading"), std::string::npos);
  EXPECT_NE(bars.find("egocentric"), std::string::npos);
  EXPECT_NE(drawn({"headings"}).find("egocentric"), std::string::npos);
  const std::string map = drawn({"heatmap", "--columns", "fit.iterations"});
  EXPECT_TRUE(says(map, "heading [deg]\"")) << "below the bar of colours";
  const std::string series = drawn({"series"});
  EXPECT_TRUE(says(series, "weighted loss [1]"));
  EXPECT_TRUE(says(series, "4\"")) << "the axis ends with the last step";
  EXPECT_FALSE(says(series, "5\""));
  EXPECT_NE(series.find("pruning"), std::string::npos);
  EXPECT_NE(series.find("sharpens"), std::string::npos);
}

// The default table names what the intervals are worth: here two seeds a row.
TEST_F(ReportTest, IntervalsInEveryFormat) {
  for (const std::string format : {"text", "markdown", "latex"}) {
    const Program table = runexp(
        {"table", hostile, "--metric", "heading_error_median", "--intervals", "--format", format});
    EXPECT_NE(table.output().find("45.8 "), std::string::npos) << table.output();
    EXPECT_NE(table.output().find("40.1, 51.6]"), std::string::npos) << table.output();
    EXPECT_NE(table.output().find("fewer than 6 seeds"), std::string::npos) << table.output();
  }
}

nlohmann::json compared_with(const Program& table) {
  for (const auto& record : nlohmann::json::parse(table.output()))
    if (record.at("paired_over") != "") return record;
  return nullptr;
}

// AP by frames: read again from the labels, exchanged between the arms frame by frame.
TEST_F(ReportTest, PrecisionIsComparedOverFrames) {
  const auto compare = [&](const std::string& baseline) {
    return compared_with(runexp({"table",
                                 hostile,
                                 "--metric",
                                 "bev/moderate/0.5",
                                 "--format",
                                 "json",
                                 "--baseline",
                                 baseline,
                                 "--pair-frames"}));
  };
  const nlohmann::json there = compare("mask only"), back = compare(hostile);
  EXPECT_EQ(there.at("paired_over"), "frames");
  EXPECT_EQ(there.at("pairs"), 3);
  // The arm of the smaller error; the database's own AP of this test is made up.
  EXPECT_GT(there.at("difference"), 0);
  EXPECT_DOUBLE_EQ(there.at("difference").get<double>(), -back.at("difference").get<double>());
  EXPECT_LE(there.at("difference_low"), there.at("difference"));
  EXPECT_GE(there.at("difference_high"), there.at("difference"));
  EXPECT_GE(there.at("p"), 0.4)
      << "of two frames with labels, half of all exchanges are as extreme";
  EXPECT_LE(there.at("p"), 1);

  fs::remove_all(folder_ / "kitti");
  const Program without = runexp({"table",
                                  hostile,
                                  "--metric",
                                  "bev/moderate/0.5",
                                  "--format",
                                  "json",
                                  "--baseline",
                                  "mask only",
                                  "--pair-frames"});
  EXPECT_EQ(compared_with(without).at("paired_over"), "seeds");
  EXPECT_NE(without.errors().find("label_2"), std::string::npos);
}

// Of one pair of seeds there is no interval: "[+nan, +nan]" stood in its cell.
TEST_F(ReportTest, OnePairHasNoInterval) {
  {
    Database database((folder_ / "results/results.sqlite").string());
    database.connection().exec("UPDATE cell SET is_current = 0 WHERE seed > 0");
  }
  runexp({"report", hostile, "--baseline", "mask only", "-o", "report.html"});
  const std::string page = content("report.html");
  EXPECT_NE(page.find("1 seed, "), std::string::npos) << "AP, with the reason for its p";
  EXPECT_EQ(page.find("+nan"), std::string::npos);
}

TEST_F(ReportTest, ExportsReadBack) {
  runexp({"export", hostile, "--format", "kitti", "--output", "kitti_out"});
  int folders = 0;
  for (const auto& cell : fs::directory_iterator(folder_ / "kitti_out")) {
    ++folders;
    const auto frames = read_kitti_frames(
        cell.path().string(), list_kitti_frames(cell.path().string()), KittiFileKind::results);
    ASSERT_EQ(frames.size(), 3U);
    ASSERT_EQ(frames[0].objects.size(), 3U);
    EXPECT_NEAR(frames[0].objects[1].box2d.left, 300, 1e-3);
    EXPECT_NEAR(frames[0].objects[1].score, 0.6, 1e-9);
    EXPECT_TRUE(frames[2].objects.empty());
  }
  EXPECT_EQ(folders, 7);

  runexp({"export", hostile, "--format", "tensorboard", "--output", "events"});
  folders = 0;
  for (const auto& file : fs::recursive_directory_iterator(folder_ / "events")) {
    if (!file.is_regular_file()) continue;
    ++folders;
    const std::vector<ReadEvent> events = read_events(read_file(file.path().string()));
    ASSERT_EQ(events.size(), 1U + 5 + 3);
    EXPECT_EQ(events[5].tag, "loss.total");
    EXPECT_EQ(events[5].step, 4U);
    EXPECT_EQ(events[6].tag, "metrics/car/heading_error_median/moderate");
  }
  EXPECT_EQ(folders, 7);

  runexp({"export", hostile, "--format", "json", "--output", "json"});
  runexp({"export", hostile, "--format", "csv", "--output", "csv"});
  EXPECT_EQ(count(content("json/metrics.json"), "\"value\""), 21U);
  EXPECT_NE(content("json/cells.json").find("DROP TABLE cell; --\\n"), std::string::npos);
  EXPECT_EQ(count(content("csv/objects.csv"), ",easy,"), 28U);
  EXPECT_NE(content("csv/cells.csv").find("\"50 % <b>&amp; \"\"x\"\" 'y'; DROP"),
            std::string::npos);
}

// A second reader of event files that shares nothing with the writer: the checksum bit by bit from
// its polynomial, protocol buffers field by field.
constexpr const char* kEventReader = R"(
import glob, struct
def crc(data):
    c = 0xffffffff
    for byte in data:
        c ^= byte
        for _ in range(8): c = c >> 1 ^ (0x82f63b78 if c & 1 else 0)
    c ^= 0xffffffff
    return ((c >> 15 | c << 17) + 0xa282ead8) & 0xffffffff
def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift; shift += 7; at += 1
        if not data[at - 1] & 128: return value, at
def fields(data):
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0: value, at = varint(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(key & 7) or varint(data, at)
            value, at = data[at:at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found
files = glob.glob("events/*/*tfevents*")
assert len(files) == 7, files
for name in files:
    data, at, scalars = open(name, "rb").read(), 0, []
    while at < len(data):
        size, check = struct.unpack("<QI", data[at:at + 12])
        assert check == crc(data[at:at + 8])
        event, tail = data[at + 12:at + 12 + size], at + 12 + size
        assert struct.unpack("<I", data[tail:tail + 4])[0] == crc(event)
        at = tail + 4
        event = fields(event)
        for summary in event.get(5, []):
            for value in fields(summary)[1]:
                value = fields(value)
                scalars.append((value[1][0].decode(), event.get(2, [0])[0], struct.unpack("<f", value[2][0])[0]))
    curve = [v for tag, step, v in scalars if tag == "loss.total"]
    assert len(curve) == 5 and all(a > b for a, b in zip(curve, curve[1:])), curve
    assert {tag for tag, _, _ in scalars} == {"loss.total", "metrics/car/heading_error_median/moderate",
        "metrics/car/ap_bev/moderate/0.5/AP40", "metrics/car/ap_bev/moderate/0.7/AP40"}
)";

TEST_F(ReportTest, EventFilesAreReadByAnotherReader) {
  if (!is_installed("python3")) GTEST_SKIP() << "python3 is not installed";
  runexp({"export", hostile, "--format", "tensorboard", "--output", "events"});
  std::ofstream(folder_ / "read.py") << kEventReader;
  const std::string command =
      fmt::format("cd '{}' && python3 read.py > log 2>&1", folder_.string());
  EXPECT_EQ(std::system(command.c_str()), 0) << content("log");
}

TEST_F(ReportTest, ColumnsOfAnAxis) {
  const Program table = runexp({"table",
                                hostile,
                                "--columns",
                                "fit.iterations",
                                "--metric",
                                "heading_error_median",
                                "--format",
                                "markdown"});
  EXPECT_NE(table.output().find("fit.iterations = 20: heading "), std::string::npos)
      << table.output();
  EXPECT_EQ(count(table.output(), "\n| "), 2U) << table.output();
  const Program turned = runexp({"table",
                                 hostile,
                                 "--rows",
                                 "fit.iterations",
                                 "--columns",
                                 "arm",
                                 "--metric",
                                 "heading_error_median"});
  EXPECT_NE(turned.output().find("| fit.iterations = 100 | 2; 1 (1 failed) |"), std::string::npos)
      << turned.output();
}

TEST_F(ReportTest, WrongWordsAreNamedWithWhatWasMeant) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"report", "no such experiment"}, "no such experiment"},
      {{"table", hostile, "--columns", "fit.iteration"}, "did you mean 'fit.iterations'"},
      {{"table", hostile, "--rows", "arm", "--columns", "arm"},
       "stands in --rows and in --columns"},
      {{"figure", hostile, "bar", "-o", "x.svg"}, "did you mean 'bars'"},
      {{"figure", hostile, "bars", "-o", "x.gif"}, "must end in .svg, .pdf or .png"},
      {{"figure", hostile, "bars", "--metric", "ap_bev", "-o", "x.svg"}, "fits several"},
      {{"figure", hostile, "series", "--series", "loss.totl", "-o", "x.svg"}, "'loss.total'"},
      {{"figure", hostile, "precision-recall", "--metric", "heading_error_median", "-o", "x.svg"},
       "ap_2d, ap_bev, ap_3d"},
      {{"export", hostile, "--format", "jsn", "--output", "x"}, "did you mean 'json'"}};
  for (const auto& [words, message] : wrong) {
    const Program program = run(words);
    EXPECT_EQ(program.exit_code(), 2) << words[0];
    EXPECT_NE(program.errors().find(message), std::string::npos) << program.errors();
  }
  EXPECT_FALSE(fs::exists(folder_ / "x.svg"));
}

TEST_F(ReportTest, LatexFitsColumnAndPage) {
  if (!has_latex()) GTEST_SKIP() << kNoLatex;
  using Words = std::vector<std::string>;
  for (const auto& [width, points] : {std::pair{"column", 234.0}, {"page", 495.0}}) {
    for (const Words& extra : {Words{},
                               {"--metric", "car", "--metric", "bev"},
                               {"--intervals", "--metric", "heading_error_median"},
                               {"--baseline", "mask only"},
                               {"--columns", "fit.iterations", "--metric", "car"},
                               {"--columns", "arm", "--baseline", hostile}}) {
      Words words = {"table", hostile, "--format", "latex", "--width", width};
      words.insert(words.end(), extra.begin(), extra.end());
      const Typesetting set = typeset(folder_, points, runexp(words).output());
      EXPECT_TRUE(set.is_done && set.overfull == 0) << width << ' ' << join(extra, " ") << '\n'
                                                    << set.log << content("paper.tex");
    }
  }
}

TEST_F(ReportTest, LatexIsAlignedAtThePoint) {
  const std::string text = runexp({"table", hostile, "--format", "latex"}).output();
  EXPECT_NE(text.find("S[table-format="), std::string::npos) << text;
  EXPECT_NE(text.find("\\shortstack{{}heading"), std::string::npos) << text;
  EXPECT_NE(text.find("fit.\\allowbreak iterations"), std::string::npos) << text;
  EXPECT_EQ(text.find("time"), std::string::npos) << text;
  const std::string page =
      runexp({"table", hostile, "--format", "latex", "--width", "page"}).output();
  EXPECT_EQ(count(page, "\\begin{tabular}"), 1U) << page;
  const Program wrong = run({"table", hostile, "--format", "latex", "--width", "colum"});
  EXPECT_EQ(wrong.exit_code(), 2);
  EXPECT_NE(wrong.errors().find("did you mean 'column'"), std::string::npos) << wrong.errors();
}

}  // namespace
}  // namespace monodr
