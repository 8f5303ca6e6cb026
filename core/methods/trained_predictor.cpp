// SPDX-License-Identifier: Apache-2.0
#include "methods/trained_predictor.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/parameters_json.h"
#include "base/remarks.h"
#include "base/sha256.h"
#include "base/text.h"
#include "fitting/proposals.h"
#include "methods/fit_pipeline.h"
#include "methods/predictor_training.h"
#include "methods/pseudo_labels.h"
#include "settings/sections.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

const PluginInfo& plugin_of(const CellSettings& settings, Registry& registry) {
  return registry.find(PluginKind::predictor, settings.predictor.plugin).info;
}

/// What [section.NAME] says of the plugin.
Parameters parameters_of(const json& config, const std::string& section, const PluginInfo& info) {
  return parameters_from_json(info.parameters,
                              config.at(section).value(info.name, json::object()),
                              section + "." + info.name);
}

std::unique_ptr<Rule> training_rule(const json& config, Registry& registry) {
  const PluginInfo& info = registry.find(PluginKind::rule, config.at("train").at("rule")).info;
  return registry.make<Rule>(info.name, parameters_of(config, "train", info));
}

/// Keys of [dataset] that made-up scenes are read without (training_requests).
constexpr const char* kEvidenceOfRealFrames[] = {"boxes",
                                                 "box_extent",
                                                 "masks",
                                                 "missing_mask",
                                                 "depth",
                                                 "depth_unit",
                                                 "depth_invalid",
                                                 "on_error",
                                                 "minimum_score",
                                                 "minimum_height"};

/// A network that sees no depth and learns from known boxes has one use for it: where on the car a pixel is (coordinate_loss). Of
/// made-up cars that is known of every pixel, whatever the faults of [dataset].
bool learns_exact_depth(const TrainSettings& train, const Predictor& predictor) {
  const bool has_labels =
      train.supervision == Supervision::labels || train.supervision == Supervision::curriculum;
  return has_labels && !predictor.reads().depth;
}

/// Whether fits that are learned from start where an earlier round's network says.
bool starts_fits(const TrainSettings& train) {
  return train.supervision == Supervision::curriculum ||
         (train.supervision == Supervision::pseudo_labels && train.rounds > 1);
}

/// All that decides what is learned, as one text.
std::string inputs_of(const json& config,
                      Registry& registry,
                      const std::string& cache,
                      int training_version) {
  const CellSettings settings = cell_settings(config);
  const PluginInfo& info = plugin_of(settings, registry);
  json inputs = {{"training", training_version},
                 {"plugin", info.file_hash},
                 {"parameters", to_json(parameters_of(config, "predictor", info))},
                 {"proposals", settings.predictor.proposals},
                 {"prior", prior_path(config, registry, cache)},
                 {"rule", registry.find(PluginKind::rule, settings.train.rule).info.file_hash},
                 {"frames", training_fingerprint(settings, cache)},
                 {"category", category_binding().write(settings.category)},
                 {"renderer", config.at("renderer")},
                 {"train", train_binding().write(settings.train)}};
  inputs["train"].erase("root");
  if (const json& train = config.at("train"); train.contains(settings.train.rule))
    inputs["rule_parameters"] = train.at(settings.train.rule);
  if (settings.train.patience > 0) inputs["validation"] = "as at the end";
  // What the evidence of a made-up scene looks like; which scenes a cell evaluates is not of it.
  json dataset = dataset_binding().write(settings.dataset);
  for (const char* key : {"source",
                          "root",
                          "category",
                          "split",
                          "objects",
                          "scene_seed",
                          "frames_per_object",
                          "frames_per_sequence",
                          "sequence_motion"})
    dataset.erase(key);
  if (!settings.train.uses_real())
    for (const char* key : kEvidenceOfRealFrames) dataset.erase(key);
  const auto predictor =
      registry.make<Predictor>(info.name, parameters_of(config, "predictor", info));
  if (!settings.train.uses_real() && learns_exact_depth(settings.train, *predictor)) {
    const json all = dataset;
    for (const auto& [key, value] : all.items())
      if (key.rfind("depth_", 0) == 0) dataset.erase(key);
  }
  inputs["dataset"] = dataset;
  if (settings.train.supervision != Supervision::labels) {
    inputs["renderer_file"] =
        registry.find(PluginKind::renderer, settings.renderer.plugin).info.file_hash;
    inputs["loss"] = config.at("loss");
    for (const auto& [name, table] : config.at("loss").items())
      inputs["loss_files"][name] =
          registry.find(PluginKind::loss, table.value("plugin", name)).info.file_hash;
  }
  if (settings.train.fits())
    for (const char* section : {"fit", "rule"}) inputs[section] = config.at(section);
  if (starts_fits(settings.train))
    for (const char* key : {"heading_weight", "mirror", "views"})
      inputs["word"][key] = config.at("predictor").at(key);
  if (settings.train.supervision == Supervision::render && settings.train.judge_steps > 0)
    for (const auto& [key, value] : config.at("fit").items())
      if (key.rfind("rate_", 0) == 0) inputs["rates"][key] = value;
  return inputs.dump();
}

