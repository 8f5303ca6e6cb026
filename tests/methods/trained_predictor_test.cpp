// SPDX-License-Identifier: Apache-2.0
#include "methods/trained_predictor.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "cell/data_request.h"
#include "cell/prepare.h"
#include "cell/run_cell.h"
#include "cell/small_cell.h"
#include "fitting/initialiser.h"
#include "fitting/observation_batch.h"
#include "methods/example_bytes.h"
#include "methods/fit_pipeline.h"
#include "methods/method.h"
#include "methods/predictor_training.h"
#include "methods/pseudo_labels.h"
#include "methods/short_descent.h"
#include "methods/training_examples.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Twenty made-up cars, two epochs of a small network.
json learning_config(const std::string& supervision) {
  json config = small_config();
  config["predictor"] = predictor_binding().write({});
  config["train"] = train_binding().write({});
  config.merge_patch(json::parse(R"({
    "method": {"name": "predictor"},
    "predictor": {"plugin": "resnet_predictor", "proposals": 2, "resnet_predictor": {}},
    "train": {"objects": 20, "epochs": 2, "batch": 24, "scene_look": "plain", "rule": "mean", "rounds": 1,
              "accept_consistency": 0.0, "accept_heading": 0.0}})"));
  config["train"]["supervision"] = supervision;
  return config;
}

class TrainedPredictorTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { cache_ = new ScratchFolder; }
  static void TearDownTestSuite() { delete cache_; }
  void TearDown() override { at::set_num_threads(threads_); }

  std::string path(const json& config) { return predictor_path(config, registry_, cache_->path()); }

  void make(const json& config) {
    prepare_predictor(
        config,
        registry_,
        cache_->path(),
        [](const std::string&, double) {},
        [](const std::string&) {});
  }
  TensorTable made_anew(const json& config) {
    fs::remove(path(config));
    make(config);
    return read_predictor_file(path(config)).table;
  }
  static std::string difference(const TensorTable& a, const TensorTable& b) {
    if (a.size() != b.size()) return "they have other arrays";
    for (const auto& [name, tensor] : a)
      if (!tensor.equal(b.at(name))) return name + " differs";
    return "";
  }

  int threads_ = at::get_num_threads();
  Registry registry_{plugin_folders()};
  static ScratchFolder* cache_;
};
ScratchFolder* TrainedPredictorTest::cache_ = nullptr;

TEST_F(TrainedPredictorTest, IsNamedByAllThatGoesIntoItAndNothingElse) {
  const json config = learning_config("render");
  json other = config;
  other["predictor"]["heading_weight"] = 3.0;
  other["predictor"]["views"] = 3;
  other["dataset"]["objects"] = 7;
  other["dataset"]["scene_seed"] = 9;
  other["dataset"].update(
      {{"frames_per_sequence", 5}, {"frames_per_object", 5}, {"sequence_motion", "parked"}});
  other["fit"]["iterations"] = 50;
  other["method"]["name"] = "predictor+fit";
  other["dataset"]["masks"] = "grabcut";
  other["dataset"]["depth"] = "none";
  EXPECT_EQ(path(other), path(config));
  const std::vector<std::pair<const char*, json>> inputs = {
      {"/predictor/proposals", 3},
      {"/predictor/resnet_predictor/mask", true},
      {"/train/epochs", 3},
      {"/train/objects", 30},
      {"/train/seed", 1},
      {"/train/scene_look", "street"},
      {"/train/views", 3},
      {"/train/rule", "hindsight"},
      {"/train/judge_steps", 4},
      {"/fit/rate_heading", 0.01},
      {"/dataset/mask_raggedness", 1.0},
      {"/loss/mask/weight", 2.0},
      {"/shape_prior/seed", 1},
      {"/renderer/image_size", 48}};
  std::set<std::string> paths{path(config)};
  for (const auto& [key, value] : inputs) {
    other = config;
    other[json::json_pointer(key)] = value;
    EXPECT_TRUE(paths.insert(path(other)).second) << key;
  }
  const std::string after =
      predictor_path(config, registry_, cache_->path(), predictor_training_version + 1);
  EXPECT_TRUE(paths.insert(after).second) << "another training takes no weights of this one";
}

/// From the second round on fits start where the network says, and how its word counts decides which of them are learned.
TEST_F(TrainedPredictorTest, RoundsAreNamedByWhatTheNetworkSaysInThem) {
  const std::vector<std::pair<const char*, json>> words = {
      {"heading_weight", 3.0}, {"views", 3}, {"mirror", false}};
  for (const int rounds : {1, 2}) {
    json config = learning_config("pseudo_labels");
    config["train"]["rounds"] = rounds;
    for (const auto& [key, value] : words) {
      json other = config;
      other["predictor"][key] = value;
      EXPECT_EQ(path(other) == path(config), rounds == 1) << key << ", rounds " << rounds;
    }
  }
}

TEST_F(TrainedPredictorTest, TheRuleOverHeadsHasParametersOfItsOwn) {
  json config = learning_config("render");
  config["train"]["rule"] = "hindsight";
  json later = config;
  later["train"]["hindsight"] = {{"from_step", 1000}};
  EXPECT_NE(path(later), path(config));
  config["train"]["hindsight"] = {{"from_step", 0}};
  EXPECT_NE(difference(made_anew(config), made_anew(later)), "") << "from_step decides who learns";
}

