// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "launch/cluster.h"

namespace monodr {

/// A cluster that remembers what it was given; a test says what becomes of it.
class SimulatedCluster : public Cluster {
 public:
  struct Submitted {
    ClusterJob job;
    std::string script, dependency;
  };

  std::int64_t submit(const JobOrder& order) override {
    if (takes == 0) throw UserError("sbatch: the queue is full");
    --takes;
    Submitted one{{}, order.script, order.dependency};
    const std::string text = read_file(order.script);
    one.job.id = static_cast<std::int64_t>(submitted.size()) + 1;
    one.job.name = after(text, "--job-name=");
    one.job.state = "PENDING";
    if (const std::string array = after(text, "--array="); !array.empty()) {
      one.job.is_array = true;
      for (int task = 0; task <= std::stoi(array.substr(array.find('-') + 1)); ++task)
        one.job.tasks.push_back(task);
    }
    submitted.push_back(one);
    return one.job.id;
  }

  std::optional<std::vector<ClusterJob>> jobs() override {
    if (!answers) return std::nullopt;
    std::vector<ClusterJob> list;
    for (const Submitted& one : submitted) list.push_back(one.job);
    return list;
  }

  void cancel(const std::vector<std::int64_t>& jobs) override {
    for (Submitted& one : submitted)
      if (std::count(jobs.begin(), jobs.end(), one.job.id) > 0) one.job.state = "CANCELLED";
  }

  std::size_t largest_array() override { return most_tasks; }

  /// The job whose script has this name.
  Submitted& job(const std::string& script) {
    for (auto one = submitted.rbegin(); one != submitted.rend(); ++one)
      if (one->script.ends_with("/" + script)) return *one;
    throw UserError("there is no job of " + script);
  }

  void end_all(const std::string& state) {
    for (Submitted& one : submitted)
      if (one.job.lives()) one.job.state = state;
  }

  std::vector<Submitted> submitted;
  int takes = 1000;  ///< jobs that the queue has room for
  bool answers = true;
  std::size_t most_tasks = 1001;

 private:
  static std::string after(const std::string& text, const std::string& word) {
    const std::size_t at = text.find(word);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + word.size();
    return text.substr(begin, text.find('\n', begin) - begin);
  }
};

}  // namespace monodr
