// SPDX-License-Identifier: Apache-2.0
#include "launch/submission.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "launch/heartbeat.h"
#include "launch/task_orders.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* description_file = "/submission.json";

/// One list in place of a question for each file: over a network that is what takes the time, and a list is asked for
/// anew where the answer to a question may be an old one.
std::unordered_set<std::string> names_in(const std::string& folder) {
  std::unordered_set<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    names.insert(entry.path().filename().string());
  return names;
}

/// The jobs of a submission by task.
class Tasks {
 public:
  Tasks(const std::string& name, const std::vector<ClusterJob>& jobs) {
    for (const ClusterJob& job : jobs) {
      if (job.name != name) continue;
      if (job.all_tasks) rest_ = &job;
      for (const std::int64_t task : job.tasks) add(task, job);
    }
  }

  /// nullptr where the cluster has no such task any more.
  const ClusterJob* of(std::int64_t task) const {
    const auto found = by_task_.find(task);
    return found != by_task_.end() ? found->second : rest_;
  }

 private:
  // A task that was queued again may be told of twice.
  void add(std::int64_t task, const ClusterJob& job) {
    const ClusterJob*& known = by_task_[task];
    if (known == nullptr || !known->lives()) known = &job;
  }

  std::unordered_map<std::int64_t, const ClusterJob*> by_task_;
  const ClusterJob* rest_ = nullptr;
};

// <folder>/<experiment>.<64 digits>.json
std::string id_of(const std::string& order_file) {
  const std::string stem = fs::path(order_file).stem().string();
  return stem.substr(stem.rfind('.') + 1);
}

std::optional<Submission> read_submission(const std::string& folder) {
  try {
    const json document = json::parse(read_file(folder + description_file));
    return Submission{
        folder, document.at("name"), document.at("experiment"), document.at("logs_folder")};
  } catch (const std::exception&) {
    return std::nullopt;  // it is being written or cleared away
  }
}

}  // namespace

std::vector<std::vector<std::string>> Submission::tasks() const {
  std::vector<std::vector<std::string>> tasks;
  for (std::size_t task = 0; fs::exists(task_list(task)); ++task)
    tasks.push_back(task_names(task_list(task)));
  return tasks;
}

std::string Submission::task_list(std::size_t task) const {
  return fmt::format("{}/tasks/{}", folder, task);
}

std::string Submission::start_note(std::int64_t task, std::int64_t restarts) const {
  return fmt::format("{}/tasks/{}.start.{}", folder, task, restarts);
}

std::string new_submission_name(const std::string& experiment) {
  std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
  return fmt::format("monodr-{}-{}-{:08x}", experiment, stamp, fresh_seed());
}

std::string submissions_folder(const std::string& results_folder) {
  return (fs::path(results_folder) / "slurm").string();
}

std::vector<Submission> find_submissions(const std::string& results_folder) {
  std::vector<std::string> folders;
  std::error_code ignored;
  for (const auto& entry :
       fs::directory_iterator(submissions_folder(fs::absolute(results_folder).string()), ignored))
    if (fs::exists(entry.path().string() + description_file, ignored))
      folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  std::vector<Submission> submissions;
  for (const std::string& folder : folders)
    if (std::optional<Submission> submission = read_submission(folder))
      submissions.push_back(std::move(*submission));
  return submissions;
}

void write_submission(const Submission& submission) {
  const json document{{"name", submission.name},
                      {"experiment", submission.experiment},
                      {"logs_folder", submission.logs_folder}};
  write_file_atomically(submission.folder + description_file, document.dump(1));
}

SubmissionLock::SubmissionLock(const std::string& results_folder) {
  const std::string folder = submissions_folder(results_folder);
  fs::create_directories(folder);
  const std::string path = folder + "/lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  while (file_ >= 0 && ::flock(file_, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    const int reason = errno;
    ::close(file_);
    file_ = -1;
    errno = reason;
  }
  if (file_ < 0) throw UserError(fmt::format("cannot lock '{}': {}", path, std::strerror(errno)));
}

SubmissionLock::~SubmissionLock() {
  ::close(file_);
}

std::vector<SubmittedCell> look_at(const Submission& submission,
                                   const std::optional<std::vector<ClusterJob>>& jobs) {
  using State = SubmittedCell::State;
  static const std::vector<ClusterJob> none;
  const Tasks known(submission.name, jobs ? *jobs : none);
  const std::unordered_set<std::string> names = names_in(submission.cells_folder());
  const auto is_there = [&](const std::string& stem, const char* ending) {
    return names.count(stem + ending) > 0;
  };
  std::vector<SubmittedCell> cells;
  std::int64_t task = 0;
  for (const std::vector<std::string>& orders : submission.tasks()) {
    const ClusterJob* job = known.of(task);
    for (const std::string& order : orders) {
      SubmittedCell cell;
      cell.place = static_cast<std::size_t>(&order - orders.data());
      cell.id = id_of(order);
      cell.order_file = order;
      cell.task = task;
      if (job != nullptr) cell.job = *job;
      const std::string stem = fs::path(order).stem().string();
      cell.has_begun = is_there(stem, ".alive");
      if (is_there(stem, ".result.json") || is_there(stem, ".died"))
        cell.state = State::ended;
      else if (!jobs)
        cell.state = State::unknown;
      else if (job == nullptr || !job->lives())
        cell.state = State::gone;
      else
        cell.state = cell.has_begun && job->state != "PENDING" ? State::running : State::queued;
      cells.push_back(std::move(cell));
    }
    ++task;
  }
  return cells;
}

std::optional<SubmittedCell> find_submitted_cell(
    const std::string& results_folder,
    const std::string& cell,
    const std::optional<std::vector<ClusterJob>>& jobs) {
  std::optional<SubmittedCell> latest;
  for (const Submission& submission : find_submissions(results_folder))
    for (SubmittedCell& submitted : look_at(submission, jobs))
      if (submitted.id == cell) latest = std::move(submitted);
  return latest;
}

std::string describe(const SubmittedCell& cell) {
  using State = SubmittedCell::State;
  const std::string task = fmt::format("task {}_{}", cell.job.id, cell.task);
  const std::string reason =
      cell.job.reason.empty() || cell.job.reason == "None" ? "" : " (" + cell.job.reason + ")";
  switch (cell.state) {
    case State::queued:
      return cell.job.state == "PENDING" ? fmt::format("queued as {}{}", task, reason)
                                         : fmt::format("next in {} on {}", task, cell.job.node);
    case State::running: {
      const auto heartbeat = read_heartbeat(cell.order_file);
      return fmt::format(
          "{} on {}{}",
          task,
          cell.job.node,
          heartbeat ? fmt::format(", {:.0f} % done", 100 * heartbeat->progress) : "");
    }
    case State::ended:
      return "has ended; 'runexp collect' takes it in";
    case State::gone:
      return fmt::format("its task has ended{}; the same run submits it again",
                         cell.job.state.empty() ? "" : " (" + cell.job.state + ")");
    case State::unknown:
      return "submitted; the cluster does not answer here";
  }
  return "";
}

}  // namespace monodr
