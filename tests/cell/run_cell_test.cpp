// SPDX-License-Identifier: Apache-2.0
#include "cell/run_cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "cell/prepare.h"
#include "cell/run_method.h"
#include "cell/shown_objects.h"
#include "cell/small_cell.h"
#include "data/kitti_label.h"
#include "evidence/image.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// All but what the clock says.
CellResult without_times(CellResult result) {
  result.seconds = 0;
  for (MetricValue& metric : result.metrics)
    if (metric.name == "seconds_per_object") metric.value = 0;
  return result;
}

double metric(const CellResult& result, const std::string& name) {
  for (const MetricValue& value : result.metrics)
    if (value.name == name) return value.value;
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

size_t detections_in(const CellResult& result) {
  size_t count = 0;
  for (const FrameAnnotations& frame : result.detections) count += frame.objects.size();
  return count;
}

/// What a cell gave and showed.
struct Ran : CellOutcome {
  std::vector<FramePicture> pictures;
};

class RunCell : public testing::Test {
 protected:
  static void SetUpTestSuite() { cache_ = new ScratchFolder; }
  static void TearDownTestSuite() { delete cache_; }

  static Ran run(const json& config,
                 const std::string& pictures = "",
                 std::vector<std::string> folders = plugin_folders()) {
    Registry registry(folders);
    prepare(
        config,
        registry,
        cache_->path(),
        [](const std::string&, double) {},
        [](const std::string&) {});
    CellOrder order = order_of(config, std::move(folders));
    order.pictures = pictures;
    Ran ran;
    CellWishes wishes;
    if (!pictures.empty())
      wishes.picture = [&](const FramePicture& picture) { ran.pictures.push_back(picture); };
    static_cast<CellOutcome&>(ran) = run_cell(
        order, [](const std::string&, double) {}, wishes);
    return ran;
  }

  static CellOrder order_of(const json& config,
                            std::vector<std::string> folders = plugin_folders()) {
    CellOrder order;
    order.record.id = "the cell";
    order.record.seed = 3;
    order.record.config = config.dump();
    order.plugin_folders = std::move(folders);
    order.cache = cache_->path();
    return order;
  }

  /// The made-up set of small_config() in KITTI's layout.
  static std::string made_up_set() {
    run(small_config());
    for (const auto& entry : std::filesystem::directory_iterator(cache_->path()))
      if (entry.path().filename().string().rfind("synthetic-", 0) == 0) return entry.path();
    return "";
  }

  static json boxes_config(const std::string& detections) {
    json config = small_config();
    for (const char* section :
         {"shape_prior", "corpus", "renderer", "rule", "fit", "confidence", "loss"})
      config.erase(section);
    config["method"] = {{"name", "boxes"}, {"detections", detections}};
    return config;
  }

  static ScratchFolder* cache_;
};

ScratchFolder* RunCell::cache_ = nullptr;

/// Each detection alone, by itself or fitted with those of other frames: what a report draws is what was found.
TEST_F(RunCell, ADetectionIsShownWithTheMeshThatWasFitted) {
  for (const int frames : {1, 3}) {
    json config = small_config();
    config["dataset"]["objects"] = 6;
    config["dataset"]["frames_per_sequence"] = config["dataset"]["frames_per_object"] = frames;
    const Ran outcome = run(config);
    int shown = 0;
    for (const FrameAnnotations& frame : outcome.result.detections)
      for (const Annotation& detection : frame.objects) {
        const std::vector<ShownObject> objects =
            shown_objects(order_of(config),
                          {{frame.frame, detection, detection}},
                          [](const std::string&, double) {});
        ASSERT_EQ(objects.size(), 1u);
        EXPECT_EQ(objects[0].note, "");
        ASSERT_TRUE(objects[0].seen && objects[0].fit) << frame.frame;
        EXPECT_FALSE(objects[0].fit->mesh.vertices.empty()) << frame.frame;
        ++shown;
      }
    EXPECT_GE(shown, 6);
  }
}

TEST_F(RunCell, LeavesDetectionsMetricsCurvesAndPictures) {
  const Ran outcome = run(small_config(), "pictures");
  const CellResult& result = outcome.result;
  EXPECT_EQ(result.cell, "the cell");
  EXPECT_EQ(result.state, "done");
  EXPECT_EQ(result.message, "");
  EXPECT_GE(detections_in(result), 3u);
  EXPECT_EQ(metric(result, "fitted_objects"), static_cast<double>(detections_in(result)));
  EXPECT_EQ(metric(result, "failed_objects"), 0);
  EXPECT_EQ(metric(result, "renders_per_object"), 5 * 2 + 2 + 1)
      << "five steps of two hypotheses, the choice between them, the chosen one";
  EXPECT_GE(metric(result, "objects"), 1);
  int totals = 0, masks = 0;
  for (const SeriesPoint& point : result.series) {
    totals += point.name == "loss.total";
    masks += point.name == "loss.mask";
  }
  EXPECT_EQ(totals, 5);
  EXPECT_EQ(masks, 5);
  for (const ObjectResult& object : result.objects)
    if (object.matched) {
      EXPECT_GT(object.loss, 0) << object.frame << "/" << object.label;
      EXPECT_GT(object.heading_probability, 0) << object.frame << "/" << object.label;
      EXPECT_TRUE(std::isnan(object.heading_support)) << "no network was asked";
    }
  std::map<std::pair<std::string, int>, double> probability;
  for (const DetectedMode& mode : result.modes)
    probability[{mode.frame, mode.detection}] += mode.probability;
  EXPECT_EQ(probability.size(), detections_in(result));
  for (const auto& [detection, sum] : probability) EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_THAT(result.distributions, IsEmpty());
  for (const MetricValue& value : result.metrics) EXPECT_NE(value.name, "doubted_headings");
  ASSERT_EQ(outcome.pictures.size(), result.detections.size());
  for (size_t i = 0; i < outcome.pictures.size(); ++i) {
    EXPECT_EQ(outcome.pictures[i].objects.size(), result.detections[i].objects.size());
    EXPECT_FALSE(outcome.pictures[i].labels.empty());
  }
}

TEST_F(RunCell, TheSameOrderGivesTheSameResult) {
  const CellResult first = run(small_config()).result, second = run(small_config()).result;
  EXPECT_EQ(to_json(without_times(first)), to_json(without_times(second)));
}

TEST_F(RunCell, PicturesAreMadeWhereTheyAreAskedFor) {
  EXPECT_THAT(run(small_config()).pictures, IsEmpty());
  json config = small_config();
  config["evaluation"]["overlays"] = false;
  EXPECT_THAT(run(config, "pictures").pictures, IsEmpty());
}

TEST_F(RunCell, AnObjectThatCannotBeFittedIsCountedToldAndMissed) {
  json config = small_config();
  config["loss"]["misbehaving"] = {
      {"plugin", "misbehaving"}, {"weight", 0.1}, {"behaviour", "not_a_number_once"}};
  const CellResult result = run(config, "pictures").result;
  EXPECT_EQ(result.state, "done");
  EXPECT_EQ(metric(result, "failed_objects"), 1);
  EXPECT_EQ(metric(result, "failed_hypotheses"), 2);
  EXPECT_EQ(metric(result, "fitted_objects"), static_cast<double>(detections_in(result)));
  EXPECT_THAT(result.message, HasSubstr("1 of"));
  EXPECT_THAT(result.message, HasSubstr("loss 'misbehaving' is not finite"));
  int told = 0;
  for (const ObjectResult& object : result.objects)
    told += !object.matched && object.failure.find("misbehaving") != std::string::npos;
  EXPECT_EQ(told, 1) << "at the label that was missed for it";
  int facts = 0;
  for (const auto& [key, value] : result.provenance) facts += key.rfind("failed object ", 0) == 0;
  EXPECT_EQ(facts, 1);
}

TEST_F(RunCell, ACellWithoutAnyFitFails) {
  json config = small_config();
  config["loss"]["misbehaving"] = {
      {"plugin", "misbehaving"}, {"weight", 0.1}, {"behaviour", "not_a_number"}};
  EXPECT_THAT(message_of<UserError>([&] { run(config); }), HasSubstr("could be fitted; the first"));
}

/// The made-up set as if it were real, in a folder of its own.
json kitti_config(const std::string& made_up, const ScratchFolder& folder) {
  std::filesystem::copy(made_up, folder.path(), std::filesystem::copy_options::recursive);
  json config = small_config();
  config["dataset"]["source"] = "kitti";
  config["dataset"]["root"] = folder.path();
  config["dataset"]["objects"] = 0;
  return config;
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  return files;
}

// Zeros of a cell that saw nothing would stand in the table beside those of a method that failed.
TEST_F(RunCell, NothingMatchedIsNoResult) {
  const ScratchFolder folder;
  const json config = kitti_config(made_up_set(), folder);
  const CellResult sound = run(config).result;
  EXPECT_EQ(sound.message, "");
  EXPECT_THAT(sound.provenance.at("evidence"), HasSubstr("frames read"));

  // Masks that show nothing of the objects.
  for (const std::string& file : files_in(folder / "training/instance_2")) {
    const Plane<std::uint16_t> ids = load_plane16(file);
    save_png(file, Plane<std::uint16_t>(ids.width, ids.height));
  }
  expect_says(message_of<UserError>([&] { run(config); }),
              {"nothing to fit",
               "frames read",
               "boxes of class Car",
               "0 masks, 0 matched",
               "the first, object",
               "no mask shows the object",
               "data inspect"});

  // No object of the class.
  std::filesystem::remove_all(folder / "training/instance_2");
  for (const std::string& file : files_in(folder / "training/label_2"))
    write_file_atomically(file, "");
  expect_says(message_of<UserError>([&] { run(config); }),
              {"nothing to fit", "0 boxes of class Car"});
}

TEST_F(RunCell, LabelsThatMeetNothingFailTheCellAndLabelsOfOtherClassesAreNotEvaluated) {
  const CellResult fit = run(small_config()).result;
  const std::string made_up = made_up_set();
  const ScratchFolder detections, folder;
  std::vector<FrameAnnotations> moved = fit.detections;
  for (FrameAnnotations& frame : moved)
    for (Annotation& object : frame.objects)
      object.box2d = {object.box2d.left / 4,
                      object.box2d.top / 4,
                      object.box2d.right / 4,
                      object.box2d.bottom / 4};
  write_kitti_frames(detections.path(), moved, KittiFileKind::results);
  const json config = boxes_config(detections.path());
  expect_says(
      message_of<UserError>([&] { run(config, "", {}); }),
      {"no label met its object", "of class Car", "detections", "same pictures and resolution"});

  write_kitti_frames(detections.path(), fit.detections, KittiFileKind::results);
  std::filesystem::copy(made_up, folder.path(), std::filesystem::copy_options::recursive);
  for (const std::string& file : files_in(folder / "training/label_2")) {
    std::string text = read_file(file);
    for (size_t at = text.find("Car "); at != std::string::npos; at = text.find("Car ", at))
      text.replace(at, 3, "Auto");
    write_file_atomically(file, text);
  }
  json other = config;
  other["dataset"]["source"] = "kitti";
  other["dataset"]["root"] = folder.path();
  other["dataset"]["objects"] = 0;
  const CellResult result = run(other, "", {}).result;
  EXPECT_THAT(result.message, HasSubstr("hold no Car (but Auto), so that nothing was evaluated"));
  for (const MetricValue& value : result.metrics) EXPECT_NE(value.name, "ap_2d");

  // Another system that found nothing of the class.
  for (FrameAnnotations& frame : moved)
    for (Annotation& object : frame.objects) object.category = "Tram";
  write_kitti_frames(detections.path(), moved, KittiFileKind::results);
  expect_says(message_of<UserError>([&] { run(config, "", {}); }), {"found no Car in", "frames"});
}

TEST_F(RunCell, FewMatchesAreAWordInTheMessage) {
  const ScratchFolder folder;
  json config = kitti_config(made_up_set(), folder);
  std::vector<std::string> files = files_in(folder / "training/instance_2");
  ASSERT_GE(files.size(), 2u);
  std::sort(files.begin(), files.end());
  size_t kept = 0;
  for (const std::string& file : files) {
    Plane<std::uint16_t> ids = load_plane16(file);
    // Of the whole set one object keeps its mask.
    for (std::uint16_t& id : ids.values) id = kept == 0 && id == 1 ? 1 : 0;
    kept += std::count(ids.values.begin(), ids.values.end(), 1) > 0;
    save_png(file, ids);
  }
  const CellResult result = run(config).result;
  EXPECT_THAT(result.message, HasSubstr("only 1 of"));
  EXPECT_THAT(result.message, HasSubstr("boxes met one of the 1 masks"));
  EXPECT_THAT(result.provenance.at("evidence"), HasSubstr("1 mask, 1 matched, 1 object to fit"));
}

TEST_F(RunCell, BoxesNeedNoPluginAndLeaveNothingOut) {
  const CellResult fit = run(small_config()).result;
  ScratchFolder detections;
  std::vector<FrameAnnotations> frames = fit.detections;
  // One more in the image alone, far from any label: it counts as a false positive.
  Annotation flat;
  flat.category = "Car";
  flat.alpha = -10;
  flat.box2d = {5, 5, 55, 45};
  flat.box3d.height = flat.box3d.width = flat.box3d.length = -1;
  flat.box3d.location = {-1000, -1000, -1000};
  flat.box3d.rotation_y = -10;
  flat.score = 2;
  frames[0].objects.push_back(flat);
  // Nor is another class taken for it.
  Annotation cyclist = flat;
  cyclist.category = "Cyclist";
  frames[0].objects.push_back(cyclist);
  write_kitti_frames(detections.path(), frames, KittiFileKind::results);

  const Ran outcome = run(boxes_config(detections.path()), "pictures", {});
  EXPECT_EQ(detections_in(outcome.result), detections_in(fit) + 1);
  EXPECT_EQ(metric(outcome.result, "recall"), metric(fit, "recall"));
  EXPECT_NEAR(
      metric(outcome.result, "heading_error_median"), metric(fit, "heading_error_median"), 0.02);
  const auto ap = [](const CellResult& result, const char* name) {
    for (const MetricValue& value : result.metrics)
      if (value.name == name && value.difficulty == "hard" && value.recall_positions == 40)
        return value.value;
    return -1.0;
  };
  EXPECT_LT(ap(outcome.result, "ap_2d"), ap(fit, "ap_2d"));
  EXPECT_THAT(outcome.result.series, IsEmpty());
  size_t drawn = 0;
  for (const FramePicture& picture : outcome.pictures) drawn += picture.objects.size();
  EXPECT_EQ(drawn, detections_in(fit)) << "the flat one has no box to draw";
}

TEST_F(RunCell, AFitFromAnotherSystemsBoxesSaysWhatItDidWithout) {
  const CellResult fit = run(small_config()).result;
  ScratchFolder detections;
  const FrameAnnotations& first = fit.detections[0];
  ASSERT_FALSE(first.objects.empty());
  write_kitti_frames(
      detections.path(), {{first.frame, {first.objects[0]}}}, KittiFileKind::results);
  json config = small_config();
  config["fit"]["start"] = "detections";
  config["fit"]["start_detections"] = detections.path();
  const CellResult result = run(config).result;
  const size_t objects = detections_in(fit);
  EXPECT_THAT(result.message,
              HasSubstr(fmt::format("{} of {} objects met no box", objects - 1, objects)));
  EXPECT_EQ(metric(result, "fitted_objects"), static_cast<double>(objects));
}

TEST_F(RunCell, BoxesAreReadWithoutAnyPicture) {
  const std::string made_up = made_up_set();
  ASSERT_NE(made_up, "");
  ScratchFolder kitti, detections;
  std::filesystem::create_directories(kitti / "training");
  std::filesystem::copy(made_up + "/training/label_2", kitti / "training/label_2");
  const std::vector<std::string> frames = list_kitti_frames(kitti / "training/label_2");
  for (const std::string& frame : frames)
    kitti.write("training/image_2/" + frame + ".png", "no picture");
  ASSERT_GT(frames.size(), 1u);
  // The other system found all there is in the first frame, without a word on alpha.
  FrameAnnotations first =
      read_kitti_frame(kitti / "training/label_2", frames[0], KittiFileKind::labels);
  const std::vector<Annotation> labels = first.objects;
  for (Annotation& object : first.objects) object.score = 0.5, object.alpha = -10;
  write_kitti_frames(detections.path(), {first}, KittiFileKind::results);

  json config = boxes_config(detections.path());
  config["dataset"]["source"] = "kitti";
  config["dataset"]["root"] = kitti.path();
  config["dataset"]["objects"] = 0;
  const CellResult result = run(config).result;
  EXPECT_EQ(result.detections.size(), frames.size());
  EXPECT_THAT(
      result.message,
      HasSubstr(fmt::format("{} of {} frames have no file", frames.size() - 1, frames.size())));
  ASSERT_EQ(result.detections[0].objects.size(), labels.size());
  for (size_t i = 0; i < labels.size(); ++i)
    EXPECT_NEAR(std::cos(result.detections[0].objects[i].alpha - labels[i].alpha), 1, 1e-3);
  EXPECT_LT(metric(result, "location_error_median"), 0.01);

  // Nothing of it in any frame is a mistake, not a bad score.
  const ScratchFolder elsewhere;
  write_kitti_frames(elsewhere.path(), {{"999999", first.objects}}, KittiFileKind::results);
  config["method"]["detections"] = elsewhere.path();
  expect_says(message_of<UserError>([&] { run(config); }),
              {"'method.detections'", "none of the", frames[0] + ".txt"});
}

/// A real detector on KITTI's val split, against what the official kit says of it.
TEST_F(RunCell, BoxesOfARealDetectorHaveTheOfficialKitsPrecision) {
  const std::string reference = shared_file("kitti_eval");
  if (reference.empty()) GTEST_SKIP() << "needs ../shared/kitti_eval";
  const ScratchFolder folder;
  for (const char* archive : {"label_2_all7481.tar.xz", "results_pointgnn_car.tar.xz"}) {
    const std::string command =
        fmt::format("tar -xJf '{}/{}' -C '{}'", reference, archive, folder.path());
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  std::filesystem::create_directories(folder / "training/image_2");
  std::filesystem::rename(folder / "label_2", folder / "training/label_2");
  folder.write("ImageSets/val.txt", read_file(reference + "/val.txt"));
  json config = boxes_config(folder / "pointgnn_car/data");
  config["dataset"]["source"] = "kitti";
  config["dataset"]["root"] = folder.path();
  config["dataset"]["split"] = "val";
  config["dataset"]["objects"] = 0;
  config["evaluation"]["overlays"] = false;
  const CellResult result = run(config).result;
  EXPECT_EQ(result.detections.size(), 3769u);

  const json expected = json::parse(read_file(reference + "/expected_pointgnn_car.json"))
                            .at("/variants/devkit_iou_0.7_0.5_0.5/ap/car"_json_pointer);
  const std::vector<std::string> difficulties = {"easy", "moderate", "hard"};
  int compared = 0;
  for (const MetricValue& metric : result.metrics) {
    if (metric.name.rfind("ap_", 0) != 0 || metric.iou != 0.7) continue;
    const auto difficulty = std::find(difficulties.begin(), difficulties.end(), metric.difficulty) -
                            difficulties.begin();
    const json& values =
        expected.at(metric.name.substr(3)).at(fmt::format("AP{}", metric.recall_positions));
    EXPECT_NEAR(metric.value, values.at(static_cast<size_t>(difficulty)).get<double>(), 1e-4)
        << metric.name << " " << metric.difficulty << " AP" << metric.recall_positions;
    ++compared;
  }
  EXPECT_GE(compared, 4 * 2 * 3);
}

// 64 objects of 512 px took 1.9 GB.
TEST(ObjectsAtOnce, AreFewerWhereCropsAreLarge) {
  EXPECT_EQ(objects_at_once(16), 64u);
  EXPECT_EQ(objects_at_once(64), 64u);
  EXPECT_EQ(objects_at_once(128), 64u);
  EXPECT_EQ(objects_at_once(256), 16u);
  EXPECT_EQ(objects_at_once(512), 8u);
  EXPECT_EQ(objects_at_once(4096), 8u);
}

}  // namespace
}  // namespace monodr