TEST_F(TrainedPredictorTest, ScenesThatItHasLearnedAreNotWhatItIsJudgedOn) {
  json config = learning_config("labels");
  check_predictor(config, registry_);
  config["dataset"]["scene_seed"] = config["train"]["scene_seed"];
  try {
    check_predictor(config, registry_);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'train.scene_seed'"));
  }
  // Of a file nobody knows before it is read.
  TrainedPredictor trained;
  trained.record.training = config["train"];
  DatasetSettings judged = cell_settings(config).dataset;
  EXPECT_THAT(trained.seen_before(judged), testing::HasSubstr("scenes"));
  judged.scene_seed += 1;
  EXPECT_EQ(trained.seen_before(judged), "");
}

TEST_F(TrainedPredictorTest, LabelsOfTheFramesItIsJudgedOnAreTold) {
  TrainedPredictor trained;
  const auto seen = [&](const char* supervision, const char* split, const char* root) {
    trained.record.training = {
        {"supervision", supervision}, {"frames", "real"}, {"root", root}, {"split", split}};
    DatasetSettings judged;
    judged.source = DataSource::kitti;
    judged.root = cache_->path();
    judged.split = "val";
    return trained.seen_before(judged) != "";
  };
  const std::string same = cache_->path() + "/.", other = cache_->path() + "/other";
  EXPECT_TRUE(seen("labels", "val", same.c_str()));
  EXPECT_TRUE(seen("labels", "", same.c_str())) << "all frames of the folder";
  EXPECT_FALSE(seen("labels", "train", same.c_str()));
  EXPECT_FALSE(seen("labels", "val", other.c_str()));
  EXPECT_FALSE(seen("pseudo_labels", "val", same.c_str())) << "no label is seen";
}

/// Of every detection what the network says of its heading, and of the cell how often it says another one.
TEST_F(TrainedPredictorTest, ACellKeepsWhatItSaysOfHeadings) {
  json config = learning_config("labels");
  config["dataset"]["objects"] = 8;
  for (const char* method : {"predictor", "predictor+fit"}) {
    config["method"]["name"] = method;
    prepare(
        config,
        registry_,
        cache_->path(),
        [](const std::string&, double) {},
        [](const std::string&) {});
    CellOrder order;
    order.record.config = config.dump();
    order.plugin_folders = plugin_folders();
    order.cache = cache_->path();
    const CellResult result = run_cell(order, [](const std::string&, double) {}).result;
    std::map<std::string, const FrameAnnotations*> frame_of;
    size_t detections = 0;
    for (const FrameAnnotations& frame : result.detections) {
      frame_of[frame.frame] = &frame;
      detections += frame.objects.size();
    }
    ASSERT_GE(detections, 8u);
    ASSERT_EQ(result.distributions.size(), detections) << method;
    double doubted = 0;
    for (const DetectedDistribution& d : result.distributions) {
      const double alpha = frame_of.at(d.frame)->objects.at(size_t(d.detection)).alpha;
      double sum = 0, support = 0;
      for (size_t bin = 0; bin < d.probabilities.size(); ++bin) {
        const double centre = (double(bin) + 0.5) * 2 * M_PI / double(d.probabilities.size());
        sum += d.probabilities[bin];
        if (std::cos(centre - alpha) > std::cos(M_PI / 4)) support += d.probabilities[bin];
      }
      EXPECT_NEAR(sum, 1, 1e-3) << method;
      doubted += support < 0.2;
    }
    for (const ObjectResult& object : result.objects)
      EXPECT_EQ(std::isnan(object.heading_support), !object.matched) << method;
    const auto metric = std::find_if(result.metrics.begin(), result.metrics.end(), [](auto& m) {
      return m.name == "doubted_headings";
    });
    ASSERT_NE(metric, result.metrics.end()) << method;
    EXPECT_NEAR(metric->value, doubted / double(detections), 1e-9) << method;
  }
}

TEST_F(TrainedPredictorTest, TheSameBitsOnOneThreadAndOnTwo) {
  for (const std::string supervision :
       {"labels", "corners", "coordinates", "render", "views", "pseudo_labels"}) {
    const bool of_labels = supervision == "corners" || supervision == "coordinates";
    const bool of_views = supervision == "views";
    json config = learning_config(of_labels ? "labels" : of_views ? "render" : supervision);
    if (of_views) config["train"]["views"] = 3;
    if (supervision == "corners") config["train"]["compare"] = "corners";
    if (supervision == "coordinates") config["predictor"]["resnet_predictor"]["coordinates"] = true;
    at::set_num_threads(1);
    const TensorTable one = made_anew(config);
    at::set_num_threads(2);
    EXPECT_EQ(difference(one, made_anew(config)), "") << supervision;
    const PredictorRecord record = read_predictor_record(path(config));
    ASSERT_EQ(record.curve.size(), 2u) << supervision;
    EXPECT_TRUE(std::isfinite(record.curve[1].training)) << supervision;
  }
}

TEST_F(TrainedPredictorTest, ACurriculumBeginsWithLabelsAndGoesOnWithTheFitsOfOtherFrames) {
  json config = learning_config("labels");
  make(config);
  const std::string frames = training_requests(cell_settings(config), cache_->path()).at(0).root;
  config["train"].update(
      {{"supervision", "curriculum"}, {"frames", "both"}, {"root", frames}, {"rounds", 2}});
  config["predictor"]["resnet_predictor"]["coordinates"] = true;
  make(config);
  const PredictorRecord record = read_predictor_record(path(config));
  const json& accepted = record.training.at("accepted");
  ASSERT_EQ(accepted.size(), 2u) << "of two rounds; the labels before them are no round";
  EXPECT_GT(accepted[0].get<int>(), 0);
  EXPECT_EQ(record.curve.size(), 3 * 2u);
  config["train"].update({{"accept_consistency", 1.0}, {"rounds", 1}, {"epochs", 1}});
  make(config);
  EXPECT_EQ(read_predictor_record(path(config)).training.at("accepted")[0], 0);
}

