// SPDX-License-Identifier: Apache-2.0
#include "launch/slurm_sweep.h"

#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "launch/block_plan.h"
#include "launch/cell_log.h"
#include "launch/task_orders.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t seconds_a_day = 86400;

SlurmJob job_of(const SlurmSweep& sweep, const std::string& name) {
  return {sweep.settings,
          sweep.options.launch,
          name,
          submissions_folder(sweep.results_folder) + "/" + name,
          sweep.runexp,
          sweep.database,
          sweep.options.surroundings.cache_folder};
}

std::vector<std::vector<std::size_t>> blocks_of(const std::vector<double>& expected,
                                                const SlurmSweep& sweep,
                                                Cluster& cluster) {
  BlockLimits limits;
  limits.cells_per_task = sweep.options.launch.cells_per_task;
  limits.most = cluster.largest_array();
  limits.at_once = sweep.settings.at_once;
  return plan_blocks(expected, limits);
}

/// The jobs whose name is the submission's, alone or with an ending.
std::vector<std::int64_t> living_jobs(const std::string& name,
                                      const std::vector<ClusterJob>& jobs) {
  std::set<std::int64_t> ids;
  for (const ClusterJob& job : jobs)
    if ((job.name == name || job.name.rfind(name + ".", 0) == 0) && job.lives()) ids.insert(job.id);
  return {ids.begin(), ids.end()};
}

/// One submission on its way to the cluster; taken back unless it came there as a whole.
class Handover {
 public:
  Handover(Database& database,
           Cluster& cluster,
           const std::vector<CellRecord>& cells,
           const SlurmSweep& sweep)
      : database_(database),
        cluster_(cluster),
        cells_(cells),
        sweep_(sweep),
        job_(job_of(sweep, new_submission_name(cells.front().experiment))),
        submission_{
            job_.folder, job_.name, cells.front().experiment, sweep.options.launch.logs_folder} {}

  SubmitOutcome run() {
    // First: by it what a killed submitter has left is found.
    fs::create_directories(job_.folder);
    write_submission(submission_);
    try {
      mark();
      if (chosen_.empty()) {
        fs::remove_all(job_.folder);
        return {};
      }
      write_files();
      submit_jobs();
    } catch (...) {
      take_back();
      throw;
    }
    return outcome_;
  }

 private:
  // Before orders are written: two who submit at once share the cells.
  void mark() {
    const std::vector<bool> marked =
        database_.mark_for_job(cells_,
                               job_.name,
                               sweep_.options.launch.launcher,
                               sweep_.settings.queue_days * seconds_a_day,
                               sweep_.options.known_states);
    for (std::size_t i = 0; i < cells_.size(); ++i)
      if (marked[i]) chosen_.push_back(i);
  }

  void write_files() {
    for (const char* folder : {"cells", "tasks", "prepare", "output"})
      fs::create_directories(fs::path(job_.folder) / folder);
    std::vector<double> expected;
    for (const std::size_t cell : chosen_) expected.push_back(sweep_.expected.at(cell));
    const auto blocks = blocks_of(expected, sweep_, cluster_);
    const CellFiles files(submission_.cells_folder());
    for (std::size_t task = 0; task < blocks.size(); ++task) {
      TaskWriter writer(submission_.task_list(task));
      for (const std::size_t i : blocks[task]) {
        const CellRecord& record = cells_[chosen_[i]];
        forget_log(record);
        writer.add(files.order_file(record), files.order_of(record, sweep_.options.surroundings));
      }
      writer.close();
    }
    outcome_.tasks = blocks.size();
    outcome_.cells = chosen_.size();
    outcome_.folder = job_.folder;
    for (std::size_t stage = 0; stage < sweep_.preparation.size(); ++stage)
      for (std::size_t n = 0; n < sweep_.preparation[stage].tasks.size(); ++n)
        for (std::size_t i = 0; i < sweep_.preparation[stage].tasks[n].size(); ++i)
          write_file_atomically(
              fmt::format("{}/prepare/{}.{}.{:04}.json", job_.folder, stage, n, i),
              to_json(sweep_.preparation[stage].tasks[n][i]));
    sync_tasks(job_.folder);
  }

