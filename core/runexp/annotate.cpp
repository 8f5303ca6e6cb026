// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/options.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/detect_order.h"
#include "runexp/networks_option.h"
#include "runexp/replace_by_worker.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using nlohmann::json;

const CommandUsage usage = {
    "runexp data annotate",
    "ROOT --networks FILE.toml [--output DIR] [KEY=VALUE ...] [options]",
    R"(Asks networks about every picture of a data set and writes their answers as files in KITTI's layout:

  detections_2/FRAME.txt    boxes, classes and scores, as KITTI's result lines without a 3-D box
  masks_2/FRAME_N.png       the mask of line N
  depth_2/FRAME.png         16 bits, metres x 256; where a file has a [depth_estimator]

ROOT is a folder in KITTI's layout, or a manifest of one's own pictures. The files go to ROOT/training, for a
manifest to --output. Experiments need no such files (dataset.masks = "network" asks once a picture and keeps the
answers): they are for other programs, and for who wants to look at them or mend them.

Example:
  runexp data annotate PATH/TO/KITTI --networks yolov5n-seg.toml --networks rt-monodepth-s.toml
)"};

constexpr const char* kFolders[] = {"detections_2", "masks_2", "depth_2"};

po::options_description describe_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add_networks_option(options);
  add("output,o",
      po::value<std::string>()->value_name("DIR"),
      "where the three folders are made (default: ROOT/training)");
  add("force", po::bool_switch(), "write into folders that are there already");
  add("quiet,q", po::bool_switch(), "no progress");
  add_results_option(options);
  add_plugin_options(options);
  return options;
}

std::string output_of(const po::variables_map& values, const std::string& root, bool is_manifest) {
  if (values.count("output") == 0 && is_manifest)
    throw UserError(
        "a manifest has no folder for annotations; say where they go with --output DIR");
  const fs::path output = values.count("output") > 0 ? fs::path(values["output"].as<std::string>())
                                                     : fs::path(root) / "training";
  for (const char* folder : kFolders)
    if (fs::exists(output / folder) && !fs::is_empty(output / folder) &&
        !values["force"].as<bool>())
      throw UserError(
          fmt::format("'{}' holds files already; take them away, name another folder with "
                      "--output, or write into it with --force",
                      (output / folder).string()));
  return fs::absolute(output).string();
}

int run_annotate(const std::vector<std::string>& arguments) {
  po::options_description all = describe_options();
  all.add_options()("word", po::value<std::vector<std::string>>(), "ROOT KEY=VALUE...");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", -1);
  if (!parse_options(usage, arguments, all, positional, values)) return 0;
  const auto [roots, overrides] = words_of(values);
  if (roots.size() != 1)
    throw UserError("which data? One folder that holds training/, or a manifest, is expected");
  const std::string root = roots[0];
  const bool is_manifest = fs::is_regular_file(root);

  const TemporaryFolder scratch("monodr-annotate");
  const Experiment experiment =
      experiment_with_networks(networks_option(values),
                               fmt::format("source = \"{}\"\nroot = {}\nobjects = 0\n",
                                           is_manifest ? "manifest" : "kitti",
                                           json(root).dump()),
                               overrides,
                               scratch.path().string());
  DetectOrder order = detect_order(values, experiment);
  order.output = output_of(values, root, is_manifest);
  return carry_out("annotate", order, values) ? 0 : exit_stopped;
}

}  // namespace

int run_data(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "annotate")
    return run_annotate({arguments.begin() + 1, arguments.end()});
  return replace_by_worker("data", arguments);
}

}  // namespace monodr