TEST_F(TrainedPredictorTest, ObjectCoordinatesOfMadeUpCarsAreExactWhateverTheDepthIsLike) {
  json clean = learning_config("labels");
  clean["predictor"]["resnet_predictor"]["coordinates"] = true;
  clean["train"]["epochs"] = 1;
  json faulty = clean;
  faulty["dataset"].update({{"depth_noise", 0.2}, {"depth_row_step", 5}});
  EXPECT_EQ(path(clean), path(faulty));
  EXPECT_EQ(difference(made_anew(clean), made_anew(faulty)), "");
  // Not where the network sees that depth.
  for (json* config : {&clean, &faulty}) (*config)["predictor"]["resnet_predictor"]["depth"] = true;
  EXPECT_NE(difference(made_anew(clean), made_anew(faulty)), "");
}

TEST_F(TrainedPredictorTest, WhereItsTrainingsFitsStartIsNotWhereItStarts) {
  json config = learning_config("labels");
  config["fit"]["start"] = "search";
  const auto refusal = [&] {
    try {
      check_method(config, registry_);
      return std::string();
    } catch (const UserError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(refusal(), testing::HasSubstr("'fit.start'"));
  config["method"]["name"] = "predictor+fit";
  EXPECT_EQ(refusal(), "");
  config["method"]["name"] = "predictor";
  config["train"].update(
      {{"supervision", "curriculum"}, {"frames", "both"}, {"root", "somewhere"}});
  EXPECT_EQ(refusal(), "");
}

TEST_F(TrainedPredictorTest, ObjectCoordinatesAreNotLearnedByRendering) {
  json config = learning_config("render");
  config["predictor"]["resnet_predictor"]["coordinates"] = true;
  try {
    make(config);
    FAIL() << "there are no known states";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("train.supervision"));
  }
}

/// The claim: no column of a label but those of the 2-D box has a part in it, nor where its line tells which track it is of.
TEST_F(TrainedPredictorTest, RenderingLearnsFromNoLabel) {
  json config = learning_config("render");
  config["train"]["views"] = 3;
  const TensorTable before = made_anew(config);
  const CellSettings settings = cell_settings(config);
  const std::string root = training_requests(settings, cache_->path()).at(0).root;
  std::map<std::string, std::string> labels;
  for (const auto& entry : fs::directory_iterator(root + "/training/label_2")) {
    const std::string file = entry.path().string(), text = labels[file] = read_file(file);
    std::string changed, line;
    for (std::istringstream lines(text); std::getline(lines, line);) {
      std::istringstream columns(line);
      std::vector<std::string> words{std::istream_iterator<std::string>(columns), {}};
      if (words.size() < 15) continue;
      words[3] = "0.5";                                                    // alpha
      for (size_t i = 8; i < 15; ++i) words[i] = i == 13 ? "30" : "1.25";  // the 3-D box
      changed += join(words, " ") + "\n";
    }
    EXPECT_NE(changed, text);
    write_file_atomically(file, changed);
  }
  EXPECT_EQ(difference(before, made_anew(config)), "");
  for (const auto& [file, text] : labels) write_file_atomically(file, text);
}

TEST_F(TrainedPredictorTest, OneThatWillLearnLittleIsToldOfBeforeItsTraining) {
  const auto notes_of = [&](const std::string& supervision, const std::string& rule) {
    json config = learning_config(supervision);
    config["train"]["rule"] = rule;
    config["train"]["judge_steps"] = 0;
    std::vector<std::string> notes;
    bool reads_frames = false;
    prepare(
        config,
        registry_,
        cache_->path(),
        [&](const std::string& what, double) {
          reads_frames = reads_frames || what.find("training frames") != std::string::npos;
        },
        [&](const std::string& note) {
          EXPECT_FALSE(reads_frames) << "not when the time is spent";
          notes.push_back(note);
        });
    return notes;
  };
  EXPECT_THAT(notes_of("render", "hindsight"),
              testing::ElementsAre(testing::HasSubstr("learned_by_rendering.toml")));
  EXPECT_THAT(notes_of("render", "mean"), testing::IsEmpty());
  EXPECT_THAT(notes_of("labels", "hindsight"), testing::IsEmpty());
}

TEST_F(TrainedPredictorTest, OneTrainedWithLabelsSaysSo) {
  json config = learning_config("labels");
  for (const char* method : {"predictor", "predictor+fit"}) {
    config["method"]["name"] = method;
    prepare(
        config,
        registry_,
        cache_->path(),
        [](const std::string&, double) {},
        [](const std::string&) {});
    const DatasetRequest data = data_request(cell_settings(config), 0, cache_->path());
    const ObservationSet set = load_observations(data);
    const MethodResult found =
        make_method(config, registry_, cache_->path())->detect(set, [](double) {});
    ASSERT_EQ(found.objects.size(), set.observations.size());
    for (const FittedObject& object : found.objects) EXPECT_TRUE(object.has_box());
    EXPECT_THAT(found.notes, testing::Contains(testing::HasSubstr("trained with labels")));
    EXPECT_THAT(found.curves, testing::Contains(testing::Key("predictor training")));
  }
  EXPECT_EQ(load_trained_predictor(learning_config("labels"), registry_, cache_->path()).note(),
            "supervised: its predictor was trained with labels");
}

TEST_F(TrainedPredictorTest, AFileOfAnotherPriorIsRefused) {
  json config = learning_config("labels");
  make(config);
  json other = config;
  other["predictor"]["file"] = path(config);
  make(other);
  other["shape_prior"]["latent_dims"] = 3;
  try {
    make(other);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'predictor.file'"));
  }
}

/// Training itself, stopped and gone on with.
class PredictorTrainingTest : public TrainedPredictorTest {
 protected:
  /// Stops after `steps` steps, if that is not the end; returns the last checkpoint.
  TensorTable trained(const TensorTable& from, int steps, bool to_the_end) {
    make(learning_config("labels"));
    std::vector<PredictorRecord::CurvePoint> curve;
    return trained(from, steps, to_the_end, 5, nullptr, curve);
  }

  TensorTable trained(const TensorTable& from,
                      int steps,
                      bool to_the_end,
                      int batch,
                      const TrainingGroup* group,
                      std::vector<PredictorRecord::CurvePoint>& curve) {
    CellSettings settings = cell_settings(learning_config("labels"));
    settings.train.batch = batch;
    settings.train.patience = 9;
    const auto examples = examples_of_tracks(settings);
    TensorTable last;
    int done = 0;
    const auto end = train_with(
        settings,
        known_state_loss(),
        examples,
        curve,
        [&](double) { return to_the_end || ++done < steps; },
        [&](const auto& table) { last = table(); },
        from,
        group);
    EXPECT_EQ(end.has_value(), to_the_end);
    return end ? *end : last;
  }

  /// Labelled single pictures, of which each fifth is said to show the same car, where there are views.
  std::vector<TrainingExample> examples_of_tracks(CellSettings& settings) {
    const auto requests = training_requests(settings, cache_->path());
    std::vector<TrainingExample> examples = load_examples(requests, true, 2, [](double) {});
    settings.train.views = views_;
    for (std::size_t i = 0; i < examples.size() && views_ > 1; ++i)
      examples[i].track = "car " + std::to_string(i % 5);
    return examples;
  }

  std::optional<TensorTable> train_with(const CellSettings& settings,
                                        const ProposalLoss& loss,
                                        const std::vector<TrainingExample>& examples,
                                        std::vector<PredictorRecord::CurvePoint>& curve,
                                        const TrainingProgress& progress = {},
                                        const TrainingCheckpoint& checkpoint = {},
                                        const TensorTable& from = {},
                                        const TrainingGroup* group = nullptr) {
    const auto predictor = registry_.make<Predictor>(
        "resnet_predictor",
        Parameters(registry_.find(PluginKind::predictor, "resnet_predictor").info.parameters));
    return train_it(*predictor, settings, loss, examples, curve, progress, checkpoint, from, group);
  }

  std::optional<TensorTable> train_it(Predictor& predictor,
                                      const CellSettings& settings,
                                      const ProposalLoss& loss,
                                      const std::vector<TrainingExample>& examples,
                                      std::vector<PredictorRecord::CurvePoint>& curve,
                                      const TrainingProgress& progress = {},
                                      const TrainingCheckpoint& checkpoint = {},
                                      const TensorTable& from = {},
                                      const TrainingGroup* group = nullptr) {
    const auto prior = load_shape_prior(learning_config("labels"), registry_, cache_->path());
    const auto rule = registry_.make<Rule>(
        "mean", Parameters(registry_.find(PluginKind::rule, "mean").info.parameters));
    const PredictorLayout layout{2, prior->shape_dimensions(), prior->texture_dimensions()};
    predictor.begin(layout, 1);
    PredictorTraining training{settings.train,
                               settings.fit,
                               settings.renderer.image_size,
                               *rule,
                               *prior,
                               {layout.shape_dimensions, layout.texture_dimensions},
                               loss,
                               progress,
                               checkpoint,
                               from,
                               group};
    return train_predictor(predictor, examples, training, curve);
  }

  int views_ = 1;
};

/// What a training with some copies of each example shows: how often each depth was learned from, and what validation was.
struct Shown {
  std::map<float, int> learned, kept_aside;
  std::vector<double> validation;
};

TEST_F(PredictorTrainingTest, ValidationIsAsAtTheEndAndHasNoCopyOfWhatIsLearned) {
  make(learning_config("labels"));
  CellSettings settings = cell_settings(learning_config("labels"));
  settings.train.validation = 0.25;
  settings.train.learning_rate = 0;
  auto examples =
      load_examples(training_requests(settings, cache_->path()), true, 2, [](double) {});
  for (std::size_t i = 0; i < examples.size(); ++i) {
    examples[i].known_state->alpha = 1e-2 * static_cast<double>(i);
    examples[i].copies = i % 2 == 0 ? 3 : 1;
  }
  settings.train.randomise.mirror = 0;
  std::mutex mutex;
  Shown shown;
  const ProposalLoss loss =
      [&](const Proposals& proposals, const TrainingBatch& batch, double share) {
        const std::lock_guard lock(mutex);
        const at::Tensor alpha = batch.known.select(1, PredictorLayout::kHeading);
        auto& counts = at::GradMode::is_enabled() ? shown.learned : shown.kept_aside;
        for (int64_t i = 0; i < alpha.numel(); ++i) ++counts[alpha[i].item<float>()];
        return HeadLosses{0 * proposals.state.sum(2) + share, alpha.contiguous()};
      };
  settings.train.distillation = 0;
  std::vector<PredictorRecord::CurvePoint> curve;
  train_with(settings, loss, examples, curve);
  ASSERT_EQ(curve.size(), 2U);
  for (const auto& point : curve) EXPECT_DOUBLE_EQ(point.validation, 1) << "the share at the end";
  EXPECT_LT(curve.front().training, 1);
  EXPECT_EQ(shown.learned.size() + shown.kept_aside.size(), examples.size());
  EXPECT_EQ(shown.kept_aside.size(), examples.size() / 4);
  for (const auto& [alpha, times] : shown.kept_aside) {
    EXPECT_EQ(shown.learned.count(alpha), 0U) << "validates what it has learned";
    EXPECT_EQ(times, 2) << "once an epoch";
  }
  for (const auto& [alpha, times] : shown.learned)
    EXPECT_EQ(times, 2 * (std::lround(alpha / 1e-2) % 2 == 0 ? 3 : 1)) << alpha;
}

TEST_F(PredictorTrainingTest, GoesOnToTheSameBitsFromEveryStep) {
  for (views_ = 1; views_ <= 3; views_ += 2) {
    const TensorTable whole = trained({}, 0, true);
    for (const int steps : {1, 3, 4, 6})
      EXPECT_EQ(difference(whole, trained(trained({}, steps, false), 0, true)), "") << steps;
  }
}

/// All that it says of a car, place and size alike, is a weight times the brightness of its picture.
class BrightnessPredictor : public Predictor {
 public:
  PredictorInputs reads() const override { return {}; }
  void begin(const PredictorLayout& layout, std::uint64_t) override {
    layout_ = layout;
    weight_ = at::full({1}, 0.5);
  }
  TensorTable weights() const override { return {{"weight", weight_}}; }
  Proposals predict(const ObservationBatch& batch) const override {
    const int64_t heads = layout_.proposals;
    Proposals said;
    said.heading = at::log_softmax(at::zeros({batch.count(), 24}), 1);
    said.log_probability = at::log_softmax(at::zeros({batch.count(), heads}), 1);
    said.state =
        (weight_ * brightness_of(batch)).view({-1, 1, 1}).expand({-1, heads, layout_.columns()});
    return said;
  }
  static at::Tensor brightness_of(const ObservationBatch& batch) {
    return batch.image.mean({1, 2, 3});
  }
  const at::Tensor& weight() const { return weight_; }

 private:
  PredictorLayout layout_;
  at::Tensor weight_;
};

/// The examples of a batch: each one's stated deviation of depth is its number.
std::vector<int> numbers_of(const ObservationBatch& batch) {
  std::vector<int> numbers;
  for (int64_t b = 0; b < batch.count(); ++b)
    numbers.push_back(static_cast<int>(std::lround(100 * batch.depth_deviation[b].item<float>())));
  return numbers;
}

TEST_F(PredictorTrainingTest, AViewIsDrawnWithTheShapeThatAnotherViewSays) {
  make(learning_config("labels"));
  CellSettings settings = cell_settings(learning_config("labels"));
  views_ = 3;
  const auto examples = examples_of_tracks(settings);
  BrightnessPredictor predictor;
  std::mutex mutex;
  int batches = 0;
  std::string wrong;
  const ProposalLoss loss = [&](const Proposals& proposals, const TrainingBatch& batch, double) {
    const std::lock_guard lock(mutex);
    using L = PredictorLayout;
    const auto says = [&](int64_t column, const ObservationBatch& seen) {
      return proposals.state.select(2, column).allclose(
          (predictor.weight() * BrightnessPredictor::brightness_of(seen)).unsqueeze(1));
    };
    for (const int column : {0, L::kDepth, L::kHeading})
      if (!says(column, batch.seen)) wrong += fmt::format("pose, column {}; ", column);
    for (const int column : {L::kSize, L::kSize + 2, L::kShape})
      if (!says(column, batch.other->seen)) wrong += fmt::format("shape, column {}; ", column);
    const at::Tensor size = proposals.state.select(2, L::kSize);
    if (at::GradMode::is_enabled()) {
      ++batches;
      const at::Tensor gradient =
          torch::autograd::grad({size.sum()}, {predictor.weight()}, {}, true).front();
      const at::Tensor expected =
          static_cast<double>(size.size(1)) *
          BrightnessPredictor::brightness_of(batch.other->seen).sum().view({1});
      if (!gradient.allclose(expected, 1e-4)) wrong += "the gradient is not of the other picture; ";
    }
    return HeadLosses{size, at::zeros({size.size(0)})};
  };
  std::vector<PredictorRecord::CurvePoint> curve;
  ASSERT_TRUE(train_it(predictor, settings, loss, examples, curve));
  EXPECT_EQ(wrong, "");
  EXPECT_GT(batches, 0);
  EXPECT_NE(predictor.weight().item<float>(), 0.5F) << "what the other picture teaches is learned";
}

TEST_F(PredictorTrainingTest, TheOtherViewIsOfTheSameTrackWhichStandsOnOneSideOfTheSplit) {
  make(learning_config("labels"));
  CellSettings settings = cell_settings(learning_config("labels"));
  settings.train.validation = 0.4;
  settings.train.epochs = 6;
  views_ = 3;
  auto examples = examples_of_tracks(settings);
  examples[1].track = "";  // one whose other views nobody knows
  for (std::size_t i = 0; i < examples.size(); ++i)
    examples[i].about.depth_deviation = static_cast<double>(i) / 100;
  std::mutex mutex;
  std::map<int, std::set<int>> learned, kept_aside;
  std::string wrong;
  const ProposalLoss loss = [&](const Proposals& said, const TrainingBatch& batch, double) {
    const std::lock_guard lock(mutex);
    const std::vector<int> own = numbers_of(batch.seen), other = numbers_of(batch.other->seen);
    for (std::size_t b = 0; b < own.size(); ++b)
      (at::GradMode::is_enabled() ? learned : kept_aside)[own[b]].insert(other[b]);
    return HeadLosses{0 * said.state.sum(2), at::zeros({said.state.size(0)})};
  };
  std::vector<PredictorRecord::CurvePoint> curve;
  train_with(settings, loss, examples, curve);
  EXPECT_EQ(learned.size() + kept_aside.size(), examples.size());
  EXPECT_FALSE(kept_aside.empty());
  const auto track = [&](int i) { return examples[static_cast<std::size_t>(i)].track; };
  std::set<std::string> aside;
  for (const auto& [own, others] : kept_aside) {
    aside.insert(track(own));
    EXPECT_EQ(others.size(), 1U) << "validation is the same in each epoch";
  }
  bool has_choice = false;
  for (const auto& [own, others] : learned) {
    EXPECT_EQ(aside.count(track(own)), 0U) << own;
    has_choice = has_choice || others.size() > 1;
  }
  EXPECT_TRUE(has_choice);
  for (const auto* shown : {&learned, &kept_aside})
    for (const auto& [own, others] : *shown)
      for (const int other : others) {
        EXPECT_EQ(track(other), track(own));
        EXPECT_EQ(other == own, track(own).empty()) << own;
      }
}

/// Whatever is known of tracks, single pictures are shown by themselves.
TEST_F(PredictorTrainingTest, WithOneViewThereIsNoOther) {
  make(learning_config("labels"));
  CellSettings settings = cell_settings(learning_config("labels"));
  views_ = 3;
  const auto examples = examples_of_tracks(settings);
  settings.train.views = 1;
  bool has_other = false;
  const ProposalLoss loss = [&](const Proposals& said, const TrainingBatch& batch, double) {
    if (batch.other) has_other = true;
    return HeadLosses{0 * said.state.sum(2), at::zeros({said.state.size(0)})};
  };
  at::set_num_threads(1);
  std::vector<PredictorRecord::CurvePoint> curve;
  train_with(settings, loss, examples, curve);
  EXPECT_FALSE(has_other);
}

TEST_F(TrainedPredictorTest, OneThatHasLearnedFromViewsSaysOneShape) {
  for (const int views : {1, 3}) {
    json config = learning_config("render");
    config["train"].update({{"views", views}, {"epochs", 1}});
    make(config);
    const CellSettings settings = cell_settings(config);
    const auto examples =
        load_examples(training_requests(settings, cache_->path()), false, 2, [](double) {});
    const at::NoGradGuard no_gradient;
    const at::Tensor state =
        load_trained_predictor(config, registry_, cache_->path())
            .predictor
            ->predict(make_observation_batch(
                {cut(examples[0], {}, 32)}, settings.fit.size_mean, settings.fit.size_deviation))
            .state;
    const at::Tensor size = state.slice(2, PredictorLayout::kSize, PredictorLayout::kHeading);
    EXPECT_EQ(size.select(1, 0).equal(size.select(1, 1)), views > 1) << views;
  }
}

TEST_F(PredictorTrainingTest, MadeUpViewsOfACarKnowTheirTrack) {
  json config = learning_config("render");
  config["train"]["views"] = 3;
  prepare_training_data(config, registry_, cache_->path(), [](const std::string&, double) {});
  const auto requests = training_requests(cell_settings(config), cache_->path());
  const auto examples = load_examples(requests, false, 2, [](double) {});
  std::map<std::string, std::set<std::string>> frames;
  for (const TrainingExample& example : examples) {
    EXPECT_FALSE(example.track.empty());
    EXPECT_TRUE(frames[example.track].insert(example.about.frame).second) << "twice in a frame";
  }
  std::size_t most = 0;
  for (const auto& [track, seen_in] : frames) most = std::max(most, seen_in.size());
  EXPECT_EQ(most, 3U);
  const FramesExamples handed_over = frames_examples_from_bytes(to_bytes({examples}));
  for (const TrainingExample& example : handed_over.at(0))
    EXPECT_EQ(frames.count(example.track), 1U) << "what processes hand each other";
}

/// Heads that say what is known cost nothing but their codes; one that is a tenth too far costs a tenth of the depth in metres.
TEST_F(PredictorTrainingTest, CornersOfAKnownStateAreComparedInMetres) {
  const PredictorLayout layout{2, 1, 0};
  Observation observation;
  observation.camera = {{700, 700, 620, 180}, {0, 0, 0}, 1242, 375};
  observation.box = {500, 150, 620, 230};
  observation.crop = crop_around(observation.box, 1.3, 64);
  observation.image.assign(3 * 64 * 64, 0.5F);
  observation.mask.assign(64 * 64, 1);
  observation.known.assign(64 * 64, 1);
  observation.depth.assign(64 * 64, 0);
  const std::array<double, 3> mean{1.53, 1.63, 3.88};
  TrainingBatch batch;
  batch.observed = make_observation_batch({observation}, mean, {0.1, 0.1, 0.1});
  batch.starts = at::zeros({1, StateLayout::kShape + 1});
  batch.starts.select(1, StateLayout::kDepth).fill_(std::log(20.0));
  batch.known = at::tensor({0.02F, -0.01F, 0.1F, 0.05F, 0.0F, -0.05F, 0.8F}).view({1, 7});
  Proposals proposals;
  proposals.state = at::cat({batch.known, at::zeros({1, 1})}, 1).view({1, 1, 8}).repeat({1, 2, 1});
  proposals.state.select(1, 1).select(1, PredictorLayout::kDepth).add_(std::log(1.1));
  const ProposalLoss loss = known_corner_loss({layout.shape_dimensions, layout.texture_dimensions});
  for (const double share : {0.0, 1.0}) {
    const HeadLosses losses = loss(proposals, batch, share);
    EXPECT_NEAR(losses.heads[0][0].item<double>(), 0, 1e-3) << share;
    EXPECT_NEAR(losses.heads[0][1].item<double>(), 2 * std::exp(0.1), 0.02) << share;
    EXPECT_NEAR(losses.heading[0].item<double>(), 0.8, 1e-6);
  }
}

/// Whose heading the student learns is a matter of each object and of its heads as a set.
TEST_F(PredictorTrainingTest, AShortDescentJudgesEachObjectByItself) {
  json config = learning_config("render");
  make(config);
  CellSettings settings = cell_settings(config);
  const FitPipeline pipeline = make_fit_pipeline(config, registry_, cache_->path());
  const Objective objective = pipeline.objective();
  const auto examples =
      load_examples(training_requests(settings, cache_->path()), false, 2, [](double) {});
  ASSERT_GE(examples.size(), 4U);
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < 4; ++i)
    observations.push_back(cut(examples[i], {}, settings.renderer.image_size));
  FitSettings fit = pipeline.settings;
  fit.hypotheses = 4;
  const auto batch_of = [&](const std::vector<Observation>& some) {
    return make_observation_batch(some, fit.size_mean, fit.size_deviation);
  };
  const ObservationBatch batch = batch_of(observations);
  const at::Tensor states =
      HeadingInitialiser()
          .start(observations, batch, *pipeline.prior, objective.layout(), fit)
          .state;
  const at::Tensor before = states.clone();
  const auto judged = [&](const at::Tensor& rows, const ObservationBatch& of) {
    return headings_after_descent(objective, fit.rates, 7, rows, of);
  };
  const at::Tensor together = judged(states, batch);
  EXPECT_TRUE(states.equal(before));
  EXPECT_FALSE(together.requires_grad());
  for (int64_t i = 0; i < 4; ++i) {
    const ObservationBatch own = batch_of({observations[static_cast<std::size_t>(i)]});
    const at::Tensor rows = states.narrow(0, 4 * i, 4);
    EXPECT_TRUE(judged(rows, own).equal(together.narrow(0, i, 1))) << i;
    EXPECT_TRUE(judged(rows.flip(0).contiguous(), own).equal(together.narrow(0, i, 1))) << i;
    // One head alone is moved, and by no more than its steps.
    const at::Tensor moved =
        judged(rows.narrow(0, 0, 1), own) - rows.narrow(0, 0, 1).select(1, StateLayout::kHeading);
    EXPECT_GT(moved.abs().item<double>(), 0) << i;
    EXPECT_LT(moved.abs().item<double>(), 7 * 2 * fit.rates.heading) << i;
  }
}

