// SPDX-License-Identifier: Apache-2.0
// Files as people have them: other units, other codes, other bits, boxes that lie nowhere. Each is read as it was
// meant, or refused by name; none passes for something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "evidence/depth_plausibility.h"
#include "evidence/frame_source.h"
#include "evidence/lidar_points.h"
#include "evidence/requests.h"
#include "evidence/street_folder.h"

namespace monodr {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += char(value >> shift & 0xff);
  return bytes;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string checked = type + data;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), uInt(checked.size()));
  return big_endian(std::uint32_t(data.size())) + checked + big_endian(std::uint32_t(sum));
}

/// A PNG of `bits` a pixel: 0 = grey, 3 = with a palette of random colours. By the standard, with nothing of OpenCV.
std::string png_of(const Plane<std::uint16_t>& values, int bits, int kind) {
  std::string raw;
  for (int y = 0; y < values.height; ++y) {
    raw += '\0';  // no filter
    int filled = 0;
    for (int x = 0; x < values.width; ++x) {
      if (filled == 0) raw += '\0';
      filled += bits;
      raw.back() = char(raw.back() | values.at(x, y) << (8 - filled));
      filled %= 8;
    }
  }
  uLongf size = compressBound(uLong(raw.size()));
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()),
           &size,
           reinterpret_cast<const Bytef*>(raw.data()),
           uLong(raw.size()));
  packed.resize(size);
  std::string palette;
  for (int i = 0; i < 3 << bits; ++i) palette += char(37 * i + 11);
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR",
               big_endian(std::uint32_t(values.width)) + big_endian(std::uint32_t(values.height)) +
                   char(bits) + char(kind) + std::string(3, '\0')) +
         (kind == 3 ? chunk("PLTE", palette) : "") + chunk("IDAT", packed) + chunk("IEND", "");
}

TEST(Png, IdsAreAsWrittenWhateverTheBitsAndThePalette) {
  const ScratchFolder scratch;
  for (const int bits : {1, 2, 4, 8})
    for (const int kind : {0, 3}) {
      Plane<std::uint16_t> ids(13, 5);
      for (size_t i = 0; i < ids.values.size(); ++i)
        ids.values[i] = std::uint16_t(i % size_t(1 << bits));
      const std::string path = scratch.write("ids.png", png_of(ids, bits, kind));
      EXPECT_EQ(load_plane16(path).values, ids.values) << bits << " bits, kind " << kind;
    }
}

TEST(Png, AGreyPictureSavedAsColourIsOne) {
  const ScratchFolder scratch;
  ColourImage image(3, 1);
  image.rgb = {0, 0, 0, 255, 255, 255, 7, 7, 7};
  save_png(scratch / "grey.png", image);
  EXPECT_THAT(load_plane16(scratch / "grey.png").values, ElementsAre(0, 255, 7));
  image.rgb[0] = 1;
  save_png(scratch / "grey.png", image);
  expect_says(message_of<UserError>([&] { load_plane16(scratch / "grey.png"); }),
              {"grey.png", "3 channels that differ"});
}

TEST(Pictures, BytesBehindTheEndAreFineAndBytesThatLackAreNot) {
  const ScratchFolder scratch;
  ColourImage image(64, 48);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = std::uint8_t(i * 7);
  save_png(scratch / "a.png", image);
  cv::imwrite(scratch / "a.jpg", cv::imread(scratch / "a.png"));
  for (const char* name : {"a.png", "a.jpg"}) {
    const std::string whole = read_file(scratch / name);
    const ColourImage expected = load_colour_image(scratch / name);
    for (const std::string& tail : {std::string(100, '\0'), std::string(5000, 'x'), whole})
      EXPECT_EQ(load_colour_image(scratch.write("long", whole + tail)).rgb, expected.rgb) << name;
    // A preallocated file whose download stopped, and a thumbnail's end marker in the head of a cut one.
    const std::string half = whole.substr(0, whole.size() / 2);
    expect_says(message_of<UserError>([&] {
                  load_colour_image(scratch.write("padded", half + std::string(4000, '\0')));
                }),
                {"padded", "cut short"});
  }
  const std::string whole = read_file(scratch / "a.jpg");
  const std::string head = "\xff\xd8\xff\xe1" + std::string("\0\x08", 2) + "Exif\xff\xd9";
  expect_says(message_of<UserError>([&] {
                load_colour_image(scratch.write("thumb", head + whole.substr(2, whole.size() / 2)));
              }),
              {"thumb", "cut short"});
  EXPECT_EQ(load_colour_image(scratch.write("thumb", head + whole.substr(2))).width, 64);
}

