// SPDX-License-Identifier: Apache-2.0
#include "data/manifest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_tree.h"
#include "base/random.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

const std::string kCamera = "intrinsics = [1200.0, 1100, 640.5, 360.0]\n";

/// Pictures and their files, empty: a manifest is read without opening any of them.
class Manifest : public testing::Test {
 protected:
  Manifest() {
    for (const char* file : {"images/b street.jpg",
                             "images/a.jpg",
                             "images/a_b.JPG",
                             "images/a_b.jpg",
                             "images/._a.jpg",
                             "images/Thumbs.db",
                             "masks/a_0.png",
                             "masks/a_1.png",
                             "masks/a_b_0.png",
                             "depth/a.npy",
                             "depth/b street.npy"})
      folder_.write(file, file);
  }

  std::vector<ManifestFrame> read(const std::string& text, const std::string& name = "m.toml") {
    return read_manifest(folder_.write(name, text));
  }
  /// The message, without the folder that the test lies in.
  std::string message(const std::string& text, const std::string& name = "m.toml") {
    std::string said = message_of<UserError>([&] { read(text, name); });
    const std::string folder = folder_.path() + "/";
    for (size_t at; (at = said.find(folder)) != std::string::npos;) said.erase(at, folder.size());
    return said;
  }
  std::string relative(const std::string& file) {
    return fs::relative(file, folder_.path()).string();
  }

  ScratchFolder folder_;
};

std::vector<std::string> ids_of(const std::vector<ManifestFrame>& frames) {
  std::vector<std::string> ids;
  for (const ManifestFrame& frame : frames) ids.push_back(frame.id);
  return ids;
}

TEST_F(Manifest, FiveLinesListAFolderOfPictures) {
  const auto frames = read("[defaults]\npicture = \"images/*.jpg\"\n" + kCamera +
                           "masks = \"masks/{name}_*.png\"\ndepth = \"depth/{name}.npy\"\n");
  EXPECT_EQ(ids_of(frames), (std::vector<std::string>{"a", "a_b", "b street"}));
  EXPECT_EQ(frames[0].intrinsics.fy, 1100);
  EXPECT_EQ(frames[0].intrinsics.cx, 640.5);
  EXPECT_EQ(relative(frames[2].depth), "depth/b street.npy");
  EXPECT_EQ(frames[1].depth, "") << "one of [defaults] may be missing for some frames";
  EXPECT_EQ(frames[0].depth_unit, 0) << "not said";
}

TEST_F(Manifest, AMaskBelongsToThePictureOfTheLongestNameThatFits) {
  const auto frames = read("[defaults]\npicture = \"images/*.jpg\"\n" + kCamera +
                           "masks = \"masks/{name}_*.png\"\n");
  ASSERT_EQ(frames[0].masks.size(), 2u) << "not a_b_0.png";
  EXPECT_EQ(relative(frames[0].masks[1]), "masks/a_1.png");
  ASSERT_EQ(frames[1].masks.size(), 1u);
  EXPECT_EQ(relative(frames[1].masks[0]), "masks/a_b_0.png");
  EXPECT_TRUE(frames[2].masks.empty());
  EXPECT_EQ(frames[2].mask_files, MaskFiles::one_an_object) << "without a file, without an object";
}

TEST_F(Manifest, AFrameSaysWhatDiffersFromTheDefaults) {
  const auto frames =
      read("[defaults]\npicture = \"images/*.jpg\"\n" + kCamera +
           "depth = \"depth/{name}.npy\"\ndepth_unit = 0.001\n"
           "[[frame]]\npicture = \"images/b street.jpg\"\nid = \"street\"\n"
           "intrinsics = [[500, 0, 320], [0, 500.5, 240], [0, 0, 1]]\n"
           "distortion = [-0.1, 0.01, 0, 0]\ndepth_unit = 1\ncamera_height = 2.5\n");
  EXPECT_EQ(ids_of(frames), (std::vector<std::string>{"street", "a", "a_b"}));
  EXPECT_EQ(frames[0].intrinsics.fy, 500.5);
  EXPECT_EQ(frames[0].intrinsics.cx, 320);
  EXPECT_EQ(frames[0].distortion, (std::vector<double>{-0.1, 0.01, 0, 0}));
  EXPECT_EQ(frames[0].depth_unit, 1);
  EXPECT_EQ(frames[0].camera_height, 2.5);
  EXPECT_EQ(relative(frames[0].depth), "depth/b street.npy");
  EXPECT_EQ(frames[1].depth_unit, 0.001);
  EXPECT_EQ(frames[1].intrinsics.fx, 1200);
}

