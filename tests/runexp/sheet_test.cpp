// SPDX-License-Identifier: Apache-2.0
// runexp fit, show and figure landscape: the whole program, worker and plugins included, on a few
// made-up cars and, where it is there, on a real frame.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/png.h"
#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using Words = std::vector<std::string>;

const char* const experiment = R"(
[experiment]
name = "sheets"
[dataset]
source = "synthetic"
objects = 3
[corpus]
cars = 16
[shape_prior.mesh_autoencoder]
template_grid = 4
steps = 2
[fit]
iterations = 12
hypotheses = 4
prune_steps = [6]
prune_keep = [2]
[rule]
plugin = "mean"
[loss.mask]
[loss.size]
[[arm]]
name = "all of <it> & 汽车"
)";

/// One folder for all tests: data, prior and the cell are made once.
class Sheets : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    write_file_atomically(folder_->file("e.toml"), experiment);
    const Program program = run({"e.toml", "--results", "r.sqlite"});
    ASSERT_EQ(program.exit_code(), 0) << program.errors();
  }
  static void TearDownTestSuite() { delete folder_; }

  static Program run(const Words& words) {
    Words all{std::string(std::getenv("MONODR_BINARY_DIR")) + "/runexp"};
    all.insert(all.end(), words.begin(), words.end());
    Program program(all, {}, folder_->path());
    program.wait();
    return program;
  }

  static std::string cell() {
    const Program status = run({"status", "sheets", "--format", "json", "--results", "r.sqlite"});
    EXPECT_EQ(status.exit_code(), 0) << status.errors();
    return nlohmann::json::parse(status.output()).at(0).at("id");
  }

  static std::string content(const std::string& file) { return read_file(folder_->file(file)); }

  static TemporaryFolder* folder_;
};

TemporaryFolder* Sheets::folder_ = nullptr;

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

/// Three pictures of the evidence, and of five stages an overlay and a silhouette each.
void expect_whole_sheet(const std::string& svg) {
  EXPECT_EQ(count(svg, "<image "), 3U + 5 + 5);
  for (const char* part :
       {"start: best of 4", "end: after 12 steps", "Loss over the heading", "label"})
    EXPECT_THAT(svg, HasSubstr(part));
}

TEST_F(Sheets, ShowDrawsAnObjectOfACell) {
  const std::string id = cell().substr(0, 8);
  const Program shown = run({"show", id, "--results", "r.sqlite", "-o", "s.svg"});
  ASSERT_EQ(shown.exit_code(), 0) << shown.errors();
  EXPECT_THAT(shown.output(), HasSubstr("overlap from above"));
  EXPECT_EQ(shown.errors().find("changed since"), std::string::npos) << shown.errors();
  expect_whole_sheet(content("s.svg"));
  EXPECT_THAT(content("s.svg"), HasSubstr("all of &lt;it&gt; &amp; 汽车"));
}

// The object alone is fitted as it was among the others: errors as they stand in the database.
TEST_F(Sheets, ShowDrawsWhatTheCellFound) {
  const std::string query = fmt::format(
      "cd '{}' && sqlite3 r.sqlite \"SELECT frame || '/' || label, printf('%.1f', "
      "heading_turn_deg), "
      "printf('%.2f', location_error) FROM v_objects WHERE matched\" > objects",
      folder_->path());
  ASSERT_EQ(std::system(query.c_str()), 0) << "is the program sqlite3 installed?";
  std::istringstream objects(content("objects"));
  int shown = 0;
  for (std::string line; shown < 2 && std::getline(objects, line); ++shown) {
    const std::string object = line.substr(0, line.find('|'));
    const std::string turn = line.substr(object.size() + 1, line.rfind('|') - object.size() - 1);
    const std::string distance = line.substr(line.rfind('|') + 1);
    const Program program = run(
        {"show", cell().substr(0, 8), "--object", object, "--results", "r.sqlite", "-o", "o.svg"});
    ASSERT_EQ(program.exit_code(), 0) << program.errors();
    EXPECT_THAT(program.output(),
                HasSubstr(fmt::format("heading off by {} deg, location by {} m", turn, distance)));
  }
  EXPECT_GT(shown, 0);
}