/// Two processes, each a thread here: they share nothing but the store. Its steps of 18 objects are parts of 16 and 2.
TEST_F(PredictorTrainingTest, TwoLearnAsOneDoes) {
  if (!TrainingGroup::is_built_in()) GTEST_SKIP() << "built without gloo";
  make(learning_config("labels"));
  using Curve = std::vector<PredictorRecord::CurvePoint>;
  Curve alone;
  const TensorTable one = trained({}, 0, true, 20, nullptr, alone);
  // What the leader goes on from is all that the other needs.
  Curve ignored;
  const TensorTable begun = trained({}, 1, false, 20, nullptr, ignored);
  for (const bool resumes : {false, true}) {
    const ScratchFolder place;
    std::array<TensorTable, 2> ends;
    std::array<Curve, 2> curves;
    const auto learn = [&](int rank) {
      const TrainingGroup group({rank, 2, place.path() + "/store"});
      const TensorTable from = resumes && group.leads() ? begun : TensorTable();
      ends[static_cast<size_t>(rank)] =
          trained(from, 0, true, 20, &group, curves[static_cast<size_t>(rank)]);
      group.part();
    };
    std::thread other(learn, 1);
    learn(0);
    other.join();
    EXPECT_EQ(difference(ends[0], ends[1]), "") << "each keeps the same weights";
    const size_t before = resumes ? 1 : 0;  // epochs that the checkpoint has behind it
    ASSERT_EQ(curves[0].size() + before, alone.size());
    for (size_t i = before; i < alone.size(); ++i) {
      const auto& point = curves[0][i - before];
      EXPECT_NEAR(point.training, alone[i].training, 1e-4 * alone[i].training) << i;
      EXPECT_NEAR(point.validation, alone[i].validation, 1e-3 * alone[i].validation) << i;
    }
    for (const auto& [name, tensor] : one)
      if (tensor.is_floating_point() && name.find('.') != std::string::npos) {
        EXPECT_LT((tensor - ends[0].at(name)).abs().max().item<double>(), 1e-3) << name;
      }
  }
}

