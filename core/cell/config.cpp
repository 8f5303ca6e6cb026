// SPDX-License-Identifier: Apache-2.0
#include "cell/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cell/prepare.h"

namespace monodr {
namespace {

using nlohmann::json;

std::array<double, 3> triple(const json& table, const char* key) {
  const auto values = table.at(key).get<std::vector<double>>();
  if (values.size() != 3)
    throw UserError(fmt::format(
        "'fit.{}' has {} values, but must have three: height, width, length", key, values.size()));
  return {values[0], values[1], values[2]};
}

std::vector<Pruning> prunings(const json& fit) {
  const auto steps = fit.at("prune_steps").get<std::vector<double>>();
  const auto keep = fit.at("prune_keep").get<std::vector<double>>();
  if (steps.size() != keep.size())
    throw UserError(
        fmt::format("'fit.prune_steps' has {} values and 'fit.prune_keep' {}; they go in "
                    "pairs",
                    steps.size(),
                    keep.size()));
  std::vector<Pruning> result;
  for (size_t i = 0; i < steps.size(); ++i)
    result.push_back({static_cast<int>(steps[i]), static_cast<int>(keep[i])});
  return result;
}

Faults faults(const json& dataset) {
  Faults faults;
  faults.mask.erosion = dataset.at("mask_erosion");
  faults.mask.dilation = dataset.at("mask_dilation");
  faults.mask.raggedness = dataset.at("mask_raggedness");
  faults.mask.cut = dataset.at("mask_cut");
  faults.mask.cut_chance = dataset.at("mask_cut_chance");
  faults.mask.cut_known = dataset.at("mask_cut_known");
  faults.depth.scale = dataset.at("depth_scale");
  faults.depth.noise = dataset.at("depth_noise");
  faults.depth.bias = dataset.at("depth_bias");
  faults.depth.nodes = dataset.at("depth_nodes");
  faults.depth.noise_metres = dataset.at("depth_noise_metres");
  faults.depth.bleeding = dataset.at("depth_bleeding");
  faults.depth.row_step = dataset.at("depth_row_step");
  faults.box_jitter = dataset.at("box_jitter");
  return faults;
}

Sharing sharing(const json& fit) {
  if (fit.at("share") == "nothing") return Sharing::nothing;
  if (fit.at("explore_every") > 0)
    throw UserError(
        "'fit.share' is 'all_but_heading' and 'fit.explore_every' is above 0; jumps in depth "
        "and size need states of their own: set one of the two back");
  return Sharing::all_but_heading;
}

}  // namespace

CellPlan cell_plan_from_file(const std::string& path) {
  const json document = json::parse(read_file(path));
  CellPlan plan;
  plan.id = document.at("id");
  plan.experiment = document.at("experiment");
  plan.arm = document.at("arm");
  plan.seed = document.at("seed");
  plan.config = document.at("config").dump();
  plan.plugin_folders = document.at("plugin_folders").get<std::vector<std::string>>();
  plan.cache = document.at("cache");
  plan.output = document.at("output");
  plan.pictures = document.value("pictures", "");
  plan.code_hash = document.at("code_hash");
  for (const json& plugin : document.at("plugins"))
    plan.plugins.push_back({plugin.at("kind"), plugin.at("name"), plugin.at("file_hash")});
  return plan;
}

DatasetOptions dataset_options(const json& config, std::uint64_t seed, const std::string& cache) {
  const json& table = config.at("dataset");
  const json& renderer = config.at("renderer");
  DatasetOptions options;
  options.root = dataset_root(config, cache);
  options.is_synthetic = table.at("source") == "synthetic";
  options.split = table.at("split");
  options.on_error = table.at("on_error");
  options.boxes = table.at("boxes");
  options.masks = table.at("masks");
  if (!options.is_synthetic && !cache.empty()) options.mask_cache = cache + "/masks";
  options.depth = table.at("depth");
  options.objects = table.at("objects");
  options.minimum_score = table.at("minimum_score");
  options.minimum_height = table.at("minimum_height");
  options.box_extent = table.at("box_extent");
  options.adds_faults =
      table.at("faults") == "always" || (table.at("faults") == "synthetic" && options.is_synthetic);
  options.faults = faults(table);
  options.seed = seed;
  options.image_size = renderer.at("image_size");
  options.crop_margin = renderer.at("crop_margin");
  return options;
}

FitSettings fit_settings(const json& config) {
  const json& fit = config.at("fit");
  const json& confidence = config.at("confidence");
  FitSettings settings;
  settings.iterations = fit.at("iterations");
  settings.hypotheses = fit.at("hypotheses");
  settings.first_heading = fit.at("first_heading").get<double>() * M_PI / 180;
  settings.prunings = prunings(fit);
  settings.rates = {fit.at("rate_position"),
                    fit.at("rate_depth"),
                    fit.at("rate_size"),
                    fit.at("rate_heading"),
                    fit.at("rate_tilt"),
                    fit.at("rate_shape"),
                    fit.at("rate_texture")};
  settings.share = sharing(fit);
  settings.exploration = {fit.at("explore_every"), fit.at("explore_trial_steps")};
  settings.start_depth =
      fit.at("start_depth") == "box_height" ? StartDepth::box_height : StartDepth::median_depth;
  settings.start_depth_offset = fit.at("start_depth_offset");
  settings.size_mean = triple(fit, "size_mean");
  settings.size_deviation = triple(fit, "size_deviation");
  settings.confidence = {confidence.at("score"),
                         confidence.at("mask"),
                         confidence.at("depth"),
                         confidence.at("agreement"),
                         confidence.at("range")};
  return settings;
}

}  // namespace monodr