TEST_F(Sheets, TheLandscapeComparesTheMaskWithAll) {
  const Program program = run({"figure",
                               "sheets",
                               "landscape",
                               "--object",
                               "worst",
                               "--results",
                               "r.sqlite",
                               "-o",
                               "l.svg"});
  ASSERT_EQ(program.exit_code(), 0) << program.errors();
  for (const char* part : {"all losses", "mask only", "-180", "180", "label"})
    EXPECT_THAT(content("l.svg"), HasSubstr(part));
}

TEST_F(Sheets, FitNeedsNoCell) {
  const Program program = run({"fit",
                               "--frame",
                               "000000",
                               "--experiment",
                               "e.toml",
                               "--results",
                               "r.sqlite",
                               "-o",
                               "f.svg",
                               "fit.iterations=8"});
  ASSERT_EQ(program.exit_code(), 0) << program.errors();
  EXPECT_THAT(content("f.svg"), HasSubstr("end: after 8 steps"));
}

TEST_F(Sheets, ARealFrameAsAPng) {
  const std::string root = shared_file("kitti_mini");
  if (root.empty()) GTEST_SKIP() << "shared/kitti_mini is not here";
  if (std::system("command -v rsvg-convert > /dev/null") != 0)
    GTEST_SKIP() << "rsvg-convert (librsvg2-bin) is not installed";
  const Program program = run({"fit",
                               "--root",
                               root,
                               "--frame",
                               "000010",
                               "--experiment",
                               "e.toml",
                               "--results",
                               "r.sqlite"});
  ASSERT_EQ(program.exit_code(), 0) << program.errors();
  const std::string png = content("fit-000010.png");
  ASSERT_EQ(png.substr(1, 3), "PNG");
  const auto size = [&](size_t at) {
    return (static_cast<unsigned char>(png[at]) << 8) + static_cast<unsigned char>(png[at + 1]);
  };
  EXPECT_EQ(size(18), 1590);
  EXPECT_GT(size(22), 1400);
  EXPECT_FALSE(fs::exists(folder_->file("fit-000010.png.svg")));
}

// Half a minute of training came before "there is no folder training/".
TEST_F(Sheets, AFrameThatIsNotThereIsToldBeforeAPriorIsTrained) {
  fs::create_directories(folder_->file("empty"));
  const Program program = run({"fit",
                               "--root",
                               "empty",
                               "--frame",
                               "000000",
                               "--experiment",
                               "e.toml",
                               "--results",
                               "fresh/r.sqlite"});
  EXPECT_EQ(program.exit_code(), 2);
  EXPECT_THAT(program.errors(), HasSubstr("empty"));
  EXPECT_THAT(program.errors(), testing::Not(HasSubstr("training mesh_autoencoder")));
  EXPECT_FALSE(fs::exists(folder_->file("fresh/cache"))) << "nothing was made";
}

// The default experiment is one that comes with monodr, wherever one works.
TEST_F(Sheets, FitFindsTheShippedExperiment) {
  const Program program = run({"fit", "--root", "nowhere", "--frame", "000000"});
  EXPECT_EQ(program.exit_code(), 2);
  EXPECT_THAT(program.errors(), HasSubstr("nowhere"));
  EXPECT_THAT(program.errors(), testing::Not(HasSubstr("there is no file")));
}

TEST_F(Sheets, WrongWordsSayWhatThereIs) {
  const std::string id = cell().substr(0, 8);
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{"show", id, "--object", "99"}, "0 to "},
      {{"show", id, "--object", "000000/77"}, "is no labelled object"},
      {{"show", "ffffffffffff"}, "no cell"},
      {{"show", id, "-o", "x.gif"}, "must end in .svg or .png"},
      {{"fit", "--frame", "999999", "--experiment", "e.toml"}, "999999"},
      {{"fit", "--frame", "000000", "--object", "88", "--experiment", "e.toml"}, "no object 88"},
      {{"fit", "--frame", "000000", "--experiment", "e.toml", "--arm", "all of <it> & 汽"},
       "did you mean"},
      {{"fit", "--frame", "000000", "--root", "nowhere", "--experiment", "e.toml"}, "nowhere"}};
  for (auto [words, message] : wrong) {
    words.insert(words.end(), {"--results", "r.sqlite"});
    const Program program = run(words);
    EXPECT_EQ(program.exit_code(), 2) << words[0] << " " << message;
    EXPECT_THAT(program.errors(), HasSubstr(message));
  }
}

}  // namespace
}  // namespace monodr
