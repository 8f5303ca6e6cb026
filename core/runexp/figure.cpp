// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "analysis/labelled_results.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "report/experiment_figures.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/picture_file.h"
#include "runexp/stored_object.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

constexpr double kDotsPerInch = 300;

const CommandUsage usage = {
    "runexp figure",
    "EXPERIMENT KIND -o FILE.pdf [options]",
    R"(Draws a figure for print from the results of the last run of the experiment.

Kinds:
  series            a recorded curve over steps (--series, default loss.total): mean over seeds, band
                    of one standard deviation
  bars              one metric (--metric, default heading_error_median), 95 % intervals over seeds
  precision-recall  of an AP metric (--metric, default ap_bev/moderate/0.5/AP40); reads the labels
  headings          polar histogram of the signed heading errors, as seen from above
  landscape         loss over the heading of one object of one cell (--cell, --object): all losses
                    against the mask alone, with their local minima. The object is fitted again; then
                    all else follows the heading for some steps at every 5 degrees
  depth             predicted over true depth; reads the labels
  heatmap           one metric over two axes: --rows KEY --columns KEY (axes of the sweep, or arm)

FILE is an .svg, .pdf or .png (300 dots per inch); the latter two are made by rsvg-convert (Debian:
librsvg2-bin). Text is drawn as outlines, so it needs no fonts. The file has its size on paper: put it
into LaTeX as it is, without the title where the caption tells it.

Examples:
  runexp figure ablation_rotation bars --metric heading_error_median -o heading.pdf --no-title
  runexp figure ablation_rotation precision-recall --metric car/bev/moderate/0.7/AP40 -o pr.png
  runexp figure ablation_rotation landscape --cell 3f2a --object worst -o landscape.svg
  runexp figure sweep heatmap --rows fit.iterations --columns fit.hypotheses -o sweep.svg
)"};

po::options_description describe_options() {
  po::options_description options("options");
  add_results_option(options);
  add_tag_option(options);
  auto add = options.add_options();
  add("experiment", po::value<std::string>()->required()->value_name("NAME"), "the experiment");
  add("kind", po::value<std::string>()->required()->value_name("KIND"), "see above");
  add("output,o",
      po::value<std::string>()->required()->value_name("FILE"),
      "an .svg, .pdf or .png");
  add("metric", po::value<std::string>()->value_name("PATH"), "as in 'runexp table'; exactly one");
  add("series",
      po::value<std::string>()->default_value("loss.total")->value_name("NAME"),
      "a recorded curve");
  add("width",
      po::value<std::string>()->default_value("column")->value_name("WIDTH"),
      "column (3.25 in), page (6.875 in), or a length: 84mm, 8.4cm, 3.3in");
  add("no-title", po::bool_switch(), "without the title: a caption tells it");
  add("rows", po::value<std::string>()->default_value("arm")->value_name("KEY"), "of a heat map");
  add("columns", po::value<std::string>()->value_name("KEY"), "of a heat map");
  add("cell",
      po::value<std::string>()->value_name("CELL"),
      "of a landscape: the beginning of its id (default: the first of the last row)");
  add_object_option(options);
  add_plugin_options(options);
  return options;
}

FigureStyle style_from(const po::variables_map& values) {
  constexpr double narrowest = 150, widest = 2000;
  FigureStyle style;
  style.has_title = !values["no-title"].as<bool>();
  const auto text = values["width"].as<std::string>();
  if (text == "column") return style;
  double number = 0;
  size_t used = 0;
  try {
    if (text != "page") number = std::stod(text, &used);
  } catch (const std::exception&) {  // not a number: refused below
  }
  const std::string unit = text.substr(used);
  const double inches = unit == "in"   ? number
                        : unit == "cm" ? number / 2.54
                        : unit == "mm" ? number / 25.4
                                       : 0;
  style.width = text == "page" ? page_figure_width : 96 * inches;
  if (!(style.width >= narrowest && style.width <= widest))
    throw UserError(
        fmt::format("--width is '{}', but must be column, page, or a length from 40mm to 520mm "
                    "(mm, cm or in){}",
                    text,
                    did_you_mean(text, {"column", "page"})));
  return style;
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
  return draw(series_figure(database, experiment, series), style_from(values));
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

std::string draw_landscape(const Database& database, const po::variables_map& values) {
  std::string id;
  if (values.count("cell") > 0) {
    id = values["cell"].as<std::string>();
  } else {
    std::int64_t row = -1;
    for (const StoredCell& cell : current_cells(database, values["experiment"].as<std::string>())) {
      if (cell.state != "done" || cell.variant == row) continue;
      row = cell.variant;
      id = cell.hash;
    }
    if (id.empty())
      throw UserError("no cell of this experiment is done: there is nothing to fit again");
  }
  const StoredResult cell = find_stored_result(database, id);
  SheetOrder order =
      order_for(cell, choose_object(cell, values["object"].as<std::string>()), values);
  order.drawing = "landscape";
  const FigureStyle style = style_from(values);
  order.width = style.width;
  order.has_title = style.has_title;
  Progress progress = Progress::for_stream(stderr, false);
  const auto drawn = ask_for_sheet(order, progress);
  if (!drawn) throw UserError("stopped by a signal");
  std::cout << order.title << "\n" << join(drawn->lines, "\n") << std::endl;
  return drawn->svg;
}

std::string draw_heat_map(const Database& database, const po::variables_map& values) {
  if (values.count("columns") == 0)
    throw UserError("a heat map needs --columns KEY, an axis of the sweep");
  return draw(heat_map(table_of_one_metric(database, values, "heading_error_median"),
                       0,
                       values["rows"].as<std::string>(),
                       values["columns"].as<std::string>()),
              style_from(values));
}

std::string draw_kind(const Database& database, const po::variables_map& values) {
  const auto kind = values["kind"].as<std::string>();
  const FigureStyle style = style_from(values);
  database.require_experiment(values["experiment"].as<std::string>());
  if (kind == "series") return draw_series(database, values);
  if (kind == "bars")
    return draw(bar_figure(table_of_one_metric(database, values, "heading_error_median"), 0),
                style);
  if (kind == "precision-recall") {
    const Table table = table_of_one_metric(database, values, "ap_bev/moderate/0.5/AP40");
    return draw(precision_recall_figure(require_labelled(database, values), table.columns[0]),
                style);
  }
  if (kind == "headings")
    return draw(heading_figure(database, values["experiment"].as<std::string>()), style);
  if (kind == "landscape") return draw_landscape(database, values);
  if (kind == "depth") return draw(depth_figure(require_labelled(database, values)), style);
  if (kind == "heatmap") return draw_heat_map(database, values);
  const std::vector<std::string> kinds = {
      "series", "bars", "precision-recall", "headings", "landscape", "depth", "heatmap"};
  throw UserError(fmt::format(
      "there is no figure '{}'{}; kinds: {}", kind, did_you_mean(kind, kinds), join(kinds, ", ")));
}

}  // namespace

int run_figure(const std::vector<std::string>& arguments) {
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1).add("kind", 1);
  if (!parse_options(usage, arguments, describe_options(), positional, values)) return 0;
  const PictureFile output(values["output"].as<std::string>());
  const Database database = open_results(values, {values["experiment"].as<std::string>()});
  output.write(draw_kind(database, values), kDotsPerInch);
  return 0;
}

}  // namespace monodr