TEST_F(PredictorTrainingTest, OneWhoseOthersGoSaysSo) {
  if (!TrainingGroup::is_built_in()) GTEST_SKIP() << "built without gloo";
  const ScratchFolder place;
  const std::string store = place.path() + "/store";
  std::thread other([&] {
    try {
      const TrainingGroup goes({1, 2, store});
    } catch (const LostProcess&) {  // the leader may notice first
    }
  });
  const auto lead = [&] {
    const TrainingGroup group({0, 2, store});
    group.sum(at::ones({4}));
  };
  EXPECT_THROW(lead(), LostProcess);
  other.join();
  EXPECT_THROW(TrainingGroup({0, 2, "host:port"}), UserError);
}

/// Real processes: the leader starts the other, and both end.
TEST_F(TrainedPredictorTest, IsTrainedByTwoProcesses) {
  if (!TrainingGroup::is_built_in()) GTEST_SKIP() << "built without gloo";
  json config = learning_config("labels");
  config["train"]["objects"] = 40;
  make(config);
  const PredictorFile one = read_predictor_file(path(config));
  config["train"]["processes"] = 2;
  make(config);
  const PredictorFile two = read_predictor_file(path(config));
  ASSERT_EQ(two.record.curve.size(), one.record.curve.size());
  for (size_t i = 0; i < one.record.curve.size(); ++i)
    EXPECT_NEAR(two.record.curve[i].training,
                one.record.curve[i].training,
                1e-4 * one.record.curve[i].training);
}

