// SPDX-License-Identifier: Apache-2.0
// Masks from files: COCO's run lengths and polygons, one PNG an object; which object they belong
// to; masks that are kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "evidence/coco.h"
#include "evidence/coco_rle.h"
#include "evidence/dataset.h"
#include "evidence/mask_cache.h"
#include "evidence/mask_source.h"
#include "evidence/requests.h"
#include "evidence/street_folder.h"

namespace monodr {
namespace {

using nlohmann::json;

/// The oracle: COCO's text of a mask straight from the definition of the format, bit by bit, with
/// nothing of the code under test.
std::string coco_text(const BinaryMask& mask) {
  std::string pixels;  // column after column
  for (int x = 0; x < mask.width; ++x)
    for (int y = 0; y < mask.height; ++y) pixels += mask.at(x, y) ? '1' : '0';
  std::vector<long> lengths;
  char wanted = '0';
  for (size_t at = 0; at < pixels.size();) {
    const size_t end = std::min(pixels.find(wanted == '0' ? '1' : '0', at), pixels.size());
    lengths.push_back(long(end - at));
    at = end;
    wanted = wanted == '0' ? '1' : '0';
  }
  std::string text;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const long value = i < 3 ? lengths[i] : lengths[i] - lengths[i - 2];
    // Two's complement in the fewest groups of five bits that still show the sign.
    int groups = 1;
    while (value < -(1L << (5 * groups - 1)) || value >= (1L << (5 * groups - 1))) ++groups;
    for (int g = 0; g < groups; ++g) {
      long group = 0;
      for (int bit = 0; bit < 5; ++bit)
        if (((value >> (5 * g + bit)) & 1) != 0) group |= 1L << bit;
      text += char('0' + group + (g + 1 < groups ? 32 : 0));
    }
  }
  return text;
}

BinaryMask random_blobs(Random& random, int width, int height) {
  BinaryMask mask(width, height);
  for (int blob = random.below(6); blob >= 0; --blob) {
    const int cx = random.below(width), cy = random.below(height),
              radius = 1 + random.below(height / 2 + 1);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        if (std::hypot(x - cx, 2 * (y - cy)) < radius) mask.at(x, y) ^= 1;
  }
  return mask;
}

TEST(CocoRuns, AgreeWithTheDefinitionOfTheFormatBothWays) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const int width = 1 + random.below(300), height = 1 + random.below(90);
    const BinaryMask mask = random_blobs(random, width, height);
    const std::string text = coco_text(mask);
    EXPECT_EQ(text_of_runs(runs_of_mask(mask)), text);
    EXPECT_EQ(mask_of_runs(runs_of_text(text), width, height).values, mask.values);
  }
}

// By hand: 3 rows x 4 columns,  . . . .
//                               . # # .
//                               . # # #
TEST(CocoRuns, ByHand) {
  const BinaryMask mask = mask_of_runs({4, 2, 1, 2, 2, 1}, 4, 3);
  EXPECT_EQ(mask.values, (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1}));
  EXPECT_EQ(runs_of_text("42101O"), (std::vector<std::int64_t>{4, 2, 1, 2, 2, 1}));
  EXPECT_EQ(mask_of_runs({0, 12}, 4, 3).values, std::vector<std::uint8_t>(12, 1));
}

TEST(CocoRuns, SaysWhatIsWrong) {
  const auto runs = [](const std::vector<std::int64_t>& given) {
    return message_of<UserError>([&] { mask_of_runs(given, 4, 3); });
  };
  expect_says(runs({4, 2}), {"add up to 6", "12 (4x3)"});
  expect_says(runs({4, 20}), {"4x3", "a run of 20 follows 4"});
  expect_says(runs({4, -1, 9}), {"a run of -1"});
  const auto text = [](const std::string& given) {
    return message_of<UserError>([&] { runs_of_text(given); });
  };
  expect_says(text("4 1"), {"character 2", "' '"});
  expect_says(text("4Q"), {"end within a number"});
  expect_says(text(std::string(40, 'o')), {"end within a number"});
}

// A disc as a polygon of many sides against the disc itself; a concave one by its area.
TEST(CocoPolygons, FillWhatLiesInside) {
  std::vector<double> circle;
  for (int i = 0; i < 400; ++i) {
    circle.push_back(50.3 + 30 * std::cos(i * M_PI / 200));
    circle.push_back(40.7 + 30 * std::sin(i * M_PI / 200));
  }
  const BinaryMask disc = mask_of_polygons({circle}, 100, 60);  // the lower part is cut off
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 100; ++x) {
      const double distance = std::hypot(x + 0.5 - 50.3, y + 0.5 - 40.7);
      if (std::abs(distance - 30) > 0.01) {
        EXPECT_EQ(disc.at(x, y), distance < 30) << x << " " << y;
      }
    }
  // A U of 30 pixels and a separate square of 4.
  const BinaryMask two = mask_of_polygons(
      {{0, 0, 2, 0, 2, 6, 4, 6, 4, 0, 6, 0, 6, 7, 0, 7}, {8, 0, 10, 0, 10, 2, 8, 2}}, 12, 8);
  EXPECT_EQ(std::count(two.values.begin(), two.values.end(), 1), 30 + 4);
  EXPECT_EQ(two.at(3, 3), 0);
  EXPECT_EQ(two.at(3, 6), 1);
  EXPECT_THROW(mask_of_polygons({{1, 1, 2, 2}}, 9, 9), UserError);
  EXPECT_THROW(mask_of_polygons({{1, 1, 2, 2, 3, 1, 4}}, 9, 9), UserError);
}