void check_file(const CellSettings& settings, const ShapePrior& prior) {
  const std::string& path = settings.predictor.file;
  const PredictorRecord record = read_predictor_record(path);
  if (record.plugin != settings.predictor.plugin)
    throw UserError(fmt::format(
        "'predictor.file' is \"{}\", which holds a {}, but plugin = \"{}\" is asked for; write "
        "plugin = \"{}\" in [predictor]",
        path,
        record.plugin,
        settings.predictor.plugin,
        record.plugin));
  if (record.layout.shape_dimensions != prior.shape_dimensions() ||
      record.layout.texture_dimensions != prior.texture_dimensions())
    throw UserError(fmt::format(
        "'predictor.file' is \"{}\", which proposes codes of {} and {} dimensions, but the shape "
        "prior '{}' has {} and {}; name the prior that it was trained with, or train another",
        path,
        record.layout.shape_dimensions,
        record.layout.texture_dimensions,
        settings.shape_prior.plugin,
        prior.shape_dimensions(),
        prior.texture_dimensions()));
}

/// A training on its way: the predictor, its record, and a checkpoint every few seconds.
class Training {
 public:
  Training(const json& config,
           Registry& registry,
           const std::string& cache,
           const std::string& path,
           const PrepareProgress& progress,
           const PrepareNote& note,
           const Rendezvous& where)
      : settings_(cell_settings(config)),
        where_(where),
        pipeline_(make_fit_pipeline(config, registry, cache)),
        rule_(training_rule(config, registry)),
        cache_(cache),
        path_(path),
        progress_(progress),
        note_(note) {
    const PluginInfo& info = plugin_of(settings_, registry);
    const Parameters parameters = parameters_of(config, "predictor", info);
    predictor_ = registry.make<Predictor>(info.name, parameters);
    record_.plugin = info.name;
    record_.version = info.version;
    record_.parameters = to_json(parameters);
    record_.layout = {settings_.predictor.proposals,
                      pipeline_.prior->shape_dimensions(),
                      pipeline_.prior->texture_dimensions()};
    record_.seed = settings_.train.seed;
    record_.training = train_binding().write(settings_.train);
    record_.training["fingerprint"] = training_fingerprint(settings_, cache);
    if (leads()) take_up();
  }

  void run() {
    if (where_.size > 1) group_ = std::make_unique<TrainingGroup>(where_);
    if (is_there()) {
      if (group_ != nullptr) group_->part();
      return;
    }
    if (leads()) warn_of_poor_teacher();
    std::vector<DatasetRequest> requests = requests_of_frames();
    std::vector<TrainingExample> labelled;
    if (settings_.train.supervision == Supervision::curriculum) {
      labelled = read({requests.front()}, true);
      requests.erase(requests.begin());
    }
    std::vector<TrainingExample> examples =
        read(requests, settings_.train.supervision == Supervision::labels);
    record_.training["seen"] = labelled.size() + examples.size();
    switch (settings_.train.supervision) {
      case Supervision::labels:
        learn(examples, loss_of_known_states(), 0);
        break;
      case Supervision::render: {
        const Objective objective = pipeline_.objective();
        learn(examples,
              render_loss(objective, pipeline_.settings.rates, settings_.train.judge_steps),
              0);
        break;
      }
      case Supervision::pseudo_labels:
      case Supervision::curriculum:
        learn_in_rounds(examples, labelled);
        break;
    }
    if (group_ != nullptr) group_->part();
    if (!leads()) return;
    write_predictor_file(path_, record_so_far(), end_);
    fs::remove(checkpoint());
  }

