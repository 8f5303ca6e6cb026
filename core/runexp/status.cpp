// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "base/error.h"
#include "base/options.h"
#include "launch/progress.h"
#include "launch/submission.h"
#include "results/stored_cells.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
using nlohmann::ordered_json;

const CommandUsage usage = {
    "runexp status",
    "[EXPERIMENT] [options]",
    R"(The cells of an experiment, or of all experiments of the database, as the last run of the file
planned them.

States: done, failed, running, missing (not started yet), interrupted (its process is gone, or its
lease has run out on another host; the next run starts it again). What has become stale since,
'runexp FILE.toml --dry-run' tells. A cell that is running says on which host and by which launcher.
A cell that is done says how many of its objects failed, and why the first. Its tags stand in
brackets, its note below it. Of cells that --launcher slurm has submitted the cluster is asked: they
are queued or running, 'ended' where the result is not taken in yet, and interrupted where their
task is gone.
--format json prints one object a cell: id, experiment, arm, point, seed, state, seconds, message,
tags, note, and of a cell that is marked as running host, launcher and lease_until (seconds since
1970), of one that is with a cluster task ("17_3") and remark.

Examples:
  runexp status
  runexp status ablation_rotation --format json
  runexp status --tag paper
)"};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// What the cluster and the files tell of cells that were submitted, by id.
class Submitted {
 public:
  explicit Submitted(const std::string& results_folder) {
    const std::vector<Submission> submissions = find_submissions(results_folder);
    if (submissions.empty()) return;
    const auto jobs = slurm_cluster(0)->jobs();
    for (const Submission& submission : submissions)
      for (SubmittedCell& cell : look_at(submission, jobs))
        cells_[submission.experiment + "." + cell.id] = std::move(cell);
  }

  /// nullptr for a cell that no job has, or none that is known here.
  const SubmittedCell* find(const std::string& experiment, const StoredCell& cell) const {
    if (cell.launcher != "slurm") return nullptr;
    const auto found = cells_.find(experiment + "." + cell.hash);
    return found == cells_.end() ? nullptr : &found->second;
  }

 private:
  std::unordered_map<std::string, SubmittedCell> cells_;
};

std::string state_word(const SubmittedCell& cell) {
  switch (cell.state) {
    case SubmittedCell::State::running:
      return "running";
    case SubmittedCell::State::ended:
      return "ended";
    case SubmittedCell::State::gone:
      return "interrupted";
    case SubmittedCell::State::queued:
    case SubmittedCell::State::unknown:
      return "queued";
  }
  return "";
}

/// "on node7 (local)"
std::string whereabouts(const StoredCell& cell) {
  return "on " + cell.host + (cell.launcher.empty() ? "" : " (" + cell.launcher + ")");
}

std::string remark(const StoredCell& cell, const SubmittedCell* submitted) {
  if (submitted != nullptr) return describe(*submitted);
  return cell.state == "running" ? whereabouts(cell) : first_line(cell.message);
}

void print_note(const std::string& note) {
  std::istringstream lines(note);
  for (std::string line; std::getline(lines, line);)
    std::cout << fmt::format("  {:<12}  note: {}\n", "", line);
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

void print_text(const std::string& experiment,
                const std::vector<StoredCell>& cells,
                const Submitted& submitted) {
  std::cout << experiment << "\n";
  for (const StoredCell& cell : cells) {
    const SubmittedCell* with_cluster = submitted.find(experiment, cell);
    std::cout << fmt::format("  {}  {:<11}  {:>8}  {}, seed {}{}  {}\n",
                             cell.short_hash(),
                             with_cluster ? state_word(*with_cluster) : cell.state,
                             std::isnan(cell.seconds) ? "" : duration_text(cell.seconds),
                             cell.row_label(),
                             cell.seed,
                             cell.tags.empty() ? "" : "  [" + cell.tags + "]",
                             remark(cell, with_cluster));
    print_note(cell.note);
  }
}

ordered_json json_of(const std::string& experiment,
                     const StoredCell& cell,
                     const SubmittedCell* submitted) {
  ordered_json json{
      {"id", cell.hash},
      {"experiment", experiment},
      {"arm", cell.arm},
      {"point", cell.point},
      {"seed", cell.seed},
      {"state", submitted ? state_word(*submitted) : cell.state},
      {"seconds", std::isnan(cell.seconds) ? ordered_json() : ordered_json(cell.seconds)},
      {"message", cell.message},
      {"tags", cell.tags.empty() ? ordered_json::array() : ordered_json(split_words(cell.tags))},
      {"note", cell.note}};
  if (!cell.host.empty()) {
    json["host"] = cell.host;
    json["launcher"] = cell.launcher;
    json["lease_until"] = cell.lease_until > 0 ? ordered_json(cell.lease_until) : ordered_json();
  }
  if (submitted != nullptr) {
    json["task"] = fmt::format("{}_{}", submitted->job.id, submitted->task);
    json["remark"] = describe(*submitted);
  }
  return json;
}

}  // namespace

int run_status(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  add_tag_option(options);
  auto add = options.add_options();
  add("experiment",
      po::value<std::string>()->value_name("NAME"),
      "the experiment; may stand without --experiment");
  add("format",
      po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  const auto format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UserError(fmt::format("--format is '{}', but must be text or json", format));

  const Database database = open_results(values);
  std::vector<std::string> names = database.experiments();
  if (values.count("experiment") > 0) {
    names = {values["experiment"].as<std::string>()};
    database.require_experiment(names[0]);
  }
  const Submitted submitted(results_folder(values));
  ordered_json all = ordered_json::array();
  for (const std::string& name : names) {
    const std::vector<StoredCell> cells = listed_cells(database, name);
    if (cells.empty() && !tags_of(values).empty()) continue;
    if (format == "text") print_text(name, cells, submitted);
    for (const StoredCell& cell : cells)
      all.push_back(json_of(name, cell, submitted.find(name, cell)));
  }
  if (format == "json")
    std::cout << all.dump(1, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  return 0;
}

}  // namespace monodr
