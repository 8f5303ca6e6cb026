// SPDX-License-Identifier: Apache-2.0
#include "results/table.h"

#include <iostream>
#include <optional>

#include "analysis/frame_comparison.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "results/stored_facts.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp table",
    "EXPERIMENT ... [options]",
    R"(Mean and standard deviation over seeds, a row for each arm (and point of the axes), from the
results of the last run of the experiment.

A metric is named by parts in any order, '/' between them: name, class, difficulty, minimum overlap,
AP11 or AP40; parts left out match all. Without --metric: heading, location, overlap, AP and time;
in latex, which fits a column of a paper, those that the experiment names in [report] metrics, else
heading, location and BEV AP40.
'runexp metrics' says what each is.

With --columns, each metric gets a column for each value of that axis. Nothing is ever averaged over
axes: those that are no columns stay in the rows. csv and json are always in long form.

Several experiments stand in one table, one after another, under one set of columns. With --on arm
(or axes) their rows with the same arm stand one under another; with --columns experiment side by
side, a column each. --baseline "experiment = NAME" compares each arm with itself in that experiment.

With --baseline, an arm or a value of an axis, every other row is compared with the one that has that
and all else in common with it: the difference of the numbers shown, a 95 % bootstrap interval, and the
p-value of a permutation test, Holm-corrected for all comparisons of the table. Metrics that are made of
objects are resampled over frames, all else over seeds. Over three seeds no p is below 0.25, which then
stands beside it; with --pair-frames, AP is resampled over frames too.

Intervals are those of the mean over seeds, and of a single seed over its frames (AP: --pair-frames).

Formats: text (what the sqlite3 shell prints for results/queries/table.sql), markdown and latex
(booktabs, siunitx) with the best in bold, csv and json with one entry for each row and metric.

Examples:
  runexp table ablation_rotation
  runexp table ablation_rotation --format latex > table.tex
  runexp table ablation_rotation --metric heading_error_median --metric car/bev/moderate/0.7/AP40
  runexp table sweep --rows arm --columns fit.iterations --metric bev_overlap_50 --format latex
  runexp table ablation_rotation --intervals --format markdown
  runexp table ablation_rotation --baseline "mask only" --format json
  runexp table ablation_rotation --baseline "mask only" --pair-frames --metric bev/moderate/0.5
  runexp table weights --baseline "loss.depth.weight = 0.4" --trend loss.depth.weight
  runexp table ablation_rotation --tag paper
  runexp table ablation_size ablation_rotation --on arm
  runexp table before after --on arm --baseline "experiment = before"
  runexp table before after --columns experiment --metric heading_error_median
)"};

using Names = std::vector<std::string>;

po::options_description describe_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add("experiment",
      po::value<Names>()->composing()->required()->value_name("NAME"),
      "the experiment; may stand without --experiment, and may be repeated");
  add("results",
      po::value<std::string>()->default_value("results/results.sqlite")->value_name("FILE"),
      "the results database");
  add_tag_option(options);
  add("metric",
      po::value<Names>()->composing()->value_name("PATH"),
      "a column, or several where the path fits several; may be repeated");
  add("rows",
      po::value<std::string>()->value_name("KEY,..."),
      "what labels the rows, in this order: arm and axes (default: arm, then the axes)");
  add("columns",
      po::value<std::string>()->value_name("KEY,..."),
      "axes, or arm, whose values become columns");
  add("on",
      po::value<std::string>()->value_name("KEY,..."),
      "arm, or axes: rows that have the same of these stand one under another");
  add("baseline",
      po::value<std::string>()->value_name("ARM"),
      "compare with this arm, or with a value of an axis: \"fit.iterations = 20\"");
  add("trend",
      po::value<std::string>()->value_name("KEY"),
      "whether metrics rise or fall along this axis: the change from one value to the next");
  add("pair-frames",
      po::bool_switch(),
      "with --baseline or --intervals: resample AP over frames, not seeds; reads the labels again");
  add("cache",
      po::value<std::string>()->value_name("DIR"),
      "where made-up data are kept (default: cache/ beside the database)");
  add("intervals",
      po::value<std::string>()->implicit_value("frames")->value_name("OVER"),
      "with 95 % intervals (csv and json always have them): of means over seeds, of a single seed "
      "over its frames (bootstrap); --intervals=objects: shares of a single seed over its objects "
      "(Wilson)");
  add("format",
      po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text, markdown, latex, csv or json");
  add("width",
      po::value<std::string>()->default_value("column")->value_name("WIDTH"),
      "of latex: column (3.25 in) or page (6.875 in)");
  return options;
}

