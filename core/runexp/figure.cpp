// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "report/experiment_figures.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/labelled_results.h"
#include "runexp/options.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp figure",
    "EXPERIMENT KIND -o FILE.svg [options]",
    R"(Draws a figure for print from the results of the last run of the experiment.

Kinds:
  series            a recorded curve over steps (--series, default loss.total): mean over seeds, band
                    of one standard deviation
  bars              one metric (--metric, default heading_error_median), 95 % intervals over seeds
  precision-recall  of an AP metric (--metric, default ap_bev/moderate/0.5/AP40); reads the labels
  headings          polar histogram of the heading errors
  depth             predicted over true depth; reads the labels
  heatmap           one metric over two axes: --rows KEY --columns KEY (axes of the sweep, or arm)

FILE.png is made by rsvg-convert (Debian: librsvg2-bin), at 300 dots per inch.

Examples:
  runexp figure ablation_rotation bars --metric heading_error_median -o heading.svg
  runexp figure ablation_rotation precision-recall --metric car/bev/moderate/0.7/AP40 -o pr.png
  runexp figure sweep heatmap --rows fit.iterations --columns fit.hypotheses -o sweep.svg
)"};

po::options_description describe_options() {
  po::options_description options("options");
  add_results_option(options);
  auto add = options.add_options();
  add("experiment", po::value<std::string>()->required()->value_name("NAME"), "the experiment");
  add("kind", po::value<std::string>()->required()->value_name("KIND"), "see above");
  add("output,o", po::value<std::string>()->required()->value_name("FILE"), "an .svg or .png");
  add("metric", po::value<std::string>()->value_name("PATH"), "as in 'runexp table'; exactly one");
  add("series",
      po::value<std::string>()->default_value("loss.total")->value_name("NAME"),
      "a recorded curve");
  add("rows", po::value<std::string>()->default_value("arm")->value_name("KEY"), "of a heat map");
  add("columns", po::value<std::string>()->value_name("KEY"), "of a heat map");
  add("cache",
      po::value<std::string>()->value_name("DIR"),
      "where made-up data are kept (default: cache/ beside the database)");
  return options;
}

/// The table of the one metric that --metric names, or of `fallback`.
Table table_of_one_metric(const Database& database,
                          const po::variables_map& values,
                          const std::string& fallback) {
  TableSpec spec;
  spec.experiment = values["experiment"].as<std::string>();
  spec.metrics = {values.count("metric") > 0 ? values["metric"].as<std::string>() : fallback};
  spec.intervals = true;
  Table table = make_table(database, spec);
  if (table.columns.size() == 1) return table;
  std::vector<std::string> paths;
  for (const MetricColumn& column : table.columns) paths.push_back(column.path());
  throw UserError(fmt::format(
      "--metric '{}' fits several: {}; a figure shows one", spec.metrics[0], join(paths, ", ")));
}

std::string draw_series(const Database& database, const po::variables_map& values) {
  const auto experiment = values["experiment"].as<std::string>();
  const auto series = values["series"].as<std::string>();
  const std::vector<std::string> names = series_names(database, experiment);
  if (std::find(names.begin(), names.end(), series) == names.end())
    throw UserError(fmt::format("--series '{}' was not recorded by '{}'{}; there: {}",
                                series,
                                experiment,
                                did_you_mean(series, names),
                                names.empty() ? "none" : join(names, ", ")));
  return draw(series_figure(database, experiment, series));
}

std::vector<LabelledCell> require_labelled(const Database& database,
                                           const po::variables_map& values) {
  std::vector<std::string> missing;
  auto cells = labelled_cells(
      database, values["experiment"].as<std::string>(), cache_folder(values), missing);
  if (cells.empty())
    throw UserError(fmt::format("this figure needs the labels of a finished cell: {}",
                                missing.empty() ? "no cell is done" : join(missing, "; ")));
  return cells;
}

std::string draw_heat_map(const Database& database, const po::variables_map& values) {
  if (values.count("columns") == 0)
    throw UserError("a heat map needs --columns KEY, an axis of the sweep");
  return draw(heat_map(table_of_one_metric(database, values, "heading_error_median"),
                       0,
                       values["rows"].as<std::string>(),
                       values["columns"].as<std::string>()));
}

std::string draw_kind(const Database& database, const po::variables_map& values) {
  const auto kind = values["kind"].as<std::string>();
  database.require_experiment(values["experiment"].as<std::string>());
  if (kind == "series") return draw_series(database, values);
  if (kind == "bars")
    return draw(bar_figure(table_of_one_metric(database, values, "heading_error_median"), 0));
  if (kind == "precision-recall") {
    const Table table = table_of_one_metric(database, values, "ap_bev/moderate/0.5/AP40");
    return draw(precision_recall_figure(require_labelled(database, values), table.columns[0]));
  }
  if (kind == "headings")
    return draw(heading_figure(database, values["experiment"].as<std::string>()));
  if (kind == "depth") return draw(depth_figure(require_labelled(database, values)));
  if (kind == "heatmap") return draw_heat_map(database, values);
  const std::vector<std::string> kinds = {
      "series", "bars", "precision-recall", "headings", "depth", "heatmap"};
  throw UserError(fmt::format(
      "there is no figure '{}'{}; kinds: {}", kind, did_you_mean(kind, kinds), join(kinds, ", ")));
}

void convert_to_png(const std::string& svg_file, const std::string& png_file) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("rsvg-convert",
             "rsvg-convert",
             "--zoom=3.125",  // 96 dots per inch become 300
             "--output",
             png_file.c_str(),
             svg_file.c_str(),
             nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  fs::remove(svg_file);
  if (status != 0)
    throw UserError(
        fmt::format("rsvg-convert cannot make '{}'; is it installed (Debian: librsvg2-bin)? A name "
                    "that ends in "
                    ".svg needs no converter",
                    png_file));
}

}  // namespace

int run_figure(const std::vector<std::string>& arguments) {
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1).add("kind", 1);
  if (!parse_options(usage, arguments, describe_options(), positional, values)) return 0;
  const fs::path output = values["output"].as<std::string>();
  const std::string extension = output.extension().string();
  if (extension != ".svg" && extension != ".png")
    throw UserError(fmt::format("'{}' must end in .svg or .png", output.string()));
  const Database database(results_file(values), Database::Access::read_only);
  const std::string svg = draw_kind(database, values);
  const std::string svg_file = output.string() + (extension == ".png" ? ".svg" : "");
  write_file_atomically(svg_file, svg);
  if (extension == ".png") convert_to_png(svg_file, output.string());
  return 0;
}

}  // namespace monodr
