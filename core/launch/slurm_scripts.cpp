// SPDX-License-Identifier: Apache-2.0
#include "launch/slurm_scripts.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "launch/worker_environment.h"

namespace monodr {
namespace {

/// 'text' as the shell takes it for one word.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// A path between quotes in an #SBATCH line, where % begins a pattern.
std::string escaped_for_sbatch(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == '%') text += '%';
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

std::string option(const char* name, const std::string& value) {
  return value.empty() ? "" : fmt::format("#SBATCH --{}={}\n", name, value);
}

std::string array_option(std::size_t tasks, int at_once) {
  return option("array", fmt::format("0-{}%{}", tasks - 1, at_once));
}

/// So many processes on so many nodes, settings.cpus cores each; {} is one that says neither.
struct Spread {
  int processes = 1, nodes = 1;
};

/// A node's share of `memory`, which is of one process.
std::string memory_of_node(const std::string& memory, const Spread& spread) {
  if (memory.empty() || spread.processes == 1) return memory;
  std::size_t digits = 0;
  const unsigned long long amount = std::stoull(memory, &digits);
  const int most = (spread.processes + spread.nodes - 1) / spread.nodes;
  return std::to_string(amount * static_cast<unsigned long long>(most)) + memory.substr(digits);
}

/// Up to where the job's own work begins. `output`: a file pattern in the submission's folder. `first`: what is done
/// before the prelude.
std::string head(const SlurmJob& job,
                 const std::string& name,
                 const std::string& array,
                 const std::string& output,
                 bool takes_resources,
                 const std::string& first = "",
                 const Spread& spread = {}) {
  const SlurmSettings& s = job.settings;
  std::string text = "#!/bin/bash\n# SPDX-License-Identifier: Apache-2.0\n";
  text += option("job-name", name) + array;
  text +=
      fmt::format("#SBATCH --output=\"{}/output/{}\"\n", escaped_for_sbatch(job.folder), output);
  text += "#SBATCH --open-mode=append\n#SBATCH --requeue\n";
  text += option(
      "partition",
      takes_resources || s.collector_partition.empty() ? s.partition : s.collector_partition);
  text += option("account", s.account);
  if (takes_resources) {
    text += option("cpus-per-task", fmt::format("{}", s.cpus));
    if (spread.processes > 1)
      text += option("ntasks", std::to_string(spread.processes)) +
              option("nodes", std::to_string(spread.nodes));
    text += option("time", s.time) + option("mem", memory_of_node(s.memory, spread)) +
            option("gres", s.gres);
    text += option("signal", fmt::format("B:USR1@{}", s.signal_before));
    for (const std::string& line : s.lines) text += "#SBATCH " + line + "\n";
  }
  text += "\n";
  if (takes_resources)
    for (const auto& [variable, value] : worker_variables(s.cpus))
      text += fmt::format("export {}={}\n", variable, quoted(value));
  text += fmt::format("folder={}\n", quoted(job.folder)) + first;
  if (!s.prelude.empty()) text += s.prelude + (s.prelude.back() == '\n' ? "" : "\n");
  return text;
}

std::string program(const SlurmJob& job, const std::string& path) {
  return job.settings.wrapper.empty() ? quoted(path) : job.settings.wrapper + " " + quoted(path);
}

// Runs "$@" so that signals reach it: `ended` is its exit code, `near_limit` and `stopping` say which came.
constexpr const char* run_with_signals = R"sh(
near_limit='' stopping='' child=''
trap 'near_limit=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' USR1
trap 'stopping=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
run() {
  "$@" &
  child=$!
  wait "$child"; ended=$?
  while kill -0 "$child" 2>/dev/null; do wait "$child"; ended=$?; done
  child=''
}
again() { scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"; exit 0; }
)sh";

// Submission::start_note
constexpr const char* note_start =
    ": > \"$folder/tasks/$SLURM_ARRAY_TASK_ID.start.${SLURM_RESTART_COUNT:-0}\"\n";

constexpr const char* carry_out = R"sh(
orders=$folder/tasks/$SLURM_ARRAY_TASK_ID
left() { # the orders that are still to be carried out
  local file
  while IFS= read -r file; do
    [ -e "${file%.json}.result.json" ] || [ -e "${file%.json}.died" ] || printf '%s\n' "$file"
  done < "$orders"
}
count_left() { left | wc -l; }
blame() { # the cell that the worker was at has failed; where it came to none at all, the first that is left
  local file cell=''
  while IFS= read -r file; do
    if [ -e "${file%.json}.alive" ]; then cell=$file; break; fi
    if [ -z "$cell" ] && [ "$(count_left)" -eq "$at_start" ]; then cell=$file; fi
  done < <(left)
  [ -z "$cell" ] || printf '%s\n' "$1" > "${cell%.json}.died"
}
put_back() { # what a task that is ended from outside was at is as if it had not been begun
  local file
  while IFS= read -r file; do rm -f "${file%.json}.alive"; done < <(left)
  exit 0
}
before=$(count_left)
while [ "$(count_left)" -gt 0 ]; do
  at_start=$(count_left)
  run work
  if [ -n "$stopping" ]; then put_back; fi
  if [ -n "$near_limit" ]; then
    # A cell that takes longer than a task may would be begun for ever.
    [ "$(count_left)" -lt "$before" ] ||
      blame "stopped before the time limit of its task; raise launcher.slurm.time"
    [ "$(count_left)" -eq 0 ] || again
    break
  fi
  if [ "$ended" -eq 143 ]; then put_back; fi
  [ "$(count_left)" -gt 0 ] || break
  case $ended in
    0 | 1) blame "cannot read a result: the worker ended without leaving one" ;;
    126 | 127)
      echo "the worker could not be started (exit code $ended)" >&2
      exit "$ended"
      ;;
    *)
      if [ "$ended" -gt 128 ]; then
        blame "the worker was killed by signal $((ended - 128)) ($(kill -l "$ended"))"
      else
        blame "the worker ended with exit code $ended"
      fi
      ;;
  esac
