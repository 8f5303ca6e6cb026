// SPDX-License-Identifier: Apache-2.0
#include "evidence/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "base/error.h"
#include "evidence/frame_source.h"
#include "evidence/observation_reader.h"
#include "evidence/requests.h"
#include "evidence/street_folder.h"
#include "settings/sections.h"

namespace monodr {
namespace {

DatasetRequest options_for(const std::string& root) {
  DatasetRequest options = kitti_request(root);
  return options;
}

DatasetRequest synthetic_options(const std::string& root) {
  DatasetRequest options = options_for(root);
  options.source = DataSource::synthetic;
  options.seed = 3;
  options.faults_in = FaultsIn::always;
  options.faults.mask.raggedness = 2;
  options.faults.depth.noise = 0.1;
  options.faults.depth.bias = 0.05;
  options.faults.depth.bleeding = 1.2;
  options.faults.box_jitter = 0.02;
  return options;
}

bool same(const Observation& a, const Observation& b) {
  return a.frame == b.frame && a.object == b.object && a.image == b.image && a.mask == b.mask &&
         a.known == b.known && a.depth == b.depth && a.box.left == b.box.left &&
         a.free_sides == b.free_sides && a.depth_deviation == b.depth_deviation;
}

double sum(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(Dataset, InstanceMasksGiveVisibleBoxesAndWhatIsKnown) {
  const StreetFolder street;
  DatasetRequest options = options_for(street.path());
  options.source = DataSource::synthetic;  // all faults at 0: the evidence as it is
  const ObservationSet set = load_observations(options);
  ASSERT_EQ(set.observations.size(), 6u);
  EXPECT_EQ(set.frames, (std::vector<std::string>{"000000", "000001", "000002"}));
  EXPECT_TRUE(set.skipped_objects.empty());

  const Observation& far = set.observations[0];
  EXPECT_EQ(far.object, 0);
  EXPECT_EQ(far.box.right, 120);  // seen above the near car
  EXPECT_EQ(far.camera.width, 240);
  EXPECT_EQ(far.camera.intrinsics.cx, 120);
  const double area = std::pow(far.crop.scale(), 2);
  EXPECT_NEAR(sum(far.mask), (60 * 40 - 20 * 30) * area, 2);
  // Most of its right and bottom sides is hidden by the near car; left and top are its own.
  EXPECT_EQ(far.free_sides[0], 1);
  EXPECT_EQ(far.free_sides[1], 1);
  EXPECT_EQ(far.free_sides[2], 0);

  const Observation& near = set.observations[1];
  EXPECT_EQ(near.free_sides, (std::array<float, 4>{1, 1, 1, 1}));
  for (size_t i = 0; i < near.mask.size(); ++i) {
    EXPECT_EQ(near.known[i], 1);  // the far car lies behind, and the crop within the image
    EXPECT_EQ(near.depth[i], near.mask[i] >= 0.5f ? 10 : 0);
  }
}

TEST(Dataset, KnownIsNeverZeroInsideTheOwnMask) {
  const StreetFolder street;
  for (const Observation& seen : load_observations(synthetic_options(street.path())).observations)
    for (size_t i = 0; i < seen.mask.size(); ++i)
      EXPECT_TRUE(seen.mask[i] < 0.5f || seen.known[i] == 1);
}

TEST(Dataset, TheSameOptionsGiveTheSameBitsWhateverElseIsRead) {
  const StreetFolder street;
  DatasetRequest options = synthetic_options(street.path());
  const ObservationSet all = load_observations(options);
  options.split = "no_such_split|last";  // the first of the two that is there
  const ObservationSet last = load_observations(options);
  ASSERT_EQ(last.observations.size(), 2u);
  EXPECT_TRUE(same(all.observations[4], last.observations[0]));
  EXPECT_TRUE(same(all.observations[5], last.observations[1]));
  EXPECT_FALSE(all.observations[0].mask == all.observations[2].mask);  // frames differ
  options.seed = 4;
  EXPECT_FALSE(load_observations(options).observations[0].mask == last.observations[0].mask);
  EXPECT_EQ(last.observations[0].depth_deviation, 0.1);
}

// uses_seed says for each fault whether a second seed would be worth its time: held against the evidence.
TEST(Dataset, TheSeedReachesWhatUsesSeedSays) {
  const StreetFolder street;
  DatasetRequest without = options_for(street.path());
  without.faults_in = FaultsIn::always;
  without.faults = {};
  const auto with = [&](const auto& set) {
    DatasetRequest request = without;
    set(request);
    return request;
  };
  const std::vector<DatasetRequest> requests = {
      without,
      with([](auto& r) { r.faults.mask.erosion = 2; }),
      with([](auto& r) { r.faults.mask.dilation = 2; }),
      with([](auto& r) { r.faults.mask.raggedness = 2; }),
      with([](auto& r) { r.faults.mask.cut = 0.4; }),
      with([](auto& r) { r.faults.mask.cut_known = false; }),
      with([](auto& r) { r.faults.depth.scale = 1.2; }),
      with([](auto& r) { r.faults.depth.noise = 0.1; }),
      with([](auto& r) { r.faults.depth.bias = 0.1; }),
      with([](auto& r) { r.faults.depth.noise_metres = 0.1; }),
      with([](auto& r) { r.faults.depth.bleeding = 2; }),
      with([](auto& r) { r.faults.depth.row_step = 5; }),
      with([](auto& r) { r.faults.box_jitter = 0.1; }),
      with([](auto& r) {
        r.faults.depth.noise = 0.1;
        r.depth = DepthKind::none;
      }),
      with([](auto& r) {
        r.faults.mask.raggedness = 2;
        r.faults_in = FaultsIn::never;
      })};
  int use_it = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    DatasetRequest request = requests[i];
    const ObservationSet one = load_observations(request);
    request.seed = 17;
    const ObservationSet other = load_observations(request);
    ASSERT_EQ(one.observations.size(), other.observations.size());
    bool all_same = true;
    for (size_t o = 0; o < one.observations.size(); ++o)
      all_same = all_same && same(one.observations[o], other.observations[o]);
    EXPECT_EQ(all_same, !uses_seed(request, MethodSettings{})) << "request " << i;
    use_it += !all_same;
  }
  EXPECT_EQ(use_it, 5);
}

// The claim "without 3-D labels", checked from outside.
TEST(Dataset, NothingThatIsObservedDependsOnThe3dColumns) {
  const StreetFolder street;
  const ObservationSet before = load_observations(synthetic_options(street.path()));
  for (const char* frame : {"000000", "000001", "000002"})
    street.write(std::string("training/label_2/") + frame + ".txt",
                 StreetFolder::labels("height width length x y z ry"));
  const ObservationSet after = load_observations(synthetic_options(street.path()));
  ASSERT_EQ(before.observations.size(), after.observations.size());
  for (size_t i = 0; i < before.observations.size(); ++i)
    EXPECT_TRUE(same(before.observations[i], after.observations[i]));
}

// Folders pass through many hands: JPEG, Windows' line ends, trailing blanks, scores in labels.
TEST(Dataset, OtherHandsOfTheLayoutAreTheSameData) {
  const StreetFolder street;
  const ObservationSet before = load_observations(options_for(street.path()));
  for (const char* frame : {"000000", "000001", "000002"}) {
    const std::string name = frame;
    const std::string png = street.file("training/image_2/" + name + ".png");
    cv::imwrite(street.file("training/image_2/" + name + ".jpg"),
                cv::imread(png),
                {cv::IMWRITE_JPEG_QUALITY, 95});
    std::filesystem::remove(png);
    for (const char* kind : {"label_2", "calib"}) {
      const std::string path = "training/" + std::string(kind) + "/" + name + ".txt";
      std::string content;
      std::istringstream lines(read_file(street.file(path)));
      for (std::string line; std::getline(lines, line);)
        content += line + (std::string(kind) == "label_2" ? " 0.5" : "") + " \t \r\n\r\n";
      street.write(path, content);
    }
  }
  street.write("ImageSets/last.txt", " 000002 \r\n\r\n");
  const ObservationSet after = load_observations(options_for(street.path()));
  ASSERT_EQ(after.observations.size(), before.observations.size());
  for (size_t i = 0; i < after.observations.size(); ++i) {
    EXPECT_EQ(after.observations[i].mask, before.observations[i].mask);
    EXPECT_EQ(after.observations[i].depth, before.observations[i].depth);
    double difference = 0;
    for (size_t k = 0; k < after.observations[i].image.size(); ++k)
      difference += std::abs(after.observations[i].image[k] - before.observations[i].image[k]);
    EXPECT_LT(difference / double(after.observations[i].image.size()), 0.03);
  }
  EXPECT_EQ(
      load_labels(*open_frame_source(options_for(street.path())), after.frames)[0].objects.size(),
      3u);
  DatasetRequest last = options_for(street.path());
  last.split = "last";
  EXPECT_EQ(load_observations(last).frames, (std::vector<std::string>{"000002"}));
}

TEST(Dataset, TakesWholeFramesUntilThereAreEnoughObjects) {
  const StreetFolder street;
  DatasetRequest options = options_for(street.path());
  options.objects = 3;
  const ObservationSet set = load_observations(options);
  EXPECT_EQ(set.observations.size(), 4u);
  EXPECT_EQ(set.frames.size(), 2u);
}

TEST(Dataset, AFrameWithoutCarsIsNoError) {
  const StreetFolder street;
  street.write("training/label_2/000001.txt", "");
  const ObservationSet set = load_observations(options_for(street.path()));
  EXPECT_EQ(set.observations.size(), 4u);
  EXPECT_EQ(set.frames.size(), 3u);
}

TEST(Dataset, AnUnusableObjectIsSkippedWithItsReason) {
  const StreetFolder street;
  save_png(street.file("training/instance_2/000000.png"), Plane<std::uint16_t>(240, 140));
  DatasetRequest options = options_for(street.path());
  options.minimum_height = 45;
  const ObservationSet set = load_observations(options);
  ASSERT_EQ(set.skipped_objects.size(), 4u);
  EXPECT_EQ(set.skipped_objects[0].object, 0);
  expect_says(set.skipped_objects[0].reason, {"40.0 px high", "45"});
  expect_says(set.skipped_objects[1].reason, {"no mask shows the object of label 1"});
  EXPECT_EQ(set.observations.size(), 2u);
}

// A car of 26 px counts; that a detector draws it 23 px high is no reason to miss it.
TEST(Dataset, DetectorsMayDrawALittleLowerThanLabels) {
  const StreetFolder street;
  for (const char* frame : {"000000", "000001", "000002"}) {
    street.write(std::string("training/detections_2/") + frame + ".txt",
                 "Car -1 -1 -10 101 59 178 82 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
                 "Car -1 -1 -10 60 61 118 79 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n");
    street.write(std::string("training/label_2/") + frame + ".txt",
                 "Car 0 0 0 101 59 178 82 1.5 1.6 3.9 0 1.6 20 0\n");
  }
  DatasetRequest options = options_for(street.path());
  options.masks = MaskKind::grabcut;
  options.box_extent = BoxExtent::amodal;
  const auto heights = [&](BoxSource boxes, double minimum) {
    options.boxes = boxes;
    options.minimum_height = minimum;
    std::vector<double> found;
    for (const Skipped& skipped : load_observations(options).skipped_objects)
      if (skipped.reason.find("px high") != std::string::npos)
        found.push_back(std::stod(skipped.reason.substr(skipped.reason.find("box is ") + 7)));
    return found;
  };
  const std::vector<double> lower(3, 18), low(3, 23);
  EXPECT_EQ(heights(BoxSource::detections, 0), lower);
  EXPECT_EQ(heights(BoxSource::labels, 0), low);
  EXPECT_EQ(heights(BoxSource::labels, 20), std::vector<double>());
  EXPECT_EQ(heights(BoxSource::detections, 25), (std::vector<double>{23, 18, 23, 18, 23, 18}));
}

TEST(Dataset, DetectionsBelowTheScoreAreLeftOutAndMatchedToInstances) {
  const StreetFolder street;
  for (const char* frame : {"000000", "000001", "000002"})
    street.write(std::string("training/detections_2/") + frame + ".txt",
                 "Car -1 -1 -10 101 49 178 99 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
                 "Car -1 -1 -10 60 41 118 79 -1 -1 -1 -1000 -1000 -1000 -10 0.4\n");
  const ObservationSet set = load_observations(options_for(street.path()));
  ASSERT_EQ(set.observations.size(), 3u);
  EXPECT_EQ(set.observations[0].score, 0.9);
  EXPECT_EQ(set.observations[0].box.left, 101.5);  // the detector's own box
  const double area = std::pow(set.observations[0].crop.scale(), 2);
  EXPECT_NEAR(sum(set.observations[0].mask), 80 * 50 * area, 2);
}

TEST(BoxExtent, ModalEndsWhereTheMaskDoesAndAmodalAsGiven) {
  const StreetFolder street;
  DatasetRequest options = options_for(street.path());
  options.box_extent = BoxExtent::amodal;
  const Observation amodal = load_observations(options).observations[0];
  EXPECT_EQ(amodal.box.left, 60);
  EXPECT_EQ(amodal.box.bottom, 80);
  EXPECT_EQ(amodal.free_sides, (std::array<float, 4>{1, 1, 1, 1}));  // drawn, though hidden

  for (const char* frame : {"000000", "000001", "000002"})
    street.write(std::string("training/detections_2/") + frame + ".txt",
                 "Car -1 -1 -10 103 52 182 102 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n");
  options.box_extent = BoxExtent::automatic;
  EXPECT_EQ(load_observations(options).observations[0].box.left, 103.5);
  options.box_extent = BoxExtent::modal;
  const Box2d modal = load_observations(options).observations[0].box;
  EXPECT_EQ(modal.left, 100);
  EXPECT_EQ(modal.right, 180);
  EXPECT_EQ(modal.top, 50);
  EXPECT_EQ(modal.bottom, 100);
}

TEST(BoxExtent, LabelsTakeHiddenPartsInDetectorsAndMasksDoNot) {
  const StreetFolder street;
  DatasetRequest options = options_for(street.path());
  const auto is_whole = [&] { return load_observations(options).whole_boxes; };
  const size_t count = load_observations(options).observations.size();
  EXPECT_EQ(is_whole(), std::vector<bool>(count, false)) << "labels with masks: around the mask";
  options.box_extent = BoxExtent::amodal;
  EXPECT_EQ(is_whole(), std::vector<bool>(count, true));
  options.box_extent = BoxExtent::automatic;
  options.masks = MaskKind::grabcut;
  const std::vector<bool> of_labels = is_whole();
  EXPECT_FALSE(of_labels.empty());
  EXPECT_EQ(of_labels, std::vector<bool>(of_labels.size(), true)) << "labels as they are given";
  for (const char* frame : {"000000", "000001", "000002"})
    street.write(std::string("training/detections_2/") + frame + ".txt",
                 "Car -1 -1 -10 103 52 182 102 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n");
  EXPECT_EQ(is_whole(), std::vector<bool>(is_whole().size(), false));
}

TEST(Dataset, AnObjectWithScarcelyAnyDepthIsTakenWithoutIt) {
  const StreetFolder street;
  Plane<std::uint16_t> depth(240, 140);
  save_png(street.file("training/depth_2/000000.png"), depth);
  const ObservationSet none = load_observations(options_for(street.path()));
  EXPECT_EQ(none.observations.size(), 6u);
  EXPECT_TRUE(none.skipped_objects.empty());
  for (int row = 0; row < 5; ++row) {
    depth.at(140, 60 + 3 * row) = 10 * 256;
    save_png(street.file("training/depth_2/000000.png"), depth);
    const Observation near = load_observations(options_for(street.path())).observations[1];
    const auto present =
        std::count_if(near.depth.begin(), near.depth.end(), [](float z) { return z > 0; });
    EXPECT_EQ(present, row < 2 ? 0 : row + 1);  // one or two values may be strays
  }
}

TEST(Faults, AnOccludersCutIsUnknownOrPassesForBackground) {
  const StreetFolder street;
  DatasetRequest options = options_for(street.path());
  options.faults_in = FaultsIn::always;
  options.faults.mask.cut = 0.5;
  const ObservationSet before = load_observations(options_for(street.path()));
  const ObservationSet known = load_observations(options);
  options.faults.mask.cut_known = false;
  const ObservationSet unnoticed = load_observations(options);
  for (size_t i = 1; i < known.observations.size(); i += 2) {  // the near cars: nothing hides them
    const Observation& cut = known.observations[i];
    const double area = std::pow(cut.crop.scale(), 2);
    EXPECT_NEAR(sum(cut.mask), 80 * 50 * area / 2, 80 * area);
    EXPECT_LT(sum(cut.known), 64 * 64 - 100);
    EXPECT_EQ(sum(unnoticed.observations[i].known), 64 * 64);
    EXPECT_EQ(unnoticed.observations[i].mask, cut.mask);
    EXPECT_LT(cut.box.area(), 0.6 * before.observations[i].box.area());  // of what is left
    EXPECT_EQ(std::count(cut.free_sides.begin(), cut.free_sides.end(), 0.f), 1);
  }
  options.faults.mask.cut_chance = 0;
  EXPECT_TRUE(same(load_observations(options).observations[1], before.observations[1]));
}

TEST(Faults, AreAddedToRealDataWhereAskedForOnly) {
  const StreetFolder street;
  DatasetRequest options = synthetic_options(street.path());
  options.source = DataSource::kitti;
  options.faults_in = FaultsIn::never;
  const Observation real = load_observations(options).observations[1];
  EXPECT_TRUE(same(real, load_observations(options_for(street.path())).observations[1]));
  options.faults_in = FaultsIn::always;
  options.masks = MaskKind::grabcut;
  const Observation faulty = load_observations(options).observations[1];
  EXPECT_NE(faulty.box.left, real.box.left);
  EXPECT_FALSE(faulty.mask == real.mask);
  EXPECT_NEAR(faulty.depth_deviation, std::hypot(0.1, 0.1), 1e-9);  // its own and the fault's
}

TEST(Faults, SparseRowsOfMadeUpDepthReachTheCropAsLidarDoes) {
  const StreetFolder street;
  DatasetRequest options = options_for(street.path());
  options.source = DataSource::synthetic;
  options.faults_in = FaultsIn::always;
  options.faults.depth.row_step = 5;
  options.faults.depth.noise_metres = 0.02;
  options.faults.depth.scale = 1.3;  // beyond the 3 m that belong to a car
  const Observation seen = load_observations(options).observations[1];
  int present = 0;
  for (const float z : seen.depth) {
    if (z == 0) continue;
    ++present;
    EXPECT_NEAR(z, 13, 0.1);
  }
  EXPECT_GT(present, 200);
  EXPECT_LT(present, 0.5 * sum(seen.mask));
}

/// The street's frames as a sequence: the near car is track 7 in all of them, nobody knows the far one.
void make_sequence(const StreetFolder& folder) {
  const char* frames[] = {"000000", "000001", "000002"};
  for (int i = 0; i < 3; ++i) {
    FrameMoment moment{"drive", 0.1 * i, Eigen::Isometry3d::Identity()};
    moment.camera_to_world.translation().z() = i;
    folder.write(std::string("training/poses/") + frames[i] + ".txt", format_moment(moment));
    folder.write(std::string("training/tracks_2/") + frames[i] + ".txt",
                 format_tracks({"", "7", ""}));
  }
}

TEST(Sequences, ObservationsKnowTheirTrackAndCamera) {
  const StreetFolder folder;
  make_sequence(folder);
  DatasetRequest request = kitti_request(folder.path());
  EXPECT_TRUE(load_observations(request).sightings.empty()) << "nobody asked for sequences";
  request.frames_per_object = 2;
  const ObservationSet set = load_observations(request);
  ASSERT_EQ(set.observations.size(), 6u);
  ASSERT_EQ(set.sightings.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    const Sighting& sighting = set.sightings[i];
    EXPECT_EQ(sighting.track, set.observations[i].object == 1 ? "drive/7" : "");
    EXPECT_NEAR(sighting.moment.camera_to_world.translation().z(), double(i / 2), 1e-12);
    EXPECT_EQ(sighting.block, i < 4 ? 0 : 1) << "two frames are one block";
  }
  // What is read at once ends with a block; a number of objects ends with a sequence.
  const auto source = open_frame_source(request);
  request.objects = 1;
  ObservationReader reader(*source, request, source->frames());
  EXPECT_EQ(reader.next(1).observations.size(), 4u);
  EXPECT_FALSE(reader.is_done());
  EXPECT_EQ(reader.next(1).observations.size(), 2u);
  EXPECT_TRUE(reader.is_done());
}

TEST(ObservationReader, KeepsThePictureOfTheLastFrame) {
  const StreetFolder folder;
  DatasetRequest request = kitti_request(folder.path());
  request.on_error = OnError::skip;
  const auto source = open_frame_source(request);
  const std::string frame = source->frames().at(0);
  ObservationReader reader(*source, request, {frame});
  reader.next(1000);
  EXPECT_EQ(reader.picture().image.rgb, source->view(frame).image.rgb);
  EXPECT_EQ(reader.picture().frame, frame);
  std::filesystem::resize_file(folder.file("training/image_2/" + frame + ".png"), 100);
  ObservationReader broken(*source, request, {frame});
  EXPECT_EQ(broken.next(1000).skipped_frames.size(), 1u);
  EXPECT_TRUE(broken.picture().image.rgb.empty());
}

TEST(Sequences, ATrackKeepsItsErrorOfDepth) {
  const StreetFolder folder;
  make_sequence(folder);
  DatasetRequest request = kitti_request(folder.path());
  request.frames_per_object = 3;
  request.faults_in = FaultsIn::always;
  request.faults.depth.noise = request.faults.depth.bias = 0.1;
  const auto depths = [&](int object) {
    std::vector<float> result;
    const ObservationSet set = load_observations(request);
    for (const Observation& seen : set.observations)
      if (seen.object == object)
        result.push_back(*std::max_element(seen.depth.begin(), seen.depth.end()));
    return result;
  };
  const std::vector<float> kept = depths(1), alone = depths(0);
  EXPECT_NE(kept[0], 10.0F);
  EXPECT_NEAR(kept[0], kept[1], 1e-4) << "the camera has not moved in the pictures";
  EXPECT_NEAR(kept[0], kept[2], 1e-4);
  EXPECT_GT(std::abs(alone[0] - alone[1]), 1e-3) << "no track, no memory";
  request.faults.depth.bias_kept = 0;
  const std::vector<float> anew = depths(1);
  EXPECT_GT(std::abs(anew[0] - anew[1]), 1e-3);
}

TEST(Sequences, WhatLacksIsSaid) {
  const StreetFolder folder;
  DatasetRequest request = kitti_request(folder.path());
  request.frames_per_object = 5;
  expect_says(message_of<UserError>([&] { open_frame_source(request); }),
              {"frames_per_object", "training/poses", "convert"});
  make_sequence(folder);
  folder.write("training/tracks_2/000001.txt", "7\n");
  expect_says(message_of<UserError>([&] { load_observations(request); }),
              {"tracks_2/000001.txt", "1 lines", "3"});
  folder.write("training/poses/000001.txt",
               "sequence drive\ntime 0.1\ncamera_to_world 2 0 0 0 0 1 0 0 0 0 1 0\n");
  expect_says(message_of<UserError>([&] { load_observations(request); }),
              {"poses/000001.txt:3", "no rotation"});
}

TEST(BadInput, NamesFileLineAndRemedy) {
  const auto message = [](const StreetFolder& street, DatasetRequest options) {
    options.root = street.path();
    return message_of<UserError>([&] { load_observations(options); });
  };
  const DatasetRequest defaults = kitti_request("");
  {
    const StreetFolder street;
    std::filesystem::remove_all(street.file("training/calib"));
    expect_says(message(street, defaults), {"calib/000000.txt", "add it"});
  }
  {
    const StreetFolder street;
    const std::string path = street.file("training/image_2/000001.png");
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    expect_says(message(street, defaults), {"image_2/000001.png", "cut short", "on_error"});
  }
  {
    const StreetFolder street;
    street.write("training/label_2/000001.txt", "\nCar 0 0 0 1 2 3 4 1 1 1 1 1 1\n");
    expect_says(message(street, defaults), {"label_2/000001.txt:2", "14 fields", "mend"});
  }
  {
    const StreetFolder street;
    save_png(street.file("training/depth_2/000000.png"), Plane<std::uint16_t>(9, 9));
    expect_says(message(street, defaults), {"depth_2/000000.png", "9x9", "240x140"});
  }
  {
    const StreetFolder street;
    DatasetRequest options = kitti_request("");
    options.depth = DepthKind::velodyne;
    expect_says(message(street, options), {"velodyne", "000000.bin", "dataset.depth"});
    options = {};
    options.boxes = BoxSource::detections;
    expect_says(message(street, options), {"detections_2/000000.txt", "dataset.boxes"});
  }
}

TEST(BadInput, UnreadableFramesAreNamedAndSkippedWhereTheUserSaidSo) {
  const StreetFolder street;
  const std::string path = street.file("training/image_2/000001.png");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  DatasetRequest options = options_for(street.path());
  options.on_error = OnError::skip;
  const ObservationSet set = load_observations(options);
  EXPECT_EQ(set.frames, (std::vector<std::string>{"000000", "000002"}));
  ASSERT_EQ(set.skipped_frames.size(), 1u);
  EXPECT_EQ(set.skipped_frames[0].frame, "000001");
  expect_says(set.skipped_frames[0].reason, {"image_2/000001.png"});
}

TEST(RealFrames, EveryFrameIsReadAndLabelsMatchTheFrames) {
  const std::string root = shared_file("kitti_mini");
  if (root.empty()) GTEST_SKIP() << "shared/kitti_mini is absent";
  DatasetRequest options = options_for(root);
  options.boxes = BoxSource::labels;
  options.depth = DepthKind::none;
  options.minimum_height = 80;
  const ObservationSet set = load_observations(options);
  EXPECT_EQ(set.frames.size(), 21u);
  const auto labels = load_labels(*open_frame_source(options_for(root)), set.frames);
  ASSERT_EQ(labels.size(), 21u);
  for (const Observation& seen : set.observations) {
    const auto frame = std::find(set.frames.begin(), set.frames.end(), seen.frame);
    const Annotation& label =
        labels[size_t(frame - set.frames.begin())].objects.at(size_t(seen.object));
    EXPECT_EQ(label.category, "Car");
    EXPECT_NEAR(label.box2d.left, seen.box.left, 1e-9);
    EXPECT_NEAR(label.box2d.bottom, seen.box.bottom, 1e-9);
  }
}

}  // namespace
}  // namespace monodr
