// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>

#include "analysis/report_content.h"
#include "base/options.h"
#include "base/text.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/report_pictures.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp report",
    "EXPERIMENT -o report.html [options]",
    R"(Writes one HTML file that needs no network: question, table (a click on a column's head sorts),
figures, the loss over the heading of one object, the best, median and worst objects of every arm side by
side, failures by kind (turned, too far off, missed) with what the method saw, failures with their reasons,
settings and provenance.

Objects that are shown are fitted again for their meshes, and the one of the landscape is turned. --quick does
without: pictures are then cut from the overlays.

--metric and --baseline are those of 'runexp table'. Overlays come from fits/ beside the database,
the labels behind precision-recall curves and depths from the data the cells were run on.

Examples:
  runexp report ablation_rotation -o report.html
  runexp report ablation_rotation --baseline "mask only" -o report.html
)"};

}  // namespace

int run_report(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  add_tag_option(options);
  auto add = options.add_options();
  add("experiment", po::value<std::string>()->required()->value_name("NAME"), "the experiment");
  add("output,o",
      po::value<std::string>()->default_value("report.html")->value_name("FILE"),
      "the file to write");
  add("metric",
      po::value<std::vector<std::string>>()->composing()->value_name("PATH"),
      "a column of the table; may be repeated");
  add("baseline", po::value<std::string>()->value_name("ARM"), "compare with this arm");
  add("quick", po::bool_switch(), "fit nothing again");
  add("quiet,q", po::bool_switch(), "no progress");
  add_plugin_options(options);
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;

  ReportOptions report;
  report.table.experiment = values["experiment"].as<std::string>();
  if (values.count("metric") > 0)
    report.table.metrics = values["metric"].as<std::vector<std::string>>();
  if (values.count("baseline") > 0) report.table.baseline = values["baseline"].as<std::string>();
  report.cache_folder = cache_folder(values);
  report.fits_folder = (std::filesystem::path(results_folder(values)) / "fits").string();
  report.tags = tags_of(values);
  const Database database = open_results(values, {report.table.experiment});
  if (!values["quick"].as<bool>()) {
    report.draw_objects = draw_objects_by_worker(database, values);
    report.draw_landscape = draw_landscape_by_worker(database, values);
  }
  const auto output = values["output"].as<std::string>();
  write_file_atomically(output, to_html(gather_report(database, report)));
  std::cout << output << std::endl;
  return 0;
}

}  // namespace monodr
