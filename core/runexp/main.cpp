// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/error.h"
#include "base/library_errors.h"
#include "base/options.h"
#include "base/text.h"
#include "runexp/commands.h"
#include "runexp/list_values.h"
#include "runexp/replace_by_worker.h"

namespace monodr {
namespace {

using Arguments = std::vector<std::string>;

/// `runexp detect` with the method in its name.
int run_predict(const Arguments& pictures) {
  Arguments words = pictures;
  if (words != Arguments{list_options_word}) words.insert(words.end(), {"--method", "predictor"});
  return run_detect(words);
}

struct Command {
  const char* name;
  const char* meaning;
  int (*run)(const Arguments&);  ///< nullptr: the worker's
};

const std::vector<Command>& commands() {
  static const std::vector<Command> list = {
      {"run",
       "run the cells of an experiment that are not done yet, print its table",
       run_experiment},
      {"status", "the cells of an experiment with their state", run_status},
      {"watch", "how far a sweep is that another terminal or machine runs, live", run_watch},
      {"logs", "what a cell wrote while it ran", run_logs},
      {"cancel", "end what an experiment has on a cluster", run_cancel},
      {"collect", "take results that a cluster's jobs have left into the database", run_collect},
      {"rerun", "run a cell again; --verify compares bit for bit", run_rerun},
      {"diff", "what sets two cells apart: configuration, code, metrics", run_diff},
      {"tag", "tag cells, so that other commands can be asked for them alone", run_tag},
      {"note", "write a note on a cell", run_note},
      {"plugins", "list, show, check and make plugins", run_plugins},
      {"schema", "print the JSON Schema of experiment files, for editors", run_schema},
      {"table", "print an experiment's table as text, Markdown, LaTeX, CSV or JSON", run_table},
      {"report", "write table, figures, pictures and provenance as one HTML file", run_report},
      {"figure", "draw a figure for print as SVG or PNG", run_figure},
      {"metrics", "print what each metric is as a Markdown page", run_metrics},
      {"export",
       "write results as KITTI, CSV, JSON or TensorBoard files, fits as meshes",
       run_export},
      {"evaluate", "score a folder of KITTI result files against labels", run_evaluate},
      {"selftest", "check the evaluator against itself on your data", run_selftest},
      {"cache", "how much room the cache takes; clear it", run_cache},
      {"completion", "print a script that completes words in bash, zsh or fish", run_completion},
      {"data", "make, look at and annotate data sets", run_data},
      {"train", "train the predictors of an experiment, or find them in the cache", run_train},
      {"prior", "train, look at and evaluate shape priors", run_prior},
      {"detect", "find 3-D boxes in pictures", run_detect},
      {"predict", "find 3-D boxes in pictures by a trained predictor alone", run_predict},
      {"refine", "put a given mesh where mask and depth say", run_refine},
      {"fit", "fit one object of a frame and draw how it went", run_fit},
      {"show", "draw how a cell fitted one of its objects", run_show},
  };
  return list;
}

void print_help(std::FILE* stream) {
  fmt::print(stream,
             "usage: runexp FILE.toml [KEY=VALUE ...] [options]\n"
             "       runexp COMMAND ...\n\n"
             "Runs experiments on monocular 3-D detection by differentiable rendering.\n\n"
             "commands:\n");
  for (const Command& command : commands())
    fmt::print(stream, "  {:<10} {}\n", command.name, command.meaning);
  fmt::print(stream,
             "\nexamples:\n"
             "  runexp experiments/ablation_rotation.toml            run what is missing\n"
             "  runexp experiments/ablation_rotation.toml --dry-run  say what would run\n"
             "  runexp experiments/ablation_rotation.toml fit.iterations=20 sweep.seed=0,1\n"
             "  runexp status ablation_rotation                      which cells are done\n"
             "  runexp plugins show soft_rasterizer\n\n"
             "'runexp run --help' and 'runexp COMMAND --help' say more.\n"
             "exit codes: 0 all done, 1 some cells failed, 2 wrong use, 130 stopped\n");
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty()) {
    print_help(stderr);
    return 2;
  }
  const std::string& first = arguments[0];
  if (first == "--help" || first == "-h" || first == "help") {
    print_help(stdout);
    return 0;
  }
  if (first == "--version") {
    fmt::print("monodr {}\n", MONODR_VERSION);
    return 0;
  }
  if (first == list_options_word) {
    for (const Command& command : commands()) fmt::print("{}\t{}\n", command.name, command.meaning);
    return 0;
  }
  const Arguments rest(arguments.begin() + 1, arguments.end());
  if (first == list_values_word) {
    list_values(rest);
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (first == command.name)
      return command.run != nullptr ? command.run(rest) : replace_by_worker(first, rest);
    names.push_back(command.name);
  }
  const bool is_file = first.find('.') != std::string::npos || first.find('/') != std::string::npos;
  if (first[0] == '-' || is_file) return run_experiment(arguments);
  throw UserError(
      fmt::format("'{}' is neither a command nor a .toml file{}; 'runexp --help' lists them",
                  first,
                  did_you_mean(first, names)));
}

}  // namespace
}  // namespace monodr

int main(int count, char** values) {
  try {
    return monodr::dispatch({values + 1, values + count});
  } catch (const monodr::UserError& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    if (const std::string fault = monodr::mendable_fault(error); !fault.empty()) {
      fmt::print(stderr, "error: {}\n", fault);
      return 2;
    }
    fmt::print(stderr, "internal error: {}\n", error.what());
    return 70;  // EX_SOFTWARE: a fault of this program, not of its use
  }
}
