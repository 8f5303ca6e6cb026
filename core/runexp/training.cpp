// SPDX-License-Identifier: Apache-2.0
#include "runexp/training.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/text.h"
#include "experiment/cells.h"
#include "launch/catalogue.h"
#include "launch/workers.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/installed_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using Words = std::vector<std::string>;

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

std::optional<Words> train(const TrainingCommand& command,
                           const Words& words,
                           const Words& extra_folders,
                           const std::string& cache) {
  Experiment experiment =
      load_experiment(find_experiment(words[0]), {words.begin() + 1, words.end()});
  const CatalogueSource plugins(
      worker_program(), plugin_folders(extra_folders, experiment.plugin_folders), cache);
  if (!command.needs_losses) complete(experiment, plugins.catalogue());
  const auto cells = expand_cells(
      experiment, plugins.catalogue(), [](const Parameters&) { return std::string(); });
  plugins.remember();
  Progress progress = Progress::for_stream(stderr, false);
  return command.train(make_records(experiment, cells),
                       worker_program(),
                       plugins.folders(),
                       fs::absolute(cache).string(),
                       progress);
}

}  // namespace

int run_training(const TrainingCommand& command, const Words& arguments) {
  po::options_description options("options");
  add_results_option(options);
  add_plugin_options(options);
  options.add_options()("output", po::value<std::string>()->value_name("FILE"), "copy it there");
  po::options_description all = options;
  all.add_options()("word", po::value<Words>(), "FILE.toml and KEY=VALUE ...");
  po::variables_map values;
  if (!parse_options(command.usage,
                     arguments,
                     all,
                     po::positional_options_description().add("word", -1),
                     values))
    return 0;
  if (values.count("word") == 0)
    throw UserError(fmt::format("which {}? A .toml file is expected; see '{} --help'",
                                command.what,
                                command.usage.command));
  const auto files =
      train(command, values["word"].as<Words>(), plugin_path(values), cache_folder(values));
  if (!files) {
    fmt::print(stderr, "stopped; the same command goes on where it was\n");
    return exit_stopped;
  }
  if (files->empty()) throw UserError(command.nothing);
  if (values.count("output") > 0) {
    if (files->size() != 1)
      throw UserError(fmt::format(
          "the experiment takes {} {}s, and --output is one file; all are in the cache: {}",
          files->size(),
          command.what,
          join(*files, ", ")));
    write_file_atomically(values["output"].as<std::string>(), read_file(files->front()));
    std::cout << values["output"].as<std::string>() << "\n";
    return 0;
  }
  for (const std::string& file : *files) std::cout << file << "\n";
  return 0;
}

}  // namespace monodr
