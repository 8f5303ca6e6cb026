// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <thread>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "launch/progress.h"
#include "results/stored_cells.h"
#include "results/stored_curves.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
using Lines = std::vector<std::string>;

const CommandUsage usage = {
    "runexp watch",
    "EXPERIMENT [options]",
    R"(Shows how far a sweep is that another terminal or another machine runs: cells by state, those that are
running or failed, and a recorded curve of each row, as the mean over the seeds that are done. It reads
the database alone and never writes to it, draws again when something has changed, and ends when no cell
is running or missing: with 0 if all are done, with 1 if some failed or were interrupted.

All curves have one scale, from the lowest to the highest mean (logarithmic where that is a factor of ten
or more); the numbers behind are those of the first and the last step.

Examples:
  runexp watch ablation_rotation
  runexp watch ablation_rotation --series loss.mask
  runexp watch ablation_rotation --once
)"};

constexpr int kBarWidth = 40, kCurveWidth = 40;
constexpr size_t kCellsShown = 8;
constexpr double kLogarithmicFrom = 10;

/// Names may hold anything, a terminal obeys control characters.
std::string printable(const std::string& text) {
  std::string line = text;
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return line;
}

bool continues_character(char byte) {
  return (byte & 0xC0) == 0x80;
}

/// The first `width` characters.
std::string cut(const std::string& line, size_t width) {
  size_t end = 0;
  for (size_t shown = 0; end < line.size(); ++end)
    if (!continues_character(line[end]) && ++shown > width) break;
  return line.substr(0, end);
}

std::string padded(const std::string& text, size_t width) {
  const auto own = static_cast<size_t>(
      std::ranges::count_if(text, [](char byte) { return !continues_character(byte); }));
  return text + std::string(width > own ? width - own : 0, ' ');
}

std::map<std::string, size_t> counts_of(const std::vector<StoredCell>& cells) {
  std::map<std::string, size_t> counts;
  for (const StoredCell& cell : cells) ++counts[cell.state];
  return counts;
}

/// "about 3 min 05 s left", from the times of the cells that are done, as many at once as run now.
std::string time_left(const Database& database,
                      const std::string& experiment,
                      const std::vector<StoredCell>& cells) {
  const auto means = mean_seconds(database, experiment);
  const size_t running = counts_of(cells)["running"];
  if (running == 0 || means.empty()) return "";
  double seconds = 0;
  for (const StoredCell& cell : cells) {
    const auto own = means.find(cell.arm);
    if (cell.state == "running" || cell.state == "missing")
      seconds += own != means.end() ? own->second : means.at("");
  }
  return "; at most about " + duration_text(seconds / static_cast<double>(running)) + " left";
}

Lines progress_lines(const Database& database,
                     const std::string& experiment,
                     const std::vector<StoredCell>& cells) {
  const auto counts = counts_of(cells);
  const auto count = [&](const std::string& state) {
    const auto found = counts.find(state);
    return found == counts.end() ? 0 : found->second;
  };
  std::string text = fmt::format("{} of {} cells done", count("done"), cells.size());
  for (const char* state : {"failed", "interrupted", "running", "missing"})
    if (count(state) > 0) text += fmt::format(", {} {}", count(state), state);
  const size_t ended = count("done") + count("failed");
  const size_t filled = cells.empty() ? 0 : ended * kBarWidth / cells.size();
  Lines lines{printable(experiment),
              fmt::format("[{}{}] {}{}",
                          std::string(filled, '#'),
                          std::string(kBarWidth - filled, '.'),
                          text,
                          time_left(database, experiment, cells))};
  if (count("running") == 0 && count("missing") > 0)
    lines.push_back("nobody is running it now; running its file again goes on");
  return lines;
}

/// "  running  3f2a...  mask only, seed 2  on node7 (local)"
void add_cells(const std::vector<StoredCell>& cells, const std::string& state, Lines& lines) {
  size_t found = 0;
  for (const StoredCell& cell : cells) {
    if (cell.state != state || ++found > kCellsShown) continue;
    const std::string where =
        cell.launcher.empty() ? cell.host : cell.host + " (" + cell.launcher + ")";
    lines.push_back(printable(fmt::format(
        "  {}  {}  {}, seed {}  {}",
        state,
        cell.short_hash(),
        cell.row_label(),
        cell.seed,
        state == "running" ? "on " + where : cell.message.substr(0, cell.message.find('\n')))));
  }
  if (found > kCellsShown)
    lines.push_back(fmt::format("  and {} more {}", found - kCellsShown, state));
}

/// Mean over seeds of a row at each step.
struct MeanCurve {
  std::string label;
  size_t seeds = 0;
  std::map<int, double> means;
};

std::vector<MeanCurve> mean_curves(const Database& database,
                                   const std::string& experiment,
                                   const std::string& series) {
  std::vector<MeanCurve> curves;
  for (const RowSeries& row : series_of_rows(database, experiment, series)) {
    MeanCurve curve{printable(row.label), 0, {}};
    for (const auto& [step, values] : row.values) {
      double sum = 0;
      for (const double value : values) sum += value;
      curve.means[step] = sum / static_cast<double>(values.size());
      curve.seeds = std::max(curve.seeds, values.size());
    }
    curves.push_back(curve);
  }
  return curves;
}

/// What all curves are drawn between.
struct Scale {
  double low = INFINITY, high = -INFINITY;
  int last_step = 0;

  bool is_logarithmic() const { return low > 0 && high >= kLogarithmicFrom * low; }
  /// 0 at the lowest value, 1 at the highest.
  double height(double value) const {
    if (high <= low) return 0;
    return is_logarithmic() ? std::log(value / low) / std::log(high / low)
                            : (value - low) / (high - low);
  }
};