  // What an earlier run of it wrote would pass for a word on this one.
  void forget_log(const CellRecord& record) const {
    std::error_code ignored;
    fs::remove(log_file(sweep_.options.launch.logs_folder, record.id), ignored);
  }

  void submit_jobs() {
    std::string dependency;
    for (std::size_t stage = 0; stage < sweep_.preparation.size(); ++stage) {
      const std::string script = preparation_script(job_, stage, sweep_.preparation[stage]);
      const std::int64_t id = submit(fmt::format("prepare-{}.sh", stage), script, dependency);
      dependency = fmt::format("afterok:{}", id);
    }
    outcome_.array = submit("array.sh", array_script(job_, outcome_.tasks), dependency);
    outcome_.collector =
        submit("collect.sh", collector_script(job_), fmt::format("afterany:{}", outcome_.array));
  }

  std::int64_t submit(const std::string& file,
                      const std::string& script,
                      const std::string& dependency) {
    const std::string path = job_.folder + "/" + file;
    write_file_atomically(path, script);
    return cluster_.submit({path, dependency});
  }

  void take_back() {
    // By name: one that was taken although sbatch was not heard to the end is among them.
    try {
      if (const auto jobs = cluster_.jobs()) cluster_.cancel(living_jobs(job_.name, *jobs));
    } catch (const UserError&) {
      return;  // the marks hold: a job may have its cells
    }
    std::vector<std::string> ids;
    for (const std::size_t cell : chosen_) ids.push_back(cells_[cell].id);
    database_.release_from_job(job_.name, ids);
    std::error_code ignored;
    fs::remove_all(job_.folder, ignored);
  }

  Database& database_;
  Cluster& cluster_;
  const std::vector<CellRecord>& cells_;
  const SlurmSweep& sweep_;
  SlurmJob job_;
  Submission submission_;
  std::vector<std::size_t> chosen_;
  SubmitOutcome outcome_;
};

}  // namespace

std::string show_scripts(const std::vector<CellRecord>& cells,
                         const SlurmSweep& sweep,
                         Cluster& cluster) {
  const SlurmJob job = job_of(sweep, "monodr-" + cells.front().experiment);
  const std::size_t tasks = blocks_of(sweep.expected, sweep, cluster).size();
  std::string text;
  for (std::size_t stage = 0; stage < sweep.preparation.size(); ++stage)
    text += fmt::format("==> prepare-{}.sh <==\n", stage) +
            preparation_script(job, stage, sweep.preparation[stage]) + "\n";
  text += fmt::format("==> array.sh: {} cells in {} tasks <==\n", cells.size(), tasks) +
          array_script(job, tasks) + "\n";
  return text + "==> collect.sh, after the array <==\n" + collector_script(job);
}

SubmitOutcome submit_sweep(Database& database,
                           Cluster& cluster,
                           const std::vector<CellRecord>& cells,
                           const SlurmSweep& sweep) {
  const SubmissionLock lock(sweep.results_folder);
  return Handover(database, cluster, cells, sweep).run();
}

std::size_t cancel_submissions(Cluster& cluster,
                               const std::string& results_folder,
                               const std::string& experiment) {
  const auto jobs = cluster.jobs();
  std::size_t count = 0;
  for (const Submission& submission : find_submissions(results_folder)) {
    if (submission.experiment != experiment) continue;
    ++count;
    if (!jobs)
      throw UserError(
          "the cluster does not answer ('squeue --json' fails); nothing is cancelled, try again "
          "where it does");
    cluster.cancel(living_jobs(submission.name, *jobs));
  }
  return count;
}

}  // namespace monodr
