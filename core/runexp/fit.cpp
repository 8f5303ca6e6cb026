// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "data/dataset_identity.h"
#include "experiment/cells.h"
#include "launch/catalogue.h"
#include "launch/workers.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/installed_files.h"
#include "runexp/picture_file.h"
#include "runexp/sheet_request.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp fit",
    "--frame ID [--object I] [--root DIR] [KEY=VALUE ...] [options]",
    R"(Fits one object of one frame and draws how it went on one sheet: what the fit saw, start, some steps
and end over the image and against the mask, the label where there is one, the headings of all
hypotheses, the losses over the steps, and the loss over the heading.

--root is any folder in KITTI's layout, or a manifest of one's own pictures; without it the data are those of the experiment. Method and
constants are those of an arm of an experiment file; KEY=VALUE changes them as in 'runexp FILE.toml'.
Nothing is stored but the picture (and trained priors in the cache).

Examples:
  runexp fit --root ../kitti --frame 000010
  runexp fit --root ../kitti --frame 000010 --object 2 -o fit.png
  runexp fit --frame 000003 --experiment experiments/ablation_rotation.toml --arm "mask only"
  runexp fit --root ../kitti --frame 000010 fit.hypotheses=4 dataset.depth=none
)"};

po::options_description describe_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add("frame", po::value<std::string>()->required()->value_name("ID"), "the frame: 000010");
  add("object",
      po::value<int>()->default_value(-1)->value_name("I"),
      "its line in detections_2 (or label_2, where there are no detections), from 0; -1 = the "
      "largest");
  add("root",
      po::value<std::string>()->value_name("DIR"),
      "folder that holds training/, or a manifest");
  add("experiment",
      po::value<std::string>()
          ->default_value("experiments/ablation_rotation.toml")
          ->value_name("FILE"),
      "whose method is used");
  add("arm",
      po::value<std::string>()->value_name("NAME"),
      "of that experiment (default: the last)");
  add("output,o",
      po::value<std::string>()->value_name("FILE"),
      "a .png, .pdf or .svg (default: fit-<frame>[-<object>].png)");
  add("quiet,q", po::bool_switch(), "no progress");
  add_results_option(options);
  add_plugin_options(options);
  return options;
}

std::vector<std::string> overrides_of(const po::variables_map& values) {
  std::vector<std::string> words;
  if (values.count("root") > 0)
    words = {
        fmt::format("dataset.source=\"{}\"",
                    std::filesystem::is_regular_file(values["root"].as<std::string>()) ? "manifest"
                                                                                       : "kitti"),
        "dataset.root='" + values["root"].as<std::string>() + "'",
        "dataset.objects=0"};
  if (values.count("word") > 0)
    for (const std::string& word : values["word"].as<std::vector<std::string>>())
      words.push_back(word);
  return words;
}

/// Leaves the experiment with the chosen arm and its first seed.
void keep_one_arm(Experiment& experiment, const po::variables_map& values) {
  std::vector<std::string> names;
  for (const Arm& arm : experiment.arms) names.push_back(arm.name);
  const std::string wanted =
      values.count("arm") > 0 ? values["arm"].as<std::string>() : names.back();
  std::erase_if(experiment.arms, [&](const Arm& arm) { return arm.name != wanted; });
  if (experiment.arms.empty())
    throw UserError(fmt::format("--arm '{}' is no arm of '{}'{}; there: {}",
                                wanted,
                                experiment.name,
                                did_you_mean(wanted, names),
                                join(names, ", ")));
  experiment.seeds.resize(1);
  experiment.include.clear();
  experiment.exclude.clear();
}

}  // namespace

int run_fit(const std::vector<std::string>& arguments) {
  po::options_description all = describe_options();
  all.add_options()("word", po::value<std::vector<std::string>>(), "KEY=VALUE ...");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", -1);
  if (!parse_options(usage, arguments, all, positional, values)) return 0;
  const auto frame = values["frame"].as<std::string>();
  const int object = values["object"].as<int>();
  const PictureFile output(values.count("output") > 0 ? values["output"].as<std::string>()
                           : object < 0               ? fmt::format("fit-{}.png", frame)
                                        : fmt::format("fit-{}-{}.png", frame, object));

  Experiment experiment = load_experiment(find_experiment(values["experiment"].as<std::string>()),
                                          overrides_of(values));
  keep_one_arm(experiment, values);
  const CatalogueSource plugins(worker_program(),
                                plugin_folders(plugin_path(values), experiment.plugin_folders),
                                cache_folder(values));
  // One frame is read: the fingerprint of the whole folder would only cost time.
  const std::vector<Cell> cells = expand_cells(
      experiment, plugins.catalogue(), [](const Parameters&) { return std::string(); });

  SheetOrder order;
  order.config = cells.front().config;
  order.seed = cells.front().seed;
  order.plugin_folders = plugins.folders();
  order.cache = cache_folder(values);
  order.frame = frame;
  order.object = object;
  order.title = fmt::format("Frame {}: {}", frame, describe(cells.front()));
  Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
  const std::optional<DrawnSheet> sheet = ask_for_sheet(order, progress);
  if (!sheet) return exit_stopped;
  output.write(sheet->svg, sheet_dots_per_inch);
  for (const std::string& line : sheet->lines) std::cout << line << "\n";
  std::cout << output.path() << std::endl;
  return 0;
}

}  // namespace monodr
