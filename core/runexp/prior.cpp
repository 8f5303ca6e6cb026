// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "launch/preparation.h"
#include "runexp/commands.h"
#include "runexp/replace_by_worker.h"
#include "runexp/training.h"

namespace monodr {
namespace {

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

const TrainingCommand train_command = {
    train_usage,
    "prior",
    "no cell of the experiment has a prior: their method renders nothing",
    train_priors,
    false};

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
  if (arguments[0] == "train")
    return run_training(train_command, {arguments.begin() + 1, arguments.end()});
  if (arguments[0] == "show" || arguments[0] == "evaluate")
    return replace_by_worker("prior", arguments);
  throw UserError(fmt::format("'runexp prior' has no command '{}'{}; run 'runexp prior --help'",
                              arguments[0],
                              did_you_mean(arguments[0], {"train", "show", "evaluate"})));
}

}  // namespace monodr