Scale scale_of(const std::vector<MeanCurve>& curves) {
  Scale scale;
  for (const MeanCurve& curve : curves)
    for (const auto& [step, mean] : curve.means) {
      scale.low = std::min(scale.low, mean);
      scale.high = std::max(scale.high, mean);
      scale.last_step = std::max(scale.last_step, step);
    }
  return scale;
}

/// One block a column, eight heights; where no step falls into a column, the last one goes on.
std::string drawn(const MeanCurve& curve, const Scale& scale) {
  static const std::array<const char*, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string line;
  const int end = curve.means.rbegin()->first;
  for (int column = 0; column < kCurveWidth; ++column) {
    const int step = column * scale.last_step / (kCurveWidth - 1);
    const auto after = curve.means.upper_bound(step);
    if (after == curve.means.begin() || step > end) {
      line += " ";
      continue;
    }
    line += blocks[std::min<size_t>(static_cast<size_t>(8 * scale.height(std::prev(after)->second)),
                                    blocks.size() - 1)];
  }
  return line;
}

Lines curve_lines(const std::string& series, const std::vector<MeanCurve>& curves) {
  if (curves.empty()) return {"", series + ": no cell that is done has recorded it yet"};
  const Scale scale = scale_of(curves);
  Lines lines{"",
              fmt::format("{}, mean over seeds, steps 0 to {}, {:.3g} to {:.3g}{}",
                          series,
                          scale.last_step,
                          scale.low,
                          scale.high,
                          scale.is_logarithmic() ? " (logarithmic)" : "")};
  size_t width = 0;
  for (const MeanCurve& curve : curves) width = std::max(width, curve.label.size());
  for (const MeanCurve& curve : curves)
    lines.push_back(fmt::format("  {}  {}  {:.3g} -> {:.3g}  ({} seed{})",
                                padded(curve.label, width),
                                drawn(curve, scale),
                                curve.means.begin()->second,
                                curve.means.rbegin()->second,
                                curve.seeds,
                                curve.seeds == 1 ? "" : "s"));
  return lines;
}

/// A sweep as the database has it. Curves are read again only after somebody has written.
class WatchedSweep {
 public:
  WatchedSweep(const Database& database, std::string experiment, std::string series)
      : database_(database), experiment_(std::move(experiment)), series_(std::move(series)) {}

  Lines picture() {
    cells_ = listed_cells(database_, experiment_);
    Lines lines = progress_lines(database_, experiment_, cells_);
    for (const char* state : {"running", "failed", "interrupted"}) add_cells(cells_, state, lines);
    if (const std::int64_t version = version_of(database_); version != version_) {
      curves_ = mean_curves(database_, experiment_, series_);
      version_ = version;
    }
    for (const std::string& line : curve_lines(series_, curves_)) lines.push_back(line);
    return lines;
  }

  /// Of the last picture.
  bool has_ended() const {
    return std::ranges::none_of(cells_, [](const StoredCell& cell) {
      return cell.state == "running" || cell.state == "missing";
    });
  }
  bool all_done() const {
    return std::ranges::all_of(cells_, [](const StoredCell& cell) { return cell.state == "done"; });
  }

 private:
  const Database& database_;
  std::string experiment_, series_;
  std::vector<StoredCell> cells_;
  std::vector<MeanCurve> curves_;
  std::int64_t version_ = -1;
};

/// Over the last picture on a terminal, as far as it has room; below it elsewhere.
void draw(const Lines& lines) {
  winsize size{};
  const bool has_size = ::isatty(STDOUT_FILENO) == 1 &&
                        ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 &&
                        size.ws_col > 0;
  if (!has_size) {
    std::cout << join(lines, "\n") << "\n" << std::endl;
    return;
  }
  const std::string home_and_clear = "\x1b[H\x1b[J";
  std::cout << home_and_clear;
  const size_t room = size.ws_row - 1u;
  for (size_t l = 0; l < std::min(lines.size(), room); ++l)
    std::cout << cut(l + 1 == room && lines.size() > room ? "..." : lines[l], size.ws_col) << "\n";
  std::cout << std::flush;
}

}  // namespace

int run_watch(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  auto add = options.add_options();
  add("experiment",
      po::value<std::string>()->required()->value_name("NAME"),
      "the experiment; may stand without --experiment");
  add("series",
      po::value<std::string>()->default_value("loss.total")->value_name("NAME"),
      "the recorded curve");
  add("interval",
      po::value<double>()->default_value(1)->value_name("SECONDS"),
      "how often to look");
  add("once", po::bool_switch(), "print one picture and end");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  const double interval = values["interval"].as<double>();
  if (!(interval > 0 && interval <= 3600))
    throw UserError(
        fmt::format("--interval is {}, but must lie above 0 and be at most 3600 s", interval));

  const Database database(results_file(values), Database::Access::read_only);
  const auto experiment = values["experiment"].as<std::string>();
  const auto series = values["series"].as<std::string>();
  const Lines known = series_names(database, experiment);
  if (!known.empty() && std::ranges::find(known, series) == known.end())
    throw UserError(fmt::format("--series '{}': no cell of '{}' recorded it{}; there: {}",
                                series,
                                experiment,
                                did_you_mean(series, known),
                                join(known, ", ")));
  WatchedSweep sweep(database, experiment, series);
  for (Lines last;;) {
    const Lines lines = sweep.picture();
    if (lines != last) draw(lines);
    last = lines;
    if (values["once"].as<bool>()) return 0;
    if (sweep.has_ended()) return sweep.all_done() ? 0 : 1;
    std::this_thread::sleep_for(std::chrono::duration<double>(interval));
  }
}

}  // namespace monodr
