// SPDX-License-Identifier: Apache-2.0
#include "synthetic/sequence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/conversion.h"
#include "data/kitti_label.h"
#include "evidence/image.h"
#include "geometry/rotation.h"
#include "scratch_folder.h"
#include "synthetic/synthetic.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

TEST(Sequence, CarsThatStandAreWhereTheyWereInTheWorld) {
  for (int index = 0; index < 3; ++index) {
    const auto frames = random_sequence(5, index, 5, SequenceMotion::parked);
    ASSERT_EQ(frames.size(), 5u);
    for (const SequenceFrame& frame : frames)
      for (size_t i = 0; i < frame.tracks.size(); ++i) {
        const Eigen::Vector3d there =
            frames[0].scene.cars[i].box.location;  // the first frame's camera is the world
        EXPECT_LT((frame.camera_to_world * frame.scene.cars[i].box.location - there).norm(), 1e-9);
      }
  }
}

TEST(Sequence, CarsThatMoveGoTheWayTheyLook) {
  int cars = 0;
  for (int index = 0; index < 6; ++index) {
    const auto frames = random_sequence(5, index, 5, SequenceMotion::moving);
    for (size_t i = 0; i < frames[0].tracks.size(); ++i) {
      ++cars;
      for (size_t f = 1; f < frames.size(); ++f) {
        const auto place = [&](size_t frame) {
          return Eigen::Vector3d(frames[frame].camera_to_world *
                                 frames[frame].scene.cars[i].box.location);
        };
        const Eigen::Vector3d step = place(f) - place(f - 1);
        EXPECT_GT(step.norm(), 0.29);
        EXPECT_LT(step.norm(), 1.41);
        // Its heading in the world, in the middle of the step.
        const auto heading = [&](size_t frame) {
          const double own = frames[frame].scene.cars[i].box.rotation_y;
          return Eigen::Vector3d(frames[frame].camera_to_world.linear() *
                                 Eigen::Vector3d(std::cos(own), 0, -std::sin(own)));
        };
        const Eigen::Vector3d mean = heading(f) + heading(f - 1);
        EXPECT_GT(mean.normalized().dot(step.normalized()), 1 - 1e-9);
      }
    }
  }
  EXPECT_GT(cars, 5);
}

TEST(Sequence, WrittenInKittiRawsLayoutAndReadBackItIsTheSame) {
  ScratchFolder folder;
  SynthesisOptions options;
  options.frames = options.frames_per_sequence = 3;
  options.seed = 7;
  options.output = folder / "object";
  ASSERT_TRUE(synthesize(options));
  EXPECT_FALSE(synthesize(options)) << "it is there";
  options.layout = SceneLayout::raw;
  options.output = folder / "2011_09_26";
  ASSERT_TRUE(synthesize(options));
  const Conversion read = read_kitti_raw(folder / "2011_09_26");
  ASSERT_EQ(read.drives.size(), 1u);
  EXPECT_TRUE(read.notes.empty());
  write_kitti_layout(read, folder / "back", false);
  const auto frames = random_sequence(7, 0, 3, SequenceMotion::mixed);
  for (const char* frame : {"000000", "000001", "000002"}) {
    const auto file = [&](const char* set, const char* kind) {
      return folder / set + std::string("/training/") + kind + "/" + frame + ".txt";
    };
    const auto labels = [&](const char* set) {
      return read_kitti_frame(
                 folder / set + std::string("/training/label_2"), frame, KittiFileKind::labels)
          .objects;
    };
    const auto truth = labels("object"), back = labels("back");
    ASSERT_EQ(truth.size(), back.size());
    EXPECT_GE(truth.size(), 1u);
    // Raw's tracks are named by their place in the file: the order is that of the cars here.
    const auto tracks = [&](const char* set) {
      return read_tracks(file(set, "tracks_2"), truth.size());
    };
    for (size_t i = 0; i < truth.size(); ++i) EXPECT_EQ(tracks("back")[i], std::to_string(i));
    for (size_t i = 0; i < truth.size(); ++i)
      EXPECT_EQ(tracks("object")[i], std::to_string(frames[0].tracks[i]));
    for (size_t i = 0; i < truth.size(); ++i) {
      EXPECT_LT((truth[i].box3d.location - back[i].box3d.location).norm(), 0.03);
      EXPECT_LT(angle_difference(truth[i].box3d.rotation_y, back[i].box3d.rotation_y), 0.02);
      EXPECT_NEAR(truth[i].box3d.length, back[i].box3d.length, 0.011);
    }
    const FrameMoment moment = read_moment(file("object", "poses"));
    const FrameMoment again = read_moment(file("back", "poses"));
    EXPECT_EQ(moment.sequence, again.sequence);
    EXPECT_NEAR(moment.time, again.time, 1e-6);
    EXPECT_TRUE(moment.camera_to_world.isApprox(again.camera_to_world, 1e-5))
        << moment.camera_to_world.matrix() << "\n"
        << again.camera_to_world.matrix();
    const auto number = static_cast<size_t>(frame[5] - '0');
    EXPECT_TRUE(moment.camera_to_world.isApprox(frames[number].camera_to_world, 1e-12));
    const std::string picture = std::string("/training/image_2/") + frame + ".png";
    EXPECT_EQ(load_colour_image(folder / "object" + picture).rgb,
              load_colour_image(folder / "back" + picture).rgb);
  }
}

TEST(Sequence, SinglePicturesAreWhatTheyWere) {
  SynthesisOptions single;
  single.objects = 64;
  single.seed = 1;
  SynthesisOptions sequences = single;
  sequences.frames_per_sequence = 5;
  EXPECT_NE(synthetic_fingerprint(single), synthetic_fingerprint(sequences));
  sequences.motion = SequenceMotion::moving;
  const std::string moving = synthetic_fingerprint(sequences);
  sequences.motion = SequenceMotion::parked;
  EXPECT_NE(moving, synthetic_fingerprint(sequences));
  // Of these options the folder was called so before there were sequences.
  EXPECT_EQ(synthetic_fingerprint(single),
            sha256("monodr synthetic scenes, version 2, frames 0, objects 64, seed 1"));
  single.layout = SceneLayout::raw;
  single.output = "unused";
  expect_says(message_of<UserError>([&] { synthesize(single); }), {"--sequence"});
}

}  // namespace
}  // namespace monodr