bool over_objects(const po::variables_map& values) {
  if (values.count("intervals") == 0) return false;
  const auto over = values["intervals"].as<std::string>();
  if (over == "objects" || over == "frames") return over == "objects";
  throw UserError(fmt::format("--intervals={}: frames or objects are due", over));
}

}  // namespace

int run_table(const std::vector<std::string>& arguments) {
  po::positional_options_description positional;
  positional.add("experiment", -1);
  po::variables_map values;
  if (!parse_options(usage, arguments, describe_options(), positional, values)) return 0;

  const TableFormat format = table_format_from(values["format"].as<std::string>());
  const TableWidth width = table_width_from(values["width"].as<std::string>());
  TableSpec spec;
  spec.for_print = format == TableFormat::latex;
  const auto experiments = values["experiment"].as<Names>();
  spec.experiment = experiments[0];
  spec.more_experiments.assign(experiments.begin() + 1, experiments.end());
  if (values.count("on") > 0)
    spec.grouping_keys = split_list(values["on"].as<std::string>(), "--on");
  if (values.count("metric") > 0) spec.metrics = values["metric"].as<Names>();
  if (values.count("baseline") > 0) spec.baseline = values["baseline"].as<std::string>();
  if (values.count("trend") > 0) spec.trend_axis = values["trend"].as<std::string>();
  const bool is_long = format == TableFormat::csv || format == TableFormat::json;
  spec.intervals = is_long || values.count("intervals") > 0;
  spec.intervals_over_objects = over_objects(values);
  if (values.count("rows") > 0 && !is_long)
    spec.row_keys = split_list(values["rows"].as<std::string>(), "--rows");
  if (values.count("columns") > 0 && !is_long)
    spec.column_keys = split_list(values["columns"].as<std::string>(), "--columns");
  const Database database = open_results(values, experiments);
  if (const Names tags = tags_of(values); !tags.empty())
    fmt::print(stderr, "note: only cells tagged {}\n", join(tags, " and "));
  std::optional<FrameComparison> frames;
  if (values["pair-frames"].as<bool>()) {
    if (spec.baseline.empty() && !spec.intervals)
      throw UserError(
          "--pair-frames says how AP is compared and where its intervals come from; give "
          "--baseline "
          "ARM or --intervals");
    if (experiments.size() > 1)
      throw UserError("--pair-frames reads the labels of one experiment, but several are named");
    frames.emplace(database, spec.experiment, cache_folder(values));
    for (const std::string& reason : frames->missing()) fmt::print(stderr, "note: {}\n", reason);
    spec.compare_frames = [&](auto&&... asked) { return frames->difference(asked...); };
    spec.frame_interval = [&](auto&&... asked) { return frames->interval(asked...); };
  }
  const Table table = make_table(database, spec);
  for (const std::string& name : experiments)
    if (const std::string gap = what_is_missing(database, name); !gap.empty())
      fmt::print(stderr, "note: {}\n", gap);
  std::cout << format_table(table, format, width) << std::flush;
  for (const std::string& name : experiments)
    for (const std::string& note : notes_under_table(database, name))
      fmt::print(stderr, "note: {}{}\n", experiments.size() > 1 ? name + ": " : "", note);
  return 0;
}

}  // namespace monodr
