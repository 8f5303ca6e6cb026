// SPDX-License-Identifier: Apache-2.0
#include "cell/training_helpers.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace monodr {

using nlohmann::json;

std::string to_json(const LearnOrder& order) {
  return json{{"config", order.config},
              {"plugin_folders", order.plugin_folders},
              {"cache", order.cache},
              {"rank", order.where.rank},
              {"size", order.where.size},
              {"store", order.where.store}}
      .dump();
}

LearnOrder learn_order_from_json(const std::string& text) {
  const json order = json::parse(text);
  return {order.at("config"),
          order.at("plugin_folders"),
          order.at("cache"),
          {order.at("rank"), order.at("size"), order.at("store")}};
}

TrainingHelpers::TrainingHelpers(LearnOrder order, int processes)
    : threads_(at::get_num_threads()) {
  order.where.size = processes;
  order.where.store = folder_.path() / "store";
  leader_ = order.where;
  WorkerOptions options;
  options.program = worker_program();
  options.threads = std::max(1, threads_ / processes);
  at::set_num_threads(options.threads);
  for (int rank = 1; rank < processes; ++rank) {
    order.where.rank = rank;
    const std::string file = folder_.path() / fmt::format("process{}.json", rank);
    write_file_atomically(file, to_json(order));
    options.arguments = {"learn", file};
    processes_.push_back(std::make_unique<WorkerProcess>(options));
  }
}

TrainingHelpers::~TrainingHelpers() {
  at::set_num_threads(threads_);
}

void TrainingHelpers::watch(const std::function<void()>& lead) {
  try {
    lead();
  } catch (const LostProcess& lost) {
    // The first that went took the others with it, or they are stopped here: what the first says is the reason.
    std::string reason = lost.what();
    for (const auto& process : processes_) {
      process->kill();
      const std::string how = process->wait(), log = process->read_log();
      if (how.empty() || process->exit_code() == kLostTheOthers) continue;
      const bool stopped_here = process->ended_by_signal() == SIGKILL;
      if (stopped_here && reason != lost.what()) continue;
      reason = fmt::format("one of {} processes that train together {}", leader_.size, how) +
               (log.empty() ? "" : ": " + log.substr(0, log.find('\n')));
      if (!stopped_here) break;
    }
    throw UserError(reason);
  }
}

}  // namespace monodr