/// The street's masks of one frame in the other forms.
BinaryMask far_mask() {
  BinaryMask mask(240, 140);
  for (int y = 40; y < 80; ++y)
    for (int x = 60; x < 120; ++x) mask.at(x, y) = !(x >= 100 && y >= 50);
  return mask;
}
BinaryMask near_mask() {
  BinaryMask mask(240, 140);
  for (int y = 50; y < 100; ++y)
    for (int x = 100; x < 180; ++x) mask.at(x, y) = 1;
  return mask;
}

DatasetRequest options_for(const StreetFolder& street, const std::string& masks) {
  DatasetRequest options = kitti_request(street.path());
  options.masks = enum_named<MaskKind>(masks);
  return options;
}

void expect_same(const ObservationSet& a, const ObservationSet& b) {
  ASSERT_EQ(a.observations.size(), b.observations.size());
  for (size_t i = 0; i < a.observations.size(); ++i) {
    EXPECT_EQ(a.observations[i].mask, b.observations[i].mask) << i;
    EXPECT_EQ(a.observations[i].known, b.observations[i].known) << i;
    EXPECT_EQ(a.observations[i].depth, b.observations[i].depth) << i;
    EXPECT_EQ(a.observations[i].box.right, b.observations[i].box.right) << i;
  }
}

/// A street whose detections are the visible boxes, so that every file of masks can be matched.
class MaskFiles : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* frame : frames)
      street.write(std::string("training/detections_2/") + frame + ".txt",
                   "Car -1 -1 -10 99.5 49.5 179.5 99.5 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
                   "Car -1 -1 -10 59.5 39.5 119.5 79.5 -1 -1 -1 -1000 -1000 -1000 -10 0.8\n");
    expected = load_observations(options_for(street, "instance"));
    ASSERT_EQ(expected.observations.size(), 6u);
  }

  void write_pngs() const {
    std::filesystem::create_directories(street.file("training/masks_2"));
    for (const char* frame : frames) {
      const auto save = [&](const BinaryMask& mask, int number) {
        Plane<std::uint16_t> picture(mask.width, mask.height);
        for (size_t i = 0; i < mask.values.size(); ++i)
          picture.values[i] = std::uint16_t(255 * mask.values[i]);
        save_png(street.file(fmt::format("training/masks_2/{}_{}.png", frame, number)), picture);
      };
      save(far_mask(), 0);
      save(near_mask(), 7);
    }
  }

  static constexpr const char* frames[] = {"000000", "000001", "000002"};
  const StreetFolder street;
  ObservationSet expected;
};

TEST_F(MaskFiles, OnePngAnObject) {
  write_pngs();
  expect_same(load_observations(options_for(street, "png")), expected);
  std::filesystem::remove_all(street.file("training/instance_2"));
  expect_same(load_observations(options_for(street, "auto")), expected);
  save_png(street.file("training/masks_2/000001_7.png"), Plane<std::uint16_t>(9, 9));
  expect_says(message_of<UserError>([&] { load_observations(options_for(street, "png")); }),
              {"000001_7.png", "9x9", "240x140"});
}

TEST_F(MaskFiles, CocoRunsTextAndPolygonsAreTheSameMasks) {
  json annotations = json::array();
  const auto add = [&](int image, const json& segmentation, double score) {
    annotations.push_back(
        {{"image_id", image}, {"segmentation", segmentation}, {"score", score}, {"bbox", {0, 0}}});
  };
  const json size = {140, 240};
  for (int image = 0; image < 3; ++image) {
    if (image == 0) {
      add(image, {{"size", size}, {"counts", runs_of_mask(far_mask())}}, 0.9);
      add(image, {{"size", size}, {"counts", coco_text(near_mask())}}, 0.9);
    } else {
      add(image, {{60, 40, 120, 40, 120, 50, 100, 50, 100, 80, 60, 80}}, 0.9);
      add(image, {{100, 50, 180, 50, 180, 100, 100, 100}}, 0.9);
    }
    add(image, {{99, 49, 181, 49, 181, 99, 99, 99}}, 0.2);  // below dataset.minimum_score
  }
  street.write("training/masks_2/coco.json", annotations.dump());
  expect_same(load_observations(options_for(street, "coco")), expected);

  // The form with images, whose ids are of COCO's own; one frame with a file of its own.
  json document = {{"images", json::array()}, {"annotations", annotations}};
  for (int image = 0; image < 3; ++image) {
    document["images"].push_back(
        {{"id", 100 + image}, {"file_name", fmt::format("image_2/00000{}.png", image)}});
  }
  for (json& annotation : document["annotations"])
    annotation["image_id"] = annotation["image_id"].get<int>() + 100;
  street.write("training/masks_2/coco.json", document.dump(1));
  std::filesystem::remove_all(street.file("training/instance_2"));
  expect_same(load_observations(options_for(street, "auto")), expected);
  street.write("training/masks_2/000001.json", "[]");
  const ObservationSet without = load_observations(options_for(street, "coco"));
  EXPECT_EQ(without.observations.size(), 4u);
  ASSERT_EQ(without.skipped_objects.size(), 2u);
  expect_says(without.skipped_objects[0].reason, {"no mask overlaps the box by half"});
}