/// Each reads half of the frames and has all, in the order in which one alone reads them.
TEST_F(PredictorTrainingTest, TwoReadWhatOneReads) {
  if (!TrainingGroup::is_built_in()) GTEST_SKIP() << "built without gloo";
  const json config = learning_config("labels");
  make(config);
  const auto requests = training_requests(cell_settings(config), cache_->path());
  std::array<std::string, 2> bytes;
  const ScratchFolder place;
  const auto read = [&](int rank) {
    const TrainingGroup group({rank, 2, place.path() + "/store"});
    const auto found = load_examples(
        requests, true, 1, [](double) {}, &group);
    bytes[static_cast<size_t>(rank)] = to_bytes({found});
    group.part();
  };
  std::thread other(read, 1);
  read(0);
  other.join();
  const auto alone = load_examples(requests, true, 2, [](double) {});
  ASSERT_GT(alone.size(), 10u);
  for (const std::string& theirs : bytes) EXPECT_TRUE(theirs == to_bytes({alone}));
}

TEST_F(PredictorTrainingTest, CutsShowTheObjectWhereItsStateSays) {
  const json config = learning_config("labels");
  make(config);
  const CellSettings settings = cell_settings(config);
  const auto examples =
      load_examples(training_requests(settings, cache_->path()), true, 2, [](double) {});
  ASSERT_GT(examples.size(), 10u);
  Random random(3, "cuts", 0);
  for (const TrainingExample& example : examples) {
    const Cut how = random_cut(settings.train.randomise, random);
    const Observation seen = cut(example, how, 32);
    const KnownState state = how.mirrored ? mirrored(*example.known_state) : *example.known_state;
    const Intrinsics k = seen.crop.intrinsics(seen.camera);
    const double u = k.fx * state.centre.x() / state.centre.z() + k.cx;
    // The middle of the 2-D box, which the crop lies around, is near the middle of the car.
    const Box2d box = seen.crop.to_crop(seen.box);
    EXPECT_NEAR(u, (box.left + box.right) / 2, 8);
    // Where the mask is, is the box.
    double inside = 0, all = 0;
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 32; ++x) {
        const double m = seen.mask[static_cast<size_t>(32 * y + x)];
        all += m;
        if (x + 1 > box.left && x < box.right) inside += m;
      }
    EXPECT_GT(inside, 0.9 * all);
  }
}