DatasetRequest car_request(const std::string& root) {
  DatasetRequest request = kitti_request(root);
  request.category_model.size_mean = {1.526, 1.63, 3.88};
  return request;
}

/// A street whose cars stand where the height of their boxes says: 40 and 50 px of 1.526 m at f = 200.
struct PlausibleStreet : StreetFolder {
  /// Depth of a frame in units of a metre.
  void write_depth(double units, std::uint16_t nothing = 0) const {
    for (const char* frame : {"000000", "000001", "000002"}) {
      const std::string path = file(std::string("training/instance_2/") + frame + ".png");
      const Plane<std::uint16_t> ids = load_plane16(path);
      Plane<std::uint16_t> depth(ids.width, ids.height, nothing);
      for (size_t i = 0; i < ids.values.size(); ++i)
        if (ids.values[i] > 0)
          depth.values[i] = std::uint16_t(units * (ids.values[i] == 2 ? 6.1 : 7.6));
      save_png(file(std::string("training/depth_2/") + frame + ".png"), depth);
    }
  }
  float near_depth(const DatasetRequest& request) const {
    const auto& depth = load_observations(request).observations[1].depth;
    return depth[depth.size() / 2 + 32];
  }
};

TEST(Depth, MillimetresAreRefusedUnlessTheyAreStated) {
  const PlausibleStreet street;
  DatasetRequest request = car_request(street.path());
  street.write_depth(256);
  EXPECT_NEAR(street.near_depth(request), 6.1, 0.01);
  street.write_depth(1000, 65535);
  expect_says(message_of<UserError>([&] { load_observations(request); }),
              {"depth_2/000", "px high", "a factor of 3.9", "dataset.depth_unit", "millimetres"});
  request.depth_unit = 0.001;
  EXPECT_NEAR(street.near_depth(request), 6.1, 0.01);
  EXPECT_THAT(load_observations(request).notes, IsEmpty());
  // Whoever states a unit that cannot be is told and believed.
  request.depth_unit = 0.01;
  EXPECT_THAT(load_observations(request).notes, ElementsAre(HasSubstr("does not fit the boxes")));
}

TEST(Depth, WhatMeansNothingIsNoDepth) {
  const ScratchFolder scratch;
  Plane<std::uint16_t> units(4, 1);
  units.values = {0, 65535, 1234, 2560};
  save_png(scratch / "d.png", units);
  EXPECT_THAT(load_depth_png(scratch / "d.png").metres.values,
              ElementsAre(0, 0, 1234 / 256.0f, 10));
  EXPECT_THAT(load_depth_png(scratch / "d.png", {0.001, 1234}).metres.values,
              ElementsAre(0, 0, 0, 2.56f));
}

TEST(Depth, EightBitsAreRefused) {
  const StreetFolder street;
  street.write("training/depth_2/000001.png", png_of(Plane<std::uint16_t>(240, 140), 8, 0));
  expect_says(message_of<UserError>([&] { load_observations(kitti_request(street.path())); }),
              {"depth_2/000001.png", "8 bits", "16"});
  std::filesystem::remove_all(street.file("training/depth_2"));
  street.write("training/disparity_2/000001.png", png_of(Plane<std::uint16_t>(240, 140), 8, 0));
  expect_says(message_of<UserError>([&] { load_observations(kitti_request(street.path())); }),
              {"disparity_2/000001.png", "8 bits"});
}

