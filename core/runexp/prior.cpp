// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/options.h"
#include "base/text.h"
#include "experiment/cells.h"
#include "launch/catalogue.h"
#include "launch/preparation.h"
#include "launch/workers.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/installed_files.h"
#include "runexp/replace_by_worker.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using Words = std::vector<std::string>;

const CommandUsage train_usage = {
    "runexp prior train",
    "FILE.toml [KEY=VALUE ...] [--output FILE]",
    R"(Trains the shape prior of [shape_prior] and [corpus], or finds it in the cache, where it has the hash of
all that goes into it for a name. Where the cells of an experiment take several priors, all are made.
The rest of the file does not matter; a file with these two sections will do.

An interrupted training goes on where it was with the next call.

Examples:
  runexp prior train experiments/ablation_rotation.toml
  runexp prior train my_prior.toml corpus.root=../ShapeNet/02958343 --output cars.prior

cars.prior is then taken by [shape_prior] file = "cars.prior".
)"};

bool names_a_loss(const Settings& settings) {
  return std::any_of(settings.begin(), settings.end(), [](const auto& setting) {
    return setting.first.rfind("loss.", 0) == 0;
  });
}

// An experiment needs a loss, a prior does not: a file that is about a prior alone gets any.
void complete(Experiment& experiment, const PluginCatalogue& catalogue) {
  for (const Arm& arm : experiment.arms)
    if (names_a_loss(arm.settings)) return;
  if (names_a_loss(experiment.settings)) return;
  for (const PluginInfo& info : catalogue.plugins)
    if (info.kind == PluginKind::loss) {
      experiment.settings["loss." + info.name + ".weight"].value = 1.0;
      return;
    }
}

std::optional<std::vector<std::string>> train(const Words& words,
                                              const std::vector<std::string>& extra_folders,
                                              const std::string& cache) {
  Experiment experiment =
      load_experiment(find_experiment(words[0]), {words.begin() + 1, words.end()});
  const CatalogueSource plugins(
      worker_program(), plugin_folders(extra_folders, experiment.plugin_folders), cache);
  complete(experiment, plugins.catalogue());
  const auto cells = expand_cells(
      experiment, plugins.catalogue(), [](const Parameters&) { return std::string(); });
  plugins.remember();
  Progress progress = Progress::for_stream(stderr, false);
  return train_priors(make_records(experiment, cells),
                      worker_program(),
                      plugins.folders(),
                      fs::absolute(cache).string(),
                      progress);
}

int run_train(const Words& arguments) {
  po::options_description options("options");
  add_results_option(options);
  add_plugin_options(options);
  options.add_options()("output", po::value<std::string>()->value_name("FILE"), "copy it there");
  po::options_description all = options;
  all.add_options()("word", po::value<Words>(), "FILE.toml and KEY=VALUE ...");
  po::variables_map values;
  if (!parse_options(train_usage,
                     arguments,
                     all,
                     po::positional_options_description().add("word", -1),
                     values))
    return 0;
  if (values.count("word") == 0)
    throw UserError("which prior? A .toml file is expected; see 'runexp prior train --help'");
  const auto files = train(values["word"].as<Words>(), plugin_path(values), cache_folder(values));
  if (!files) {
    fmt::print(stderr, "stopped; the same command goes on where it was\n");
    return exit_stopped;
  }
  if (files->empty())
    throw UserError("no cell of the experiment has a prior: their method renders nothing");
  if (values.count("output") > 0) {
    if (files->size() != 1)
      throw UserError(fmt::format(
          "the experiment takes {} priors, and --output is one file; all are in the cache: {}",
          files->size(),
          join(*files, ", ")));
    write_file_atomically(values["output"].as<std::string>(), read_file(files->front()));
    std::cout << values["output"].as<std::string>() << "\n";
    return 0;
  }
  for (const std::string& file : *files) std::cout << file << "\n";
  return 0;
}

}  // namespace

int run_prior(const Words& arguments) {
  const std::string help =
      "usage: runexp prior COMMAND ...\n\n"
      "commands:\n"
      "  train      train the prior of an experiment, or find it in the cache\n"
      "  show       draw a trained prior: mean, dimensions, random cars, reconstructions\n"
      "  evaluate   how well a trained prior expresses held-out cars and given meshes\n\n"
      "'runexp prior COMMAND --help' says more.\n";
  if (arguments.empty()) {
    fmt::print(stderr, "{}", help);
    return 2;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") {
    fmt::print("{}", help);
    return 0;
  }
  if (arguments[0] == "train") return run_train({arguments.begin() + 1, arguments.end()});
  if (arguments[0] == "show" || arguments[0] == "evaluate")
    return replace_by_worker("prior", arguments);
  throw UserError(fmt::format("'runexp prior' has no command '{}'{}; run 'runexp prior --help'",
                              arguments[0],
                              did_you_mean(arguments[0], {"train", "show", "evaluate"})));
}

}  // namespace monodr
