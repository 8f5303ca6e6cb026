// SPDX-License-Identifier: Apache-2.0
#include "cell/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "cell/data_request.h"
#include "cell/small_cell.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class Prepare : public testing::Test {
 protected:
  /// What was made, by the words of the progress; notes are kept apart.
  std::set<std::string> run(const json& config,
                            std::vector<std::string> folders = plugin_folders()) {
    Registry registry(std::move(folders));
    std::set<std::string> made;
    notes_.clear();
    prepare(
        config,
        registry,
        cache_.path(),
        [&](const std::string& what, double share) {
          EXPECT_GE(share, 0);
          EXPECT_LE(share, 1);
          made.insert(what);
        },
        [&](const std::string& text) { notes_.push_back(text); });
    return made;
  }

  std::vector<std::string> cached() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(cache_.path()))
      names.push_back(entry.path().filename().string());
    return names;
  }

  /// A folder of the user's own with one frame.
  std::string own_data(const std::string& label) {
    data_.write("training/image_2/000000.png", "no picture");
    data_.write("training/label_2/000000.txt", label);
    return data_.path();
  }

  ScratchFolder cache_, data_;
  std::vector<std::string> notes_;
};

const std::string kLabel = "Car 0.00 0 1.55 100 100 200 180 1.5 1.6 4.0 1.0 1.6 20.0 1.6\n";

TEST_F(Prepare, MakesWhatCellsShareOnce) {
  EXPECT_THAT(run(small_config()), Contains("making the synthetic scenes"));
  const fs::path set = data_request(cell_settings(small_config()), 0, cache_.path()).root;
  EXPECT_TRUE(fs::exists(set / "fingerprint.txt"));
  EXPECT_EQ(cached().size(), 2u) << "the set and the prior, no remains of their making";
  EXPECT_THAT(run(small_config()), IsEmpty());
  json more = small_config();
  more["fit"]["iterations"] = 7;
  EXPECT_THAT(run(more), IsEmpty()) << "a key that neither reads";
  more["dataset"]["scene_seed"] = 2;
  EXPECT_THAT(run(more), ElementsAre("making the synthetic scenes"));
  more["shape_prior"]["seed"] = 5;
  EXPECT_THAT(run(more), ElementsAre("training mesh_autoencoder"));
}

TEST_F(Prepare, AMethodThatRendersNothingHasNoPriorMade) {
  json config = small_config();
  config.erase("shape_prior");
  config["method"] = {{"name", "boxes"}, {"detections", "of another system"}};
  EXPECT_THAT(run(config, {}), ElementsAre("making the synthetic scenes"));
  EXPECT_EQ(cached().size(), 1u);
}

TEST_F(Prepare, ReadsTheUsersDataBeforeAnythingIsWritten) {
  json config = small_config();
  config["dataset"]["source"] = "kitti";
  config["dataset"]["root"] = own_data(kLabel);
  config["dataset"]["boxes"] = "labels";
  const auto message = message_of<UserError>([&] { run(config); });
  expect_says(message, {"000000"});
  EXPECT_THAT(cached(), IsEmpty());
  config["dataset"]["on_error"] = "skip";
  run(config);
  ASSERT_EQ(notes_.size(), 1u);
  expect_says(notes_[0], {"skipping frame 000000"});
  EXPECT_EQ(cached().size(), 1u) << "the prior";
}

TEST_F(Prepare, ChecksTheLabelsAloneOfAMethodThatLooksAtNoPicture) {
  json config = small_config();
  config["method"] = {{"name", "boxes"}, {"detections", "of another system"}};
  config["dataset"]["source"] = "kitti";
  config["dataset"]["root"] = own_data(kLabel);
  config["dataset"]["objects"] = 0;
  EXPECT_NO_THROW(run(config));
  own_data("Car 0.00 0 1.55 100 100\n");
  expect_says(message_of<UserError>([&] { run(config); }), {"label_2/000000.txt:1", "columns"});
  config["dataset"]["on_error"] = "skip";
  run(config);
  ASSERT_EQ(notes_.size(), 1u);
  expect_says(notes_[0], {"skipping frame 000000"});
}

}  // namespace
}  // namespace monodr