done
exit 0
)sh";

// Where those meet that srun starts: at the first node's address, as Slurm itself reaches it.
constexpr const char* meet = R"sh(
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
leader=$(scontrol show node -o "$first" | sed -n 's/.* NodeAddr=\([^ ]*\).*/\1/p')
port=$((10000 + SLURM_JOB_ID % 20000))
try_again() { # where one of them died and none says that it cannot be done: later, from the checkpoint
  cat "$said.srun" >&2
  ! grep -q '^{"error"' "$said" || return 0
  [ "${SLURM_RESTART_COUNT:-0}" -ge 3 ] || again
  mv "$said.srun" "$said"
}
)sh";

// What a preparation that fails has said stays as a file for the collector. `leader` is set where several share it; then
// srun ends those that are left where one has ended, by the signal that cancels a job.
constexpr const char* prepare = R"sh(
for order in "$orders".*.json; do
  said=${order%.json}.said
  run work
  if [ -n "$near_limit" ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then again; fi
  if [ -n "$stopping" ]; then exit 143; fi
  if [ "$ended" -eq 143 ] && [ -z "${leader:-}" ]; then exit 143; fi
  if [ "$ended" -ne 0 ]; then
    if [ -n "${leader:-}" ]; then try_again; fi
    mv "$said" "${order%.json}.failed"
    exit 1
  fi
done
exit 0
)sh";

/// Brings a node's own copy of the cache up to date, one task of a node at a time.
std::string copy_cache(const SlurmJob& job) {
  if (job.settings.scratch.empty()) return "cache=()\n";
  return fmt::format(
      R"sh(cache=()
scratch="{}/monodr-cache"
if mkdir -p "$scratch" && (flock 9 && cp -ru {}/. "$scratch/") 9> "$scratch.lock"; then
  cache=(--cache "$scratch")
fi
)sh",
      job.settings.scratch,
      quoted(job.cache));
}

}  // namespace

std::string array_script(const SlurmJob& job, std::size_t tasks) {
  std::string text = head(
      job, job.name, array_option(tasks, job.settings.at_once), "task-%a.out", true, note_start);
  text += copy_cache(job) + run_with_signals;
  text += fmt::format(
      "work() {{\n  exec {} run --threads={} --memory-limit={} --time-limit={} --heartbeat={} "
      "\\\n"
      "    --logs={} \"${{cache[@]}}\" --orders=\"$orders\"\n}}\n",
      program(job, job.launch.worker),
      job.settings.cpus,
      job.launch.memory_limit_mb,
      job.launch.time_limit,
      job.launch.heartbeat,
      quoted(job.launch.logs_folder));
  return text + carry_out;
}

std::string preparation_script(const SlurmJob& job,
                               std::size_t number,
                               const PreparationStage& stage) {
  Spread spread;
  spread.processes = stage.processes;
  spread.nodes = std::min(stage.processes, job.settings.training_nodes);
  std::string text = head(job,
                          job.name + ".prepare",
                          array_option(stage.tasks.size(), job.settings.at_once),
                          fmt::format("prepare-{}-%a.out", number),
                          true,
                          "",
                          spread);
  text += run_with_signals;
  text += fmt::format("orders=$folder/prepare/{}.$SLURM_ARRAY_TASK_ID\n", number);
  const std::string worker = program(job, job.launch.worker);
  if (spread.processes == 1)
    return text + fmt::format("work() {{ exec {} prepare \"$order\" > \"$said\"; }}\n", worker) +
           prepare;
  text += meet;
  text += fmt::format(
      "work() {{\n  exec srun --ntasks={} --nodes={} --cpus-per-task={} --mpi=none "
      "--kill-on-bad-exit=1 \\\n    bash -c {} together \"$order\" \"$leader:$port\" > "
      "\"$said\" 2> \"$said.srun\"\n}}\n",
      spread.processes,
      spread.nodes,
      job.settings.cpus,
      quoted("exec " + worker + R"( prepare "$1" "$SLURM_PROCID" "$SLURM_NTASKS" "$2")"));
  return text + prepare;
}

std::string collector_script(const SlurmJob& job) {
  return head(job, job.name + ".collect", "", "collect.out", false) +
         fmt::format(
             "\nexec {} collect --results {}\n", program(job, job.runexp), quoted(job.database));
}

}  // namespace monodr
