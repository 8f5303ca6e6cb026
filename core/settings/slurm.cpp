// SPDX-License-Identifier: Apache-2.0
#include "settings/slurm.h"

#include <regex>

namespace monodr {
namespace {

void check_form(const std::string& key,
                const std::string& value,
                const char* form,
                const char* rule) {
  if (!value.empty() && !std::regex_match(value, std::regex(form)))
    throw UserError(fmt::format("'launcher.slurm.{}' is \"{}\", but must be {}", key, value, rule));
}

// They become words of a script's #SBATCH lines, which end at a blank or a newline.
void check(const SlurmSettings& s) {
  const char* word = "[^\\s\"'`$\\\\]+";
  const char* rule = "one word without quotes, $ and \\";
  check_form("partition", s.partition, word, rule);
  check_form("collector_partition", s.collector_partition, word, rule);
  check_form("account", s.account, word, rule);
  check_form("gres", s.gres, word, rule);
  check_form("time",
             s.time,
             "(\\d+-)?\\d+(:\\d+){0,2}|UNLIMITED|INFINITE",
             "a time as Slurm writes it: minutes, 4:00:00 or 1-12:00:00");
  check_form("memory", s.memory, "\\d+[KMGT]?", "an amount as Slurm writes it: 4G or 3500M");
  for (const std::string& line : s.lines)
    check_form(
        "lines", line, "-[^\\n]*", "options of sbatch, each on a line: \"--constraint=avx2\"");
  if (s.wrapper.find('\n') != std::string::npos)
    throw UserError("'launcher.slurm.wrapper' has more than one line; 'prelude' may have them");
}

}  // namespace

const Binding<SlurmSettings>& slurm_binding() {
  using S = SlurmSettings;
  static const Binding<S> binding =
      Binding<S>("launcher.slurm", "what --launcher slurm asks of the cluster; changes no cell")
          .key(
              "partition", &S::partition, "", "partition of all jobs; \"\" = the cluster's default")
          .key("account", &S::account, "", "account that pays; \"\" = one's default")
          .key("time", &S::time, "", "time limit of a task: \"4:00:00\"; \"\" = the partition's")
          .key("memory", &S::memory, "", "memory of a task: \"4G\"; \"\" = the partition's")
          .key("gres", &S::gres, "", "further resources of a task: \"gpu:1\"")
          .key("cpus", &S::cpus, "1", "cores of a task, and threads of its worker", 1, 4096)
          .key("lines", &S::lines, "", "further options of sbatch: [\"--constraint=avx2\"]")
          .key("prelude",
               &S::prelude,
               "",
               "shell lines before the program: module load, source .../activate")
          .key("wrapper",
               &S::wrapper,
               "",
               "words before each program: \"apptainer exec monodr.sif\"")
          .key("collector_partition",
               &S::collector_partition,
               "",
               "partition of the job that takes results into the database; \"\" = partition")
          .key("scratch",
               &S::scratch,
               "",
               "folder of a node's own (shell, \"$TMPDIR\") that gets a copy of the cache; \"\" = "
               "none")
          .key("at_once", &S::at_once, "1", "tasks that may run at a time", 1, 1000000)
          .key("training_nodes",
               &S::training_nodes,
               "1",
               "nodes over which the train.processes of a predictor are spread, cpus cores each",
               1,
               4096)
          .key("signal_before",
               &S::signal_before,
               "s",
               "so long before its time limit a task ends its work and is queued again",
               1,
               65535)
          .key("patience", &S::patience, "s", "how long a full queue is asked again", 0, 86400)
          .key("queue_days",
               &S::queue_days,
               "d",
               "so long a cell belongs to its job where the cluster cannot be asked",
               1,
               365)
          .rule(check);
  return binding;
}

}  // namespace monodr