/// A turning scanner's points with `extra` further floats each.
template <typename Number>
std::string scan(int floats) {
  std::string bytes;
  for (int i = 0; i < 4000; ++i) {
    const double angle = i * 2 * M_PI / 4000, range = 20 + 10 * std::sin(5 * angle);
    const double point[8] = {range * std::cos(angle),
                             range * std::sin(angle),
                             -1.5 + 0.2 * std::sin(9 * angle),
                             (i * 7919 % 100) / 100.0,
                             double(i % 64),
                             angle,
                             1.0 * i,
                             (i * 104729 % 1000) / 1000.0};
    for (int k = 0; k < floats; ++k) {
      const auto number = static_cast<Number>(point[k]);
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
  }
  return bytes;
}

TEST(Lidar, OtherLayoutsAreSeenInTheNumbers) {
  const ScratchFolder scratch;
  const auto read = [&](const std::string& bytes) {
    return read_lidar_points(scratch.write("p.bin", bytes));
  };
  EXPECT_EQ(read(scan<float>(4)).size(), 4000u);
  for (const int floats : {3, 5, 6, 8})
    expect_says(message_of<UserError>([&] { read(scan<float>(floats)); }),
                {"p.bin", fmt::format("{} floats a point", floats), "4 (x, y, z, reflectance)"});
  for (const int numbers : {3, 4, 5})
    expect_says(message_of<UserError>([&] { read(scan<double>(numbers)); }),
                {"p.bin", "float32", "doubles"});
}

// Points in no order, or as few as an object has, say nothing of their layout and are taken as they are.
TEST(Lidar, PointsInAnyOrderAreNotMistaken) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed);
  const std::string sorted = scan<float>(4);
  std::vector<std::array<float, 4>> points(sorted.size() / 16);
  std::memcpy(points.data(), sorted.data(), sorted.size());
  random.shuffle(points);
  std::string bytes(sorted.size(), '\0');
  std::memcpy(bytes.data(), points.data(), bytes.size());
  const ScratchFolder scratch;
  EXPECT_EQ(read_lidar_points(scratch.write("p.bin", bytes)).size(), 4000u);
  EXPECT_TRUE(read_lidar_points(scratch.write("none.bin", "")).empty());
  EXPECT_EQ(read_lidar_points(scratch.write("q.bin", scan<float>(5).substr(0, 400))).size(), 25u);
}

TEST(Lidar, AScanThatMissesThePictureIsAnError) {
  const StreetFolder street;
  std::filesystem::remove_all(street.file("training/depth_2"));
  for (const char* frame : {"000000", "000001", "000002"}) {
    street.write(std::string("training/velodyne/") + frame + ".bin", scan<float>(4));
    street.write(
        std::string("training/calib/") + frame + ".txt",
        "P2: 200 0 119.5 0 0 200 59.5 0 0 0 1 0\nP3: 200 0 119.5 -108 0 200 59.5 0 0 0 1 0\n"
        "R0_rect: 1 0 0 0 1 0 0 0 1\nTr_velo_to_cam: 1 0 0 0 0 1 0 0 0 0 1 0\n");
  }
  expect_says(message_of<UserError>([&] { load_observations(kitti_request(street.path())); }),
              {"none of the 4000 points", "velodyne/000000.bin", "calib/000000.txt"});
}

/// Other ids for background, far and near car.
Plane<std::uint16_t> recoded(const std::vector<int>& codes) {
  const StreetFolder street;
  Plane<std::uint16_t> ids = load_plane16(street.file("training/instance_2/000000.png"));
  for (std::uint16_t& id : ids.values) id = std::uint16_t(codes.at(id));
  return ids;
}

void write_ids(const StreetFolder& street, const Plane<std::uint16_t>& ids) {
  for (const char* frame : {"000000", "000001", "000002"})
    save_png(street.file(std::string("training/instance_2/") + frame + ".png"), ids);
}

void write_detections(const StreetFolder& street) {
  for (const char* frame : {"000000", "000001", "000002"})
    street.write(std::string("training/detections_2/") + frame + ".txt",
                 "Car -1 -1 -10 99.5 49.5 179.5 99.5 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
                 "Car -1 -1 -10 59.5 39.5 119.5 79.5 -1 -1 -1 -1000 -1000 -1000 -10 0.8\n");
}

TEST(Masks, CodesOfMotsAndCityscapesAreMatchedByOverlap) {
  const StreetFolder street;
  const ObservationSet expected = load_observations(kitti_request(street.path()));
  for (const std::vector<int>& codes : {std::vector{10000, 1007, 1002},
                                        {7, 26003, 26000},
                                        {7 * 256, 26 * 256 + 1, 26 * 256},
                                        {0, 4321, 9876},
                                        {0, 2, 1},
                                        {0, 77, 78}}) {
    write_ids(street, recoded(codes));
    std::filesystem::remove_all(street.file("training/detections_2"));
    for (const bool with_detections : {false, true}) {
      if (with_detections) write_detections(street);
      const ObservationSet set = load_observations(kitti_request(street.path()));
      ASSERT_EQ(set.observations.size(), 6u) << codes[1];
      const size_t far = with_detections ? 1 : 0;
      EXPECT_EQ(set.observations[far].mask, expected.observations[0].mask) << codes[1];
      EXPECT_EQ(set.observations[1 - far].mask, expected.observations[1].mask) << codes[1];
    }
    write_ids(street, recoded(codes));
  }
  // Ids that cannot be lines of the label file are said to be none.
  std::filesystem::remove_all(street.file("training/detections_2"));
  EXPECT_THAT(load_observations(kitti_request(street.path())).notes,
              ElementsAre(HasSubstr("3 frames, first 000000: the ids")));
}