TEST_F(PredictorTrainingTest, ACutWithoutChangesIsTheCropOfTheFit) {
  const json config = learning_config("labels");
  make(config);
  CellSettings settings = cell_settings(config);
  DatasetRequest request = training_requests(settings, cache_->path()).at(0);
  const auto examples = load_examples({request}, false, 2, [](double) {});
  request.image_size = settings.renderer.image_size;
  request.crop_margin = settings.renderer.crop_margin;
  const ObservationSet set = load_observations(request);
  ASSERT_EQ(set.observations.size(), examples.size());
  for (size_t i = 0; i < examples.size(); ++i) {
    const Observation own = cut(examples[i], {}, request.image_size);
    const Observation& fit = set.observations[i];
    EXPECT_FALSE(examples[i].known_state);
    EXPECT_NEAR(own.crop.left, fit.crop.left, 0.02 * fit.crop.side);
    EXPECT_NEAR(own.crop.side, fit.crop.side, 0.02 * fit.crop.side);
    double difference = 0;
    for (size_t p = 0; p < own.image.size(); ++p)
      difference += std::abs(own.image[p] - fit.image[p]);
    EXPECT_LT(difference / static_cast<double>(own.image.size()), 0.05);
  }
}

TEST_F(PredictorTrainingTest, PseudoLabelsComeBackFromACheckpoint) {
  std::vector<TrainingExample> examples(3);
  examples[1].known_state = KnownState{{1, 2, 3}, {1.5, 1.6, 3.9}, 0.25};
  const at::Tensor table = as_table(examples);
  std::vector<TrainingExample> others(3);
  others[0].known_state = KnownState{};
  take_states(table, others);
  EXPECT_FALSE(others[0].known_state);
  ASSERT_TRUE(others[1].known_state);
  EXPECT_EQ(others[1].known_state->centre, Eigen::Vector3d(1, 2, 3));
  EXPECT_EQ(others[1].known_state->alpha, 0.25);
  EXPECT_THROW(take_states(table.slice(0, 1), others), UserError);
}

}  // namespace
}  // namespace monodr
