// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/options.h"
#include "launch/cell_log.h"
#include "launch/submission.h"
#include "results/stored_result.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr auto look_interval = std::chrono::milliseconds(200);
constexpr auto ask_interval = std::chrono::seconds(5);

const CommandUsage usage = {
    "runexp logs",
    "CELL [--follow] [options]",
    R"(What a cell wrote to stderr when it last ran, and why it failed if it did. CELL is the beginning of
its id, as 'runexp status' prints it.

With --follow, goes on with what is written until the cell has ended.

Examples:
  runexp logs 3f2a
  runexp logs 3f2a --follow
)"};

/// Prints what was added to the file since the last call.
class Tail {
 public:
  explicit Tail(std::string file) : file_(std::move(file)) {}

  void print_news() {
    std::ifstream stream(file_, std::ios::binary);
    if (!stream) return;
    std::error_code failure;
    if (fs::file_size(file_, failure) < printed_) printed_ = 0;  // the cell was started anew
    stream.seekg(static_cast<std::streamoff>(printed_));
    char buffer[4096];
    while (stream.read(buffer, sizeof buffer) || stream.gcount() > 0) {
      std::cout.write(buffer, stream.gcount());
      printed_ += static_cast<std::uintmax_t>(stream.gcount());
    }
    std::cout << std::flush;
  }

  bool printed_anything() const { return printed_ > 0; }

 private:
  std::string file_;
  std::uintmax_t printed_ = 0;
};

/// Whether a cell is being run, by a process or by a cluster's job: then its files are looked at often, the cluster is
/// asked seldom.
class CellWatch {
 public:
  CellWatch(const Database& database, const CellRecord& record, std::string results_folder)
      : database_(database), record_(record), results_folder_(std::move(results_folder)) {}

  bool is_running() {
    if (database_.states(record_.experiment)[record_.id] != "running") return false;
    if (!asked_ || Clock::now() - *asked_ > ask_interval) ask();
    return !submitted_ || (submitted_->state != State::gone && !is_settled(submitted_->order_file));
  }

  /// "" where no job has it.
  std::string remark() {
    ask();
    return submitted_ ? describe(*submitted_) : "";
  }

 private:
  using Clock = std::chrono::steady_clock;
  using State = SubmittedCell::State;

  void ask() {
    asked_ = Clock::now();
    submitted_.reset();
    if (find_submissions(results_folder_).empty()) return;
    submitted_ = find_submitted_cell(results_folder_, record_.id, slurm_cluster(0)->jobs());
  }

  const Database& database_;
  const CellRecord& record_;
  std::string results_folder_;
  std::optional<Clock::time_point> asked_;
  std::optional<SubmittedCell> submitted_;
};

}  // namespace

int run_logs(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  auto add = options.add_options();
  add("follow,f", po::bool_switch(), "print what is added until the cell ends");
  add("cell",
      po::value<std::string>()->required()->value_name("CELL"),
      "the beginning of the cell's id; may stand without --cell");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("cell", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;

  const Database database(results_file(values), Database::Access::read_only);
  const std::string prefix = values["cell"].as<std::string>();
  const CellRecord record = find_stored_result(database, prefix).record;
  Tail tail(log_file((fs::path(results_folder(values)) / "logs").string(), record.id));
  bool running = values["follow"].as<bool>();
  CellWatch watch(database, record, results_folder(values));
  while (running) {
    running = watch.is_running();
    tail.print_news();
    if (running) std::this_thread::sleep_for(look_interval);
  }
  tail.print_news();

  if (const std::string remark = watch.remark(); !remark.empty()) {
    std::cerr << remark << "\n";
    return 0;
  }
  const CellResult result = find_stored_result(database, record.id).result;
  if (!tail.printed_anything())
    std::cerr << "the cell has written nothing (" << result.state << ")\n";
  if (result.state == "failed")
    std::cerr << "failed: " << result.message.substr(0, result.message.find('\n')) << "\n";
  return 0;
}

}  // namespace monodr
