// SPDX-License-Identifier: Apache-2.0
#include "launch/preparation.h"
#include "runexp/commands.h"
#include "runexp/training.h"

namespace monodr {
namespace {

const CommandUsage usage = {
    "runexp train",
    "FILE.toml [KEY=VALUE ...] [--output FILE]",
    R"(Trains the predictor of [predictor] and [train], its prior and made-up scenes first, or finds it in the
cache, where it has the hash of all that goes into it for a name. Where the cells of an experiment take several
predictors, all are trained. Running the experiment does the same by itself.

An interrupted training goes on where it was with the next call, to the same bits.

Examples:
  runexp train experiments/predictor_start.toml
  runexp train my.toml method.name=predictor train.supervision=labels --output cars.predictor

cars.predictor is then taken by [predictor] file = "cars.predictor".
)"};

const TrainingCommand command = {usage,
                                 "predictor",
                                 "no cell of the experiment has a predictor; write [method] name = "
                                 "\"predictor\" or \"predictor+fit\"",
                                 train_predictors,
                                 true};

}  // namespace

int run_train(const std::vector<std::string>& arguments) {
  return run_training(command, arguments);
}

}  // namespace monodr