TEST(Masks, AnIgnoreRegionIsNoObjectAndHides) {
  Plane<std::uint16_t> ids(4, 1);
  ids.values = {10000, 1001, 2003, 7};
  const std::vector<Instance> instances = instances_of_ids(ids);
  ASSERT_EQ(instances.size(), 3u);
  EXPECT_EQ(instances[0].category, "Car");
  EXPECT_EQ(instances[1].category, "Pedestrian");
  EXPECT_FALSE(instances[2].is_object);
  EXPECT_EQ(match_instances({{0, 0, 1, 1}, {1, 0, 2, 1}}, instances), (std::vector<int>{-1, 0}));
}

TEST(Masks, OnlyAFewThatMetAreANote) {
  const StreetFolder street;
  write_ids(street, recoded({0, 0, 0}));
  save_png(street.file("training/instance_2/000002.png"), recoded({0, 0, 0}));
  const ObservationSet none = load_observations(kitti_request(street.path()));
  EXPECT_EQ(none.counts.boxes, 6u);
  EXPECT_EQ(none.counts.matched, 0u);
  EXPECT_THAT(none.notes, ElementsAre(HasSubstr("only 0 of 6 boxes met one of the 0 masks")));
  EXPECT_EQ(
      describe_counts(none, "Car"),
      "3 frames read, 6 boxes of class Car, 0 masks, 0 matched, 0 objects to fit, 6 left out");
}

/// masks_2/coco.json with the street's two cars in each frame.
json coco_of_street() {
  json document = {{"images", json::array()}, {"annotations", json::array()}};
  for (int image = 0; image < 3; ++image) {
    document["images"].push_back(
        {{"id", 100 + image}, {"file_name", fmt::format("training\\image_2\\00000{}.png", image)}});
    document["annotations"].push_back(
        {{"image_id", 100 + image},
         {"segmentation", {{60, 40, 120, 40, 120, 50, 100, 50, 100, 80, 60, 80}}}});
    document["annotations"].push_back(
        {{"image_id", 100 + image}, {"segmentation", {{100, 50, 180, 50, 180, 100, 100, 100}}}});
  }
  return document;
}

class Coco : public testing::Test {
 protected:
  void SetUp() override {
    expected_ = load_observations(kitti_request(street_.path()));
    std::filesystem::remove_all(street_.file("training/instance_2"));
  }
  ObservationSet load(const json& document) const {
    street_.write("training/masks_2/coco.json", document.dump());
    return load_observations(kitti_request(street_.path()));
  }
  void expect_all(const json& document) const {
    const ObservationSet set = load(document);
    ASSERT_EQ(set.observations.size(), 6u);
    for (size_t i = 0; i < 6; ++i)
      EXPECT_EQ(set.observations[i].mask, expected_.observations[i].mask) << i;
  }

  const StreetFolder street_;
  ObservationSet expected_;
};

TEST_F(Coco, IsReadAsToolsWriteIt) {
  expect_all(coco_of_street());
  json flat = coco_of_street();
  for (json& annotation : flat["annotations"])
    annotation["segmentation"] = json(annotation["segmentation"][0]);
  expect_all(flat);
  json texts = coco_of_street();
  for (json& annotation : texts["annotations"])
    annotation["image_id"] = fmt::format("{}", annotation["image_id"].get<int>());
  expect_all(texts);
  for (json& annotation : texts["annotations"]) annotation["image_id"] = 0;
  json extra = coco_of_street();
  for (json& annotation : extra["annotations"])
    annotation["segmentation"].push_back({10.0, 20.0, 30.0, 40.0});
  expect_all(extra);
}