 private:
  bool leads() const { return where_.rank == 0; }

  /// The defaults of [train] are made for states that are known.
  void warn_of_poor_teacher() const {
    const TrainSettings& train = settings_.train;
    if (train.supervision != Supervision::render || train.rule != "hindsight") return;
    note_(
        "train.supervision is \"render\" and train.rule \"hindsight\", the default, by which a "
        "beginner's best head is a wrong one too often; a file that extends "
        "experiments/learned_by_rendering.toml learns far more (docs/predictors.md)");
  }

  std::vector<DatasetRequest> requests_of_frames() const {
    std::vector<DatasetRequest> requests = training_requests(settings_, cache_);
    if (learns_exact_depth(settings_.train, *predictor_))
      for (DatasetRequest& request : requests)
        if (request.source == DataSource::synthetic) request.faults.depth = {};
    return requests;
  }

  std::vector<TrainingExample> read(const std::vector<DatasetRequest>& requests,
                                    bool with_labels) const {
    return load_examples(
        requests,
        with_labels,
        at::get_num_threads(),
        [&](double share) { progress_("reading the training frames", share); },
        group_.get());
  }
  /// Whether somebody has trained it meanwhile, by what the leader sees: all stay or all go.
  bool is_there() const {
    const at::Tensor there = at::full({1}, fs::exists(path_) ? 1 : 0, at::kLong);
    if (group_ != nullptr) group_->take_leaders(there);
    return there.item<int64_t>() != 0;
  }
  ProposalLoss loss_of_known_states() const {
    return settings_.train.compare == StateComparison::corners
               ? known_corner_loss(
                     {record_.layout.shape_dimensions, record_.layout.texture_dimensions})
               : known_state_loss();
  }
  std::string checkpoint() const { return path_ + ".checkpoint"; }

  // A checkpoint that cannot be read costs the time it had saved, no more.
  void take_up() {
    if (!fs::exists(checkpoint())) return;
    try {
      PredictorFile file = read_predictor_file(checkpoint());
      record_.curve = file.record.curve;
      record_.seconds = file.record.seconds;
      record_.training = file.record.training;
      round_ = file.record.training.value("round", 0);
      resume_ = std::move(file.table);
    } catch (const UserError&) {
      fs::remove(checkpoint());
    }
  }

  PredictorRecord record_so_far() const {
    PredictorRecord record = record_;
    record.seconds += std::chrono::duration<double>(Clock::now() - started_).count();
    return record;
  }

  void learn(const std::vector<TrainingExample>& examples, ProposalLoss loss, int round) {
    predictor_->begin(record_.layout, record_.seed);
    const std::string what = settings_.train.fits()
                                 ? fmt::format("training {}, round {}", record_.plugin, round + 1)
                                 : "training " + record_.plugin;
    PredictorTraining training{settings_.train,
                               pipeline_.settings,
                               settings_.renderer.image_size,
                               *rule_,
                               *pipeline_.prior,
                               {record_.layout.shape_dimensions, record_.layout.texture_dimensions},
                               std::move(loss),
                               {},
                               {}};
    training.progress = [&](double share) {
      progress_(what, share);
      return true;
    };
    training.group = group_.get();
    training.checkpoint = [&](const auto& table) {
      constexpr double kInterval = 2;  // seconds
      if (!leads()) return;
      if (std::chrono::duration<double>(Clock::now() - written_).count() < kInterval) return;
      TensorTable all = table();
      all.insert(states_.begin(), states_.end());
      write_predictor_file(checkpoint(), record_so_far(), all);
      written_ = Clock::now();
    };
    training.resume = std::exchange(resume_, {});
    end_ = *train_predictor(*predictor_, examples, training, record_.curve);
  }