TEST_F(Manifest, LidarStandsInPlaceOfDepthWithItsPose) {
  folder_.write("lidar/a.bin", "");
  const std::string pictures = "[defaults]\npicture = \"images/a.jpg\"\n" + kCamera;
  const std::string lidar = "lidar = \"lidar/{name}.bin\"\n";
  const std::string pose = "lidar_pose = [[0, -1, 0, 0.1], [0, 0, -1, -0.2], [1, 0, 0, 0.3]]\n";
  const std::string depth = "depth = \"depth/{name}.npy\"\n";
  const auto frames = read(pictures + lidar + pose);
  EXPECT_EQ(relative(frames[0].lidar), "lidar/a.bin");
  EXPECT_EQ(frames[0].lidar_pose(0, 1), -1);
  EXPECT_EQ(frames[0].lidar_pose(2, 3), 0.3);
  EXPECT_EQ(read(pictures + lidar + "lidar_pose = [0,-1,0,0, 0,0,-1,0, 1,0,0,0, 0,0,0,1]\n")[0]
                .lidar_pose(2, 0),
            1);
  expect_says(message(pictures + lidar), {"m.toml:4:", "needs 'lidar_pose'"});
  expect_says(message(pictures + lidar + "lidar_pose = [1, 2]\n"), {"2 numbers", "3x4"});
  expect_says(message(pictures + lidar + "lidar_pose = [1,0,0,0, 0,2,0,0, 0,0,1,0]\n"),
              {"m.toml:5:", "no rotation"});
  expect_says(message(pictures + lidar + pose + depth), {"'a'", "keep one"});
  // What a frame says itself goes before a default.
  const std::string one = "[[frame]]\npicture = \"images/a.jpg\"\n";
  EXPECT_EQ(read(pictures + pose + depth + one + lidar)[0].depth, "");
  EXPECT_EQ(read(pictures + pose + lidar + one + depth)[0].lidar, "");
}

TEST_F(Manifest, TheRoadIsAHeightOrAPlane) {
  const std::string pictures = "[defaults]\npicture = \"images/a.jpg\"\n" + kCamera;
  const auto level = read(pictures + "ground_plane = [0, -1, 0, 1.65]\n");
  EXPECT_EQ(level[0].camera_height, 1.65);
  EXPECT_EQ(level[0].road_slope, 0);
  const auto tilted = read(pictures + "ground_plane = [0, -2, 0.2, 4]\n");
  EXPECT_NEAR(tilted[0].camera_height, 2, 1e-12);
  EXPECT_NEAR(tilted[0].road_slope, 0.1, 1e-12);
  expect_says(message(pictures + "ground_plane = [0, 1, 0, 1.65]\n"),
              {"m.toml:4:", "above the camera"});
  expect_says(message(pictures + "ground_plane = [0, 0, -1, 1.65]\n"),
              {"four numbers", "b the largest"});
  expect_says(message(pictures + "ground_plane = [0, -1, 0]\n"), {"four numbers"});
  expect_says(message(pictures + "ground_plane = [0, -1, 0, 1.65]\ncamera_height = 2\n"),
              {"keep one"});
}

TEST_F(Manifest, NamesMayHoldWhatPatternsAreMadeOf) {
  for (const char* file :
       {"odd/{name}.png", "odd/x*y.png", "odd/xzy.png", "odd/x*y_1.txt", "odd/xzy_1.txt"})
    folder_.write(file, "");
  const auto frames = read(
      "[defaults]\npicture = \"odd/*.png\"\nhorizontal_field_of_view = 60\n"
      "masks = \"odd/{name}_*.txt\"\n");
  EXPECT_EQ(ids_of(frames), (std::vector<std::string>{"x*y", "xzy", "{name}"}));
  ASSERT_EQ(frames[0].masks.size(), 1u);
  EXPECT_EQ(relative(frames[0].masks[0]), "odd/x*y_1.txt");
}