TEST_F(Coco, AnAnnotationOfNoImageCostsItselfAndIsNamed) {
  json document = coco_of_street();
  document["annotations"].push_back({{"image_id", 7}, {"segmentation", {{1, 1, 2, 2, 3, 1}}}});
  document["annotations"].push_back({{"segmentation", {{1, 1, 2, 2, 3, 1}}}});
  document["images"].push_back({{"id", 8}});
  expect_all(document);
  EXPECT_THAT(
      load(document).notes,
      testing::UnorderedElementsAre(HasSubstr("annotation 6 (counted from 0) names an image"),
                                    HasSubstr("annotation 7 (counted from 0) lacks an"),
                                    HasSubstr("an entry of \"images\" lacks")));
}

TEST_F(Coco, ABrokenAnnotationCostsItsFrame) {
  for (const json& segmentation :
       {json("text"), json({{1, "a", 3, 4, 5, 6}}), json({{"size", 3}})}) {
    json document = coco_of_street();
    document["annotations"][2]["segmentation"] = segmentation;
    expect_says(message_of<UserError>([&] { load(document); }),
                {"coco.json", "annotation 2", "frame 000001", "neither polygons"});
    DatasetRequest request = kitti_request(street_.path());
    request.on_error = OnError::skip;
    EXPECT_EQ(load_observations(request).observations.size(), 4u);
  }
  json percents = coco_of_street();
  percents["annotations"][2]["score"] = 93.5;
  expect_says(message_of<UserError>([&] { load(percents); }),
              {"annotation 2", "93.5", "0..1", "percents"});
}

TEST_F(Coco, AFileThatListsNoneOfTheFramesIsAnError) {
  json document = coco_of_street();
  for (json& image : document["images"]) image["file_name"] = "elsewhere.png";
  expect_says(message_of<UserError>([&] { load(document); }),
              {"coco.json", "none of the 3 frames", "'000000'", "'elsewhere'"});
  std::filesystem::remove(street_.file("training/masks_2/coco.json"));
  street_.write("training/masks_2/000001.json", document.dump());
  expect_says(message_of<UserError>([&] { load_observations(kitti_request(street_.path())); }),
              {"000001.json", "its own frame", "'elsewhere'"});
}

TEST(Boxes, OneBeyondThePictureCostsItselfAlone) {
  for (const char* box : {"1300 100 1400 200",
                          "1e9 1e9 2e9 2e9",
                          "-1 -1 -1 -1",
                          "-90 10 -40 60",
                          "-1e9 -1e9 1e9 1e9"})
    for (const char* masks : {"grabcut", "instance"})
      for (const OnError on_error : {OnError::fail, OnError::skip}) {
        const StreetFolder street;
        write_detections(street);
        const std::string line =
            "Car -1 -1 -10 99.5 49.5 179.5 99.5 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n";
        street.write("training/detections_2/000001.txt",
                     line + "Car -1 -1 -10 " + box + " -1 -1 -1 -1000 -1000 -1000 -10 0.9\n");
        DatasetRequest request = kitti_request(street.path());
        request.masks = enum_named<MaskKind>(masks);
        request.on_error = on_error;
        request.mask_cache = street.file("cache");
        EXPECT_THAT(check_dataset(request).skipped, IsEmpty());
        cut_masks(request, 2, [](double) {});
        const ObservationSet set = load_observations(request);
        EXPECT_EQ(set.observations.size(), 5u) << box;
        ASSERT_EQ(set.skipped_objects.size(), 1u) << box;
        EXPECT_EQ(set.skipped_objects[0].frame, "000001");
        EXPECT_EQ(set.skipped_objects[0].object, 1);
        expect_says(set.skipped_objects[0].reason, {"detections_2/000001.txt:2", "the 2-D box"});
        EXPECT_THAT(set.skipped_frames, IsEmpty());
        EXPECT_EQ(set.counts.boxes, 6u);
      }
}

TEST(Boxes, OneThatReachesBeyondIsTaken) {
  const StreetFolder street;
  std::filesystem::remove_all(street.file("training/instance_2"));
  street.write("training/detections_2/000000.txt",
               "Car -1 -1 -10 -60 20 120 180 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n");
  DatasetRequest request = kitti_request(street.path());
  const ObservationSet set = load_observations_of({"000000"}, *open_frame_source(request), request);
  EXPECT_EQ(set.observations.size(), 1u);
}

}  // namespace
}  // namespace monodr