  /// SDFLabel's loop (Zakharov et al., CVPR 2020): fit, keep what bears itself out, learn it, begin the next fits there. What is
  /// labelled is learned before the first round and beside the fits in each.
  void learn_in_rounds(std::vector<TrainingExample>& examples,
                       const std::vector<TrainingExample>& labelled) {
    const Objective objective = pipeline_.objective();
    const int before = labelled.empty() ? 0 : 1;
    for (int round = first_round(); round < settings_.train.rounds + before; ++round) {
      record_.training["round"] = round;
      if (round < before) {
        learn(labelled, loss_of_known_states(), round);
        continue;
      }
      if (resume_.count("training.pseudo_labels") > 0) {
        take_states(resume_.at("training.pseudo_labels"), examples);
      } else if (leads()) {
        const std::string what =
            fmt::format("fitting what will be learned, round {}", round + 1 - before);
        find_pseudo_labels(examples,
                           objective,
                           *pipeline_.rule,
                           pipeline_.settings,
                           settings_,
                           round == 0 ? nullptr : predictor_,
                           [&](double share) { progress_(what, share); });
      }
      take_leaders_states(examples);
      states_ = {{"training.pseudo_labels", as_table(examples)}};
      std::vector<TrainingExample> accepted = accepted_of(examples);
      record_.training["accepted"][static_cast<std::size_t>(round - before)] = accepted.size();
      note_(fmt::format("round {}: {} of {} fits bear themselves out and are learned from",
                        round + 1 - before,
                        accepted.size(),
                        examples.size()));
      learn(beside(labelled, std::move(accepted)), loss_of_known_states(), round);
    }
  }

  static std::vector<TrainingExample> accepted_of(const std::vector<TrainingExample>& examples) {
    std::vector<TrainingExample> accepted;
    for (const TrainingExample& example : examples)
      if (example.known_state) accepted.push_back(example);
    return accepted;
  }

  /// Few fits are not drowned by many labels: each is taken so often that they are a quarter of all.
  static std::vector<TrainingExample> beside(std::vector<TrainingExample> labelled,
                                             std::vector<TrainingExample> accepted) {
    if (accepted.empty()) return labelled;
    const auto times = static_cast<int>(labelled.size() / 3 / accepted.size());
    for (TrainingExample& example : accepted) {
      example.copies = std::max(1, times);
      labelled.push_back(std::move(example));
    }
    return labelled;
  }

  /// The round that the leader's checkpoint is in.
  int first_round() const {
    const at::Tensor round = at::full({1}, round_, at::kLong);
    if (group_ != nullptr) group_->take_leaders(round);
    return static_cast<int>(round.item<int64_t>());
  }

  /// The leader fits, the others wait for what it found.
  void take_leaders_states(std::vector<TrainingExample>& examples) const {
    if (group_ == nullptr) return;
    const at::Tensor states = as_table(examples);
    group_->take_leaders(states);
    take_states(states, examples);
  }

  CellSettings settings_;
  Rendezvous where_;
  std::unique_ptr<TrainingGroup> group_;
  FitPipeline pipeline_;
  std::unique_ptr<Rule> rule_;
  std::string cache_, path_;
  const PrepareProgress& progress_;
  const PrepareNote& note_;
  std::shared_ptr<Predictor> predictor_;
  PredictorRecord record_;
  TensorTable resume_, states_, end_;
  int round_ = 0;
  Clock::time_point started_ = Clock::now(), written_ = Clock::now();
};

}  // namespace

std::string predictor_path(const json& config,
                           Registry& registry,
                           const std::string& cache,
                           int training_version) {
  const CellSettings settings = cell_settings(config);
  if (!settings.predictor.file.empty()) return settings.predictor.file;
  const std::string inputs = inputs_of(config, registry, cache, training_version);
  return (fs::path(cache) / ("predictor-" + sha256(inputs).substr(0, 16) + ".predictor")).string();
}