TEST_F(MaskFiles, FaultsNameFileAndPlace) {
  const auto message = [&](const std::string& content) {
    street.write("training/masks_2/coco.json", content);
    return message_of<UserError>([&] { load_observations(options_for(street, "coco")); });
  };
  expect_says(message("[\n{\"image_id\": 0,\n}]"), {"coco.json:3", "not JSON"});
  expect_says(message("[{\"image_id\": 0, \"score\": 1e999}]"), {"coco.json", "not JSON"});
  expect_says(message("{\"a\": 1}"), {"coco.json", "annotations"});
  expect_says(message("[{\"image_id\": 0}]"), {"annotation 0", "segmentation"});
  expect_says(message(R"([{"image_id": 0, "segmentation": {"size": [9, 9], "counts": [81]}}])"),
              {"coco.json", "annotation 0", "frame 000000", "9x9", "240x140"});
  expect_says(message(R"([{"image_id": 0, "segmentation": {"size": [140, 240], "counts": [8]}}])"),
              {"annotation 0", "add up to 8"});
  expect_says(message(R"({"images": [{"id": 1, "file_name": "a.png"}],
                          "annotations": [{"image_id": 2, "segmentation": [[1, 1, 2, 2, 3, 1]]}]})"),
              {"coco.json", "none of the 3 frames", "'000000'", "'a'", "file_name"});
  expect_says(message(R"({"images": [{"id": 1, "file_name": 7}], "annotations": []})"),
              {"coco.json", "file_name"});
  for (const char* chosen : {"png", "coco"}) {
    std::filesystem::remove_all(street.file("training/masks_2"));
    expect_says(message_of<UserError>([&] { load_observations(options_for(street, chosen)); }),
                {chosen, "masks_2/000000", "dataset.masks"});
  }
}

TEST(MatchInstances, GivesEachInstanceToTheBoxItOverlapsMost) {
  std::vector<Instance> instances(2);
  instances[0].box = {10, 0, 20, 10};
  instances[1].box = {14, 0, 24, 10};
  // The second box overlaps both by half and more; its better one is taken by the first.
  EXPECT_EQ(match_instances({{10, 0, 20, 10}, {11, 0, 21, 10}, {50, 0, 60, 9}}, instances),
            (std::vector<int>{0, 1, -1}));
}

TEST(MaskCache, KeepsWhatItWasGiven) {
  const ScratchFolder scratch;
  const MaskCache cache(scratch.file("masks"));
  EXPECT_FALSE(cache.find("a"));
  cache.store("a", far_mask());
  EXPECT_EQ(cache.find("a")->values, far_mask().values);
  scratch.write("masks/a.rle", "240 140 damaged");
  EXPECT_FALSE(cache.find("a"));
  const MaskCache off("");
  off.store("a", far_mask());
  EXPECT_FALSE(off.find("a"));
}

TEST(MaskCache, IsUsedUntilImageOrBoxChange) {
  const StreetFolder street;
  DatasetRequest options = options_for(street, "grabcut");
  const ObservationSet cut = load_observations(options);
  options.mask_cache = street.file("cache/masks");
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(options.mask_cache), {});
  };
  cut_masks(options, 2, [](double) {});
  EXPECT_EQ(files(), 2);  // three frames of the same pixels and boxes
  expect_same(load_observations(options), cut);

  // Proof that it is used: planted masks are what is seen.
  for (const auto& entry : std::filesystem::directory_iterator(options.mask_cache))
    write_file_atomically(entry.path(), fmt::format("240 140 {}\n", coco_text(near_mask())));
  EXPECT_FALSE(load_observations(options).observations[1].mask == cut.observations[1].mask);

  ColourImage image = load_colour_image(street.file("training/image_2/000000.png"));
  image.pixel(0, 0)[0] ^= 1;
  save_png(street.file("training/image_2/000000.png"), image);
  EXPECT_EQ(load_observations(options).observations[1].mask, cut.observations[1].mask);
  EXPECT_EQ(files(), 4);
  street.write("training/label_2/000001.txt", "Car 0 0 0 98 49 180 100 1 1 1 0 0 0 0\n");
  load_observations(options);
  EXPECT_EQ(files(), 5);
}

}  // namespace
}  // namespace monodr