TEST_F(Manifest, JsonSaysTheSame) {
  const auto toml = read("[defaults]\npicture = \"images/*.jpg\"\n" + kCamera +
                         "[[frame]]\npicture = \"images/a.jpg\"\nid = \"first\"\n");
  const auto json = read(R"({"defaults": {"picture": "images/*.jpg",
    "intrinsics": [1200.0, 1100, 640.5, 360.0]},
    "frame": [{"picture": "images/a.jpg", "id": "first"}]})",
                         "m.json");
  EXPECT_EQ(ids_of(toml), ids_of(json));
  EXPECT_EQ(toml[2].intrinsics.cx, json[2].intrinsics.cx);
  EXPECT_EQ(manifest_fingerprint(folder_.file("m.toml"), ""),
            manifest_fingerprint(folder_.file("m.json"), ""));
}

TEST_F(Manifest, ErrorsNamePlaceValueRuleAndRemedy) {
  const std::string start = "[defaults]\npicture = \"images/*.jpg\"\n" + kCamera;
  const std::vector<std::vector<std::string>> cases = {
      {start + "mask = \"x\"\n", "m.toml:4:1", "unknown", "'masks'"},
      {start + "depth = 3\n", "m.toml:4:9", "text"},
      {start + "depth_unit = -1\n", "m.toml:4:14", "depth_unit", "between 0 and 1000"},
      {start + "distortion = [1, 2, 3]\n", "m.toml:4:14", "has 3 numbers", "4 or 5"},
      {start + "depth = \"depths/{name}.npy\"\n",
       "m.toml:4:9",
       "none of the 3 frames",
       "\"a\" for the first"},
      {start + "masks = \"masks/*.png\"\n", "m.toml:4:9", "every frame all of these", "{name}"},
      {start + "masks = \"m*/{name}.png\"\n", "m.toml:4:9", "folder's name"},
      {start + "depth = \"depth/*.npy\"\n", "m.toml:4:9", "fits 2 files", "'a'"},
      {start + "[[frame]]\npicture = \"images/a.jpg\"\ndepth = \"depth/no.npy\"\n",
       "m.toml:6:9",
       "no such file"},
      {start + "[[frame]]\nid = \"x\"\n", "m.toml:4:1", "no 'picture'"},
      {start + "[[frame]]\npicture = \"images/a.jpg\"\nid = \"a_b\"\n",
       "two frames are called 'a_b'"},
      {start + "[[frame]]\npicture = \"images/a.jpg\"\nid = \"a/b\"\n",
       "m.toml:6:6",
       "without '/'"},
      {start + "horizontal_field_of_view = 60\n", "two kinds of intrinsics"},
      {"[defaults]\npicture = \"images/*.jpg\"\n", "m.toml:2:11", "no intrinsics"},
      {"[defaults]\npicture = \"images/*.png\"\n" + kCamera,
       "m.toml:2:11",
       "no PNG or JPEG file fits"},
      {"[defaults]\n" + kCamera, "m.toml", "no picture is named"},
      {"[default]\n", "m.toml:1:2", "did you mean 'defaults'"},
      {"[defaults]\npicture = \"images/*.jpg\"\nintrinsics = [1, 2, 3]\n",
       "m.toml:3:14",
       "3 numbers"},
      {"[defaults]\npicture = \"images/*.jpg\"\nintrinsics = [[9, 1, 3], [0, 9, 4], [0, 0, 1]]\n",
       "m.toml:3:14",
       "skew"},
      {"[defaults\n", "m.toml:1:", "TOML"}};
  for (const std::vector<std::string>& example : cases)
    expect_says(message(example[0]), {example.begin() + 1, example.end()});
}

TEST_F(Manifest, ErrorsInJsonHaveTheirPlaceToo) {
  const std::string start = "{\n  \"defaults\": {\n    \"picture\": \"images/*.jpg\",\n";
  expect_says(message(start + "    \"intrinsics\": [1, 2, 3]}}", "m.json"),
              {"m.json:4:19", "3 numbers"});
  expect_says(message(start + "    \"intrinsic\": [1]}}", "m.json"),
              {"m.json:4:5", "'intrinsics'"});
  expect_says(message(start + "    \"depth\": null}}", "m.json"), {"m.json:4:14", "null"});
  expect_says(message(start + "    \"depth\" 3}}", "m.json"), {"m.json:4:", "not JSON"});
  expect_says(message("[1]", "m.json"), {"m.json:1:1", "table"});
  expect_says(message("", "m.json"), {"m.json:1:1", "not JSON"});
}