void make_trained_predictor(const json& config,
                            Registry& registry,
                            const std::string& cache,
                            const PrepareProgress& progress,
                            const PrepareNote& note,
                            const Rendezvous& where) {
  make_trained_prior(config, registry, cache, progress, note);
  const CellSettings settings = cell_settings(config);
  if (!settings.predictor.file.empty()) {
    check_file(settings, *untrained_prior(config, registry));
    return;
  }
  const std::string path = predictor_path(config, registry, cache);
  if (where.size == 1 && fs::exists(path)) return;
  Training(config, registry, cache, path, progress, note, where).run();
}

void help_train_predictor(const json& config,
                          Registry& registry,
                          const std::string& cache,
                          const Rendezvous& where) {
  const PrepareProgress progress = [](const std::string&, double) {};
  const PrepareNote note = [](const std::string&) {};
  if (!cell_settings(config).predictor.file.empty()) return;  // the leader only checks it
  Training(config, registry, cache, predictor_path(config, registry, cache), progress, note, where)
      .run();
}

void check_predictor(const json& config, Registry& registry) {
  const CellSettings settings = cell_settings(config);
  const PluginInfo& info = plugin_of(settings, registry);
  registry.make<Predictor>(info.name, parameters_of(config, "predictor", info));
  training_rule(config, registry);
  const DatasetSettings& dataset = settings.dataset;
  if (settings.predictor.file.empty() && settings.train.uses_made_up() &&
      dataset.source == DataSource::synthetic && dataset.scene_seed == settings.train.scene_seed)
    throw UserError(fmt::format(
        "'dataset.scene_seed' and 'train.scene_seed' are both {}: the predictor would be judged on "
        "the scenes that it has learned; give 'train.scene_seed' another value",
        dataset.scene_seed));
  if (settings.train.uses_real() && (dataset.asks_detector() || dataset.asks_depth_estimator()))
    throw UserError(
        fmt::format("'train.frames' is '{}', but [dataset] takes boxes, masks or depth from a "
                    "network, which training does not ask; write them to files ('runexp data "
                    "annotate') and name those, or set train.frames = \"made_up\"",
                    name_of(settings.train.frames)));
}

std::string TrainedPredictor::note() const {
  const std::string supervision = record.training.value("supervision", "");
  if (supervision == "labels") return kSupervisedRemark;
  return supervision == "curriculum" ? "its predictor began with the labels of made-up cars" : "";
}

std::string TrainedPredictor::seen_before(const DatasetSettings& judged) const {
  const json& training = record.training;
  const std::string frames = training.value("frames", "");
  if (judged.source == DataSource::synthetic) {
    const bool same = frames != name_of(TrainingFrames::real) &&
                      training.value("scene_seed", std::uint64_t{0}) == judged.scene_seed;
    return same ? fmt::format(
                      "its predictor has learned the scenes that it is judged on: their "
                      "seed, {}, was its train.scene_seed",
                      judged.scene_seed)
                : "";
  }
  if (frames == name_of(TrainingFrames::made_up) ||
      training.value("supervision", "") != name_of(Supervision::labels) ||
      fs::weakly_canonical(training.value("root", "")) != fs::weakly_canonical(judged.root))
    return "";
  const std::string split = training.value("split", "");
  if (!split.empty() && !judged.split.empty() && split != judged.split) return "";
  return fmt::format(
      "its predictor has learned the labels of frames that it is judged on: those of {}",
      split.empty() ? "all frames of the folder" : "split '" + split + "'");
}

TrainedPredictor load_trained_predictor(const json& config,
                                        Registry& registry,
                                        const std::string& cache) {
  const std::string path = predictor_path(config, registry, cache);
  TrainedPredictor trained{nullptr, read_predictor_record(path)};
  std::unique_ptr<Predictor> predictor = load_predictor(path, registry);
  if (trained.record.training.value("views", 1) > 1)
    predictor = std::make_unique<OfOneShape>(std::move(predictor), trained.record.layout);
  trained.predictor = std::move(predictor);
  return trained;
}

}  // namespace monodr
