// SPDX-License-Identifier: Apache-2.0
// runexp fit, show, figure landscape and the export of meshes: the whole program, worker and plugins included, on a few
// made-up cars and, where it is there, on a real frame.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "data/kitti_label.h"
#include "geometry/glb_reader.h"
#include "geometry/mesh_file.h"
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

/// The beginning of a PNG of that size as a page holds it.
std::string png_in_page(const std::string& size) {
  return "base64,iVBORw0KGgoAAAANSUhEUgAA" + size;
}

TEST_F(Sheets, AReportHoldsTheLandscapeAndFailuresByKind) {
  const Program program = run({"report", "sheets", "--results", "r.sqlite", "-o", "r.html"});
  ASSERT_EQ(program.exit_code(), 0) << program.errors();
  const std::string page = content("r.html");
  EXPECT_THAT(page, HasSubstr("Loss over the heading"));
  EXPECT_THAT(page, HasSubstr("turned in steps of 5 degrees"));
  for (const char* kind : {"Turned: ", "Too far off: ", "Missed: "})
    EXPECT_THAT(page, HasSubstr(kind));
  EXPECT_EQ(page.find("new pictures of objects"), std::string::npos)
      << "drawn, not cut from overlays";
  // Drawn at the size they are shown in; below each of the gallery image, mask and depth of its crop.
  const std::string square_320 = png_in_page("AUAAAAFA"), square_106 = png_in_page("AGoAAABq");
  EXPECT_GT(count(page, "<img width=\"320\""), 3U);
  EXPECT_EQ(count(page, "<img width=\"320\""), count(page, square_320));
  EXPECT_GE(count(page, square_106), 3U);
  EXPECT_EQ(count(page, "<img width=\"106\""), count(page, square_106));
  for (const char* seen : {">image: ", ">mask: ", ">depth: "}) EXPECT_THAT(page, HasSubstr(seen));

  // Without new fits as it was before: cut from the overlays, no landscape.
  ASSERT_EQ(
      run({"report", "sheets", "--results", "r.sqlite", "--quick", "-o", "q.html"}).exit_code(), 0);
  EXPECT_THAT(content("q.html"), HasSubstr("Too far off: "));
  EXPECT_THAT(content("q.html"), testing::Not(HasSubstr("Loss over the heading")));
  EXPECT_GT(count(content("q.html"), "<img width=\"320\""), 3U);
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

/// The one folder below `output`, where a cell's files are.
fs::path cell_folder(const std::string& output) {
  for (const auto& entry : fs::directory_iterator(output)) return entry.path();
  return {};
}

/// A mesh posed by a box touches its six faces: the length along its heading, the height above its
/// location, the width across.
void expect_fills(const Box3d& box, const Mesh& mesh) {
  Eigen::Vector3d low = Eigen::Vector3d::Constant(1e9), high = -low;
  const Eigen::AngleAxisd back(-box.rotation_y, Eigen::Vector3d::UnitY());
  for (const Eigen::Vector3f& v : mesh.vertices) {
    const Eigen::Vector3d own = back * (v.cast<double>() - box.location);
    low = low.cwiseMin(own);
    high = high.cwiseMax(own);
  }
  constexpr double error = 1e-3;  // a result file has four decimals
  const Eigen::Vector3d low_corner(-box.length / 2, -box.height, -box.width / 2);
  const Eigen::Vector3d high_corner(box.length / 2, 0, box.width / 2);
  EXPECT_LT((low - low_corner).norm(), error) << low.transpose() << " " << low_corner.transpose();
  EXPECT_LT((high - high_corner).norm(), error);
}

TEST_F(Sheets, MeshesStandWhereTheCellFoundThem) {
  for (const char* format : {"glb", "obj", "ply", "kitti"}) {
    const Program program =
        run({"export", "sheets", "--format", format, "-o", format, "--results", "r.sqlite"});
    ASSERT_EQ(program.exit_code(), 0) << program.errors();
    EXPECT_EQ(program.errors().find("note: fitted again"), std::string::npos) << program.errors();
  }
  int objects = 0;
  const fs::path results = cell_folder(folder_->file("kitti"));
  const fs::path name = results.filename();
  for (const auto& entry : fs::directory_iterator(results)) {
    const std::string frame = entry.path().stem().string();
    const auto file = [&](const std::string& format) {
      return (fs::path(folder_->file(format)) / name / (frame + "." + format)).string();
    };
    const std::vector<Annotation> found =
        read_kitti_frame(results.string(), frame, KittiFileKind::results).objects;
    const GlbFile glb = read_glb(read_file(file("glb")));
    EXPECT_EQ(glb.faults, Words{});
    ASSERT_EQ(glb.objects.size(), found.size());
    size_t vertices = 0;
    for (size_t i = 0; i < found.size(); ++i, ++objects) {
      EXPECT_EQ(glb.objects[i].name, fmt::format("Car_{}", i));
      Mesh mesh = glb.objects[i].mesh;
      EXPECT_GT(signed_volume(mesh), 0);
      for (Eigen::Vector3f& v : mesh.vertices) v = {v.x(), -v.y(), -v.z()};
      expect_fills(found[i].box3d, mesh);
      vertices += mesh.vertices.size();
      EXPECT_THAT(read_file(file("obj")), HasSubstr(fmt::format("\no Car_{}\n", i)));
    }
    if (found.empty()) continue;
    EXPECT_EQ(read_mesh(file("ply")).vertices.size(), vertices);
    EXPECT_EQ(read_mesh(file("obj")).vertices.size(), vertices);
  }
  EXPECT_GE(objects, 3);
}

size_t count_objects(const fs::path& folder) {
  size_t objects = 0;
  for (const auto& entry : fs::directory_iterator(folder))
    objects += read_glb(read_file(entry.path().string())).objects.size();
  return objects;
}

// A mesh that is not of the stored pose would pass for it.
TEST_F(Sheets, AMeshThatIsNotTheStoredOneIsLeftOut) {
  fs::copy_file(folder_->file("r.sqlite"),
                folder_->file("moved.sqlite"),
                fs::copy_options::overwrite_existing);
  const auto sql = [&](const std::string& text) {
    ASSERT_EQ(
        std::system(
            fmt::format("cd '{}' && sqlite3 moved.sqlite \"{}\"", folder_->path(), text).c_str()),
        0);
  };
  const auto exported = [&](const std::string& output) {
    return run({"export", "sheets", "--format", "glb", "-o", output, "--results", "moved.sqlite"});
  };
  sql("UPDATE detection SET x = x + 0.01");
  const Program near = exported("near");
  EXPECT_EQ(near.exit_code(), 0) << near.errors();
  EXPECT_THAT(near.errors(), HasSubstr("up to 0.01 m"));
  sql("UPDATE detection SET rotation_y = rotation_y + 3.1 WHERE z = (SELECT min(z) FROM "
      "detection)");
  const Program turned = exported("turned");
  EXPECT_EQ(turned.exit_code(), 1);
  EXPECT_THAT(turned.errors(), HasSubstr("1 objects of cell"));
  EXPECT_THAT(turned.errors(), HasSubstr("177.6 degrees"));
  EXPECT_EQ(count_objects(cell_folder(folder_->file("turned"))) + 1,
            count_objects(cell_folder(folder_->file("near"))));
}

TEST_F(Sheets, WrongWordsSayWhatThereIs) {
  const std::string id = cell().substr(0, 8);
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{"show", id, "--object", "99"}, "0 to "},
      {{"show", id, "--object", "000000/77"}, "is no labelled object"},
      {{"show", "ffffffffffff"}, "no cell"},
      {{"show", id, "-o", "x.gif"}, "must end in .svg, .pdf or .png"},
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
