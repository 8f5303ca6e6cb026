// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "launch/cluster.h"
#include "launch/run_command.h"

namespace monodr {
namespace {

using nlohmann::json;

constexpr int answer_seconds = 60;
constexpr std::size_t default_largest_array = 1001;

// Newer versions write a number as {"set": true, "infinite": false, "number": 7}.
std::int64_t number_of(const json& job, const char* key, std::int64_t otherwise) {
  const json value = job.value(key, json());
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_object() && value.value("set", false)) return value.value("number", otherwise);
  return otherwise;
}

std::string text_of(const json& job, const char* key) {
  const json value = job.value(key, json());
  return value.is_string() ? value.get<std::string>() : "";
}

// "RUNNING", or in newer versions a list: ["RUNNING", "COMPLETING"].
std::string state_of(const json& job) {
  const json value = job.value("job_state", json());
  if (value.is_string()) return value.get<std::string>();
  std::vector<std::string> words;
  if (value.is_array())
    for (const json& word : value)
      if (word.is_string()) words.push_back(word);
  return join(words, " ");
}

std::int64_t to_number(std::string_view text) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

/// "0-3,7,10-20:5%2" as numbers. False where the list was cut short ("1,2,...").
bool read_task_list(std::string_view text, std::vector<std::int64_t>& tasks) {
  text = text.substr(0, text.find('%'));
  bool whole = true;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::string_view range = part.substr(0, part.find(':'));
    const std::size_t dash = range.find('-');
    const std::int64_t first = to_number(range.substr(0, dash));
    const std::int64_t last =
        dash == std::string_view::npos ? first : to_number(range.substr(dash + 1));
    const std::int64_t step =
        range.size() == part.size() ? 1 : to_number(part.substr(range.size() + 1));
    if (first < 0 || last < first || step < 1) {
      whole = false;
      continue;
    }
    for (std::int64_t task = first; task <= last; task += step) tasks.push_back(task);
  }
  return whole;
}

ClusterJob job_of(const json& entry) {
  ClusterJob job;
  job.name = text_of(entry, "name");
  job.state = state_of(entry);
  job.reason = text_of(entry, "state_reason");
  job.node = text_of(entry, "nodes");
  job.id = number_of(entry, "job_id", 0);
  job.restarts = number_of(entry, "restart_cnt", 0);
  const std::int64_t array = number_of(entry, "array_job_id", 0);
  if (array <= 0) return job;
  job.is_array = true;
  job.id = array;
  const std::string list = text_of(entry, "array_task_string");
  const std::int64_t task = number_of(entry, "array_task_id", -1);
  if (!list.empty())
    job.all_tasks = !read_task_list(list, job.tasks);
  else if (task >= 0)
    job.tasks = {task};
  return job;
}

[[noreturn]] void fail(const std::string& command, const CommandOutcome& outcome) {
  throw UserError(
      fmt::format("{}: {}",
                  command,
                  outcome.errors.empty()
                      ? fmt::format("ended with exit code {}", outcome.exit_code)
                      : outcome.errors.substr(0, outcome.errors.find_last_not_of('\n') + 1)));
}

class SlurmCluster : public Cluster {
 public:
  explicit SlurmCluster(int patience) : patience_(patience) {
    ::setenv("SLURM_BITSTR_LEN", "0", 0);  // squeue is not to cut lists of tasks short
  }

  std::int64_t submit(const JobOrder& order) override {
    std::vector<std::string> words{"sbatch", "--parsable"};
    if (!order.dependency.empty()) {
      words.push_back("--dependency=" + order.dependency);
      words.emplace_back("--kill-on-invalid-dep=yes");
    }
    words.push_back(order.script);
    // sbatch itself asks a full queue again and again; it is left to do so for a while.
    const CommandOutcome outcome = run_command(words, patience_ + 1);
    if (outcome.timed_out)
      throw UserError(fmt::format(
          "the cluster has not taken the job in {} s{}{}; nothing is submitted, run the same "
          "command later, or raise launcher.slurm.patience",
          patience_ + 1,
          outcome.errors.empty() ? "" : ": ",
          outcome.errors.substr(0, outcome.errors.find('\n'))));
    if (outcome.exit_code != 0) fail("sbatch", outcome);
    // "17" or "17;cluster"
    const std::string word = outcome.output.substr(0, outcome.output.find_first_of(";\n"));
    const std::int64_t id = to_number(word);
    if (id <= 0) throw UserError(fmt::format("sbatch: '{}' is no number of a job", word));
    return id;
  }

  std::optional<std::vector<ClusterJob>> jobs() override {
    try {
      const CommandOutcome outcome = run_command({"squeue", "--json"}, answer_seconds);
      if (outcome.timed_out || outcome.exit_code != 0) return std::nullopt;
      return jobs_from_json(outcome.output);
    } catch (const UserError&) {
      return std::nullopt;  // a host that is not of the cluster, or a controller that is away
    }
  }

  void cancel(const std::vector<std::int64_t>& jobs) override {
    std::vector<std::string> words{"scancel"};
    for (const std::int64_t job : jobs) words.push_back(fmt::format("{}", job));
    if (jobs.empty()) return;
    const CommandOutcome outcome = run_command(words, answer_seconds);
    if (outcome.timed_out || outcome.exit_code != 0) fail("scancel", outcome);
  }

  std::size_t largest_array() override {
    const CommandOutcome outcome = run_command({"scontrol", "show", "config"}, answer_seconds);
    const std::string key = "MaxArraySize";
    const std::size_t at = outcome.output.find(key);
    if (outcome.exit_code != 0 || at == std::string::npos) return default_largest_array;
    const std::size_t begin = outcome.output.find_first_of("0123456789", at + key.size());
    const std::size_t end = outcome.output.find('\n', at);
    if (begin == std::string::npos || begin > end) return default_largest_array;
    const std::int64_t size = to_number(outcome.output.substr(begin, end - begin));
    return size > 0 ? static_cast<std::size_t>(size) : default_largest_array;
  }

 private:
  int patience_;
};

}  // namespace

bool ClusterJob::lives() const {
  static const std::set<std::string> ended = {"COMPLETED",
                                              "CANCELLED",
                                              "FAILED",
                                              "TIMEOUT",
                                              "NODE_FAIL",
                                              "PREEMPTED",
                                              "BOOT_FAIL",
                                              "DEADLINE",
                                              "OUT_OF_MEMORY",
                                              "REVOKED"};
  return ended.count(state) == 0;  // with a further word ("COMPLETING") it is on its way there
}

std::vector<ClusterJob> jobs_from_json(const std::string& text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("jobs") || !document.at("jobs").is_array())
    throw UserError(
        "what 'squeue --json' prints is no list of jobs; Slurm 21.08 or newer is needed, with its "
        "JSON plugin");
  // Without its controller squeue prints an empty list and ends with 0; that is no word on any job.
  if (const json errors = document.value("errors", json()); errors.is_array() && !errors.empty())
    throw UserError(fmt::format("squeue: {}", errors.front().dump()));
  std::vector<ClusterJob> jobs;
  for (const json& entry : document.at("jobs"))
    if (entry.is_object()) jobs.push_back(job_of(entry));
  return jobs;
}

std::unique_ptr<Cluster> slurm_cluster(int patience) {
  return std::make_unique<SlurmCluster>(patience);
}

}  // namespace monodr