TEST(JsonTree, PlacesAreWhereTheTokensStart) {
  const ScratchFolder folder;
  // One value a line, indented by its number; strings hold what may look like structure.
  const std::string file = folder.write(
      "t.json", "[\n 12,\n  \"a, \\\" [\\n\" ,\n   -1.5e3\n,    true, [ {\"k\": 1}],\n      2]");
  const TomlNode root = read_json_tree(file);
  const auto& list = std::get<TomlNode::List>(root.value);
  const auto place = [](const TomlNode& node) {
    return std::pair(node.where.line, node.where.column);
  };
  ASSERT_EQ(list.size(), 6u);
  EXPECT_EQ(place(root), std::pair(1, 1));
  EXPECT_EQ(place(list[0]), std::pair(2, 2));
  EXPECT_EQ(place(list[1]), std::pair(3, 3));
  EXPECT_EQ(place(list[2]), std::pair(4, 4));
  EXPECT_EQ(place(list[3]), std::pair(5, 6));
  EXPECT_EQ(place(list[4]), std::pair(5, 12));
  EXPECT_EQ(place(list[5]), std::pair(6, 7));
  EXPECT_EQ(std::get<std::string>(list[1].value), "a, \" [\n");
  EXPECT_EQ(std::get<double>(list[2].value), -1500);
  const auto& inner = std::get<TomlNode::Table>(std::get<TomlNode::List>(list[4].value)[0].value);
  EXPECT_EQ(std::pair(inner[0].key_where.line, inner[0].key_where.column), std::pair(5, 15));
  EXPECT_EQ(place(inner[0].node), std::pair(5, 20));
}

TEST_F(Manifest, WhateverIsWrittenIsReadOrRefused) {
  const std::uint64_t seed = 20;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed, "mutated manifests", 0);
  const std::string toml = "[defaults]\npicture = \"images/*.jpg\"\n" + kCamera +
                           "masks = \"masks/{name}_*.png\"\n[[frame]]\npicture = \"images/a.jpg\"\n"
                           "distortion = [0.1, 0, 0, 0]\ndepth_unit = 1e-3\n";
  const std::string json =
      R"({"defaults": {"picture": "images/*.jpg", "intrinsics": [9, 9, 4.5, 3e0]},
    "frame": [{"picture": "images/a.jpg", "depth": "depth/{name}.npy", "id": "\\u00e4"}]})";
  const std::string letters = std::string("[]{}\"\\*/,:=.#-+e0 \n\t", 22) + "\xff\xc3" + '\0';
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = i % 2 == 0 ? toml : json;
    for (int changes = 1 + random.below(3); changes > 0; --changes) {
      const auto at = size_t(random.below(int(text.size())));
      const char letter = letters[size_t(random.below(int(letters.size())))];
      switch (random.below(4)) {
        case 0:
          text[at] = letter;
          break;
        case 1:
          text.insert(at, 1, letter);
          break;
        case 2:
          text.erase(at, size_t(1 + random.below(9)));
          break;
        default:
          text.insert(at, text.substr(size_t(random.below(int(text.size()))), 12));
      }
      if (text.empty()) text = " ";
    }
    try {
      read(text, i % 2 == 0 ? "m.toml" : "m.json");
    } catch (const UserError&) {
      ++refused;
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what() << "\n" << text;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST_F(Manifest, TheFingerprintIsThatOfContentsAndSettings) {
  const std::string text =
      "[defaults]\npicture = \"images/*.jpg\"\n" + kCamera + "depth = \"depth/{name}.npy\"\n";
  const std::string cache = folder_.file("files.txt");
  const auto print = [&](const std::string& manifest) {
    return manifest_fingerprint(folder_.write("m.toml", manifest), cache);
  };
  const std::string first = print(text);
  EXPECT_EQ(first, print("# a remark\n" + text)) << "of what the manifest says, not of its letters";
  EXPECT_NE(first, print(text + "depth_unit = 0.5\n"));
  EXPECT_NE(first, print(text + "camera_height = 1.2\n"));
  EXPECT_NE(first, print(text + "masks = \"masks/{name}_*.png\"\n"));
  folder_.write("depth/a.npy", "another depth");
  EXPECT_NE(first, print(text));
  folder_.write("depth/a.npy", "depth/a.npy");
  EXPECT_EQ(first, print(text));
  folder_.write("masks/c.png", "in no frame");
  EXPECT_EQ(first, print(text));

  const ScratchFolder other;  // the same data elsewhere
  fs::copy(folder_.path(), other.path(), fs::copy_options::recursive);
  EXPECT_EQ(first, manifest_fingerprint(other.file("m.toml"), ""));
}

}  // namespace
}  // namespace monodr
