// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "data/kitti_folder.h"
#include "evidence/frame_source.h"
#include "experiment/category_file.h"
#include "inspect/contact_sheet.h"
#include "inspect/depth_error.h"
#include "inspect/inspect.h"
#include "worker/worker_commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage inspect_usage = {
    "runexp data inspect",
    "ROOT [--sheet FILE.png] [--objects FILE.png] [--frames IDS] [--format text|json]",
    R"(Reads every file of a data set in KITTI's layout, or of a manifest of one's own pictures
(docs/own-data.md), and says what there is: frames, objects a class, what is missing, and every fault with its file and line. Nothing that is wrong ends the
listing. With --sheet it draws boxes, masks and depth of some frames, with --objects what the method
sees of each of their objects, as one picture. Exit code: 0 no faults, 1 faults were found.

Examples:
  runexp data inspect PATH/TO/KITTI
  runexp data inspect PATH/TO/KITTI --format json
  runexp data inspect frames.toml --sheet sheet.png
  runexp data inspect PATH/TO/KITTI --sheet sheet.png --frames 000008,000010
  runexp data inspect PATH/TO/KITTI --depth-error --depth-folder annotations/depth_2
)"};

constexpr size_t kFramesOnASheet = 8;

po::options_description describe_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add("root",
      po::value<std::string>()->value_name("ROOT"),
      "folder that holds training/, or a manifest");
  add("depth-error",
      po::bool_switch(),
      "how wrong dense depth is where LiDAR saw the same pixel, and what that says of the fit's "
      "noise "
      "model; nothing else is looked at");
  add("depth-folder",
      po::value<std::string>()->default_value("")->value_name("DIR"),
      "maps FRAME.png or FRAME.npz for --depth-error (default: ROOT/training/depth_2)");
  add("format",
      po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json");
  add("sheet",
      po::value<std::string>()->value_name("FILE.png"),
      "draw boxes, masks and depth, a row a frame");
  add("objects",
      po::value<std::string>()->value_name("FILE.png"),
      "draw crop, mask and depth of every object of the category in these frames");
  add("category",
      po::value<std::string>()->default_value("car")->value_name("NAME"),
      "class whose objects judge depth and stand in the pictures: a file of "
      "experiments/categories, "
      "or its path");
  add("frames",
      po::value<std::string>()->value_name("IDS"),
      "frames of the pictures: ids, a split of ImageSets, or all (default: 8, evenly spread)");
  add("masks",
      po::value<std::string>()->default_value("auto")->value_name("SOURCE"),
      "masks of the pictures, in KITTI's layout: auto, instance, png, coco or grabcut");
  add("depth",
      po::value<std::string>()->default_value("auto")->value_name("SOURCE"),
      "depth of the pictures, in KITTI's layout: auto, depth_2, velodyne, disparity or none");
  return options;
}

std::string choice(const po::variables_map& values,
                   const std::string& option,
                   const std::vector<std::string>& choices) {
  const std::string value = values[option].as<std::string>();
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  throw UserError(fmt::format("--{} '{}' is none of: {}{}",
                              option,
                              value,
                              join(choices, ", "),
                              did_you_mean(value, choices)));
}

template <typename Enum>
Enum choice(const po::variables_map& values, const std::string& option) {
  return enum_named<Enum>(choice(values, option, names_of_enum<Enum>()));
}

std::vector<std::string> frames_of_pictures(const po::variables_map& values,
                                            const DatasetRequest& request) {
  const std::vector<std::string> all = open_frame_source(request)->frames();
  if (values.count("frames") > 0) {
    const auto words = split_list(values["frames"].as<std::string>(), "--frames");
    const bool are_ids = std::all_of(words.begin(), words.end(), [&](const std::string& word) {
      return std::find(all.begin(), all.end(), word) != all.end();
    });
    if (are_ids || words.size() > 1 || request.source == DataSource::manifest) return words;
    return KittiFolder(request.root).frames(words[0]);
  }
  if (all.size() <= kFramesOnASheet) return all;
  std::vector<std::string> some;
  for (size_t i = 0; i < kFramesOnASheet; ++i)
    some.push_back(all[i * (all.size() - 1) / (kFramesOnASheet - 1)]);
  return some;
}

void draw(const po::variables_map& values, const std::string& root) {
  if (values.count("sheet") == 0 && values.count("objects") == 0) return;
  DatasetRequest options;
  options.root = root;
  options.source =
      std::filesystem::is_regular_file(root) ? DataSource::manifest : DataSource::kitti;
  options.objects = 0;
  options.category = values["category"].as<std::string>();
  options.category_model = load_category(options.category);
  options.on_error = OnError::skip;
  options.masks = choice<MaskKind>(values, "masks");
  options.depth = choice<DepthKind>(values, "depth");
  const std::vector<std::string> frames = frames_of_pictures(values, options);
  if (values.count("sheet") > 0)
    write_frame_sheet(frames, options, values["sheet"].as<std::string>());
  if (values.count("objects") > 0)
    write_object_sheet(load_observations_of(frames, *open_frame_source(options), options),
                       values["objects"].as<std::string>());
}

}  // namespace

int run_inspect(const std::vector<std::string>& arguments) {
  const po::options_description options = describe_options();
  po::positional_options_description positional;
  positional.add("root", 1);
  po::variables_map values;
  if (!parse_options(inspect_usage, arguments, options, positional, values)) return 0;
  if (values.count("root") == 0)
    throw UserError("which data? A folder that holds training/, or a manifest, is expected");
  const std::string root = values["root"].as<std::string>();
  const std::string format = choice(values, "format", {"text", "json"});

  if (values["depth-error"].as<bool>()) {
    const DepthError error =
        measure_depth_error(root,
                            values["depth-folder"].as<std::string>(),
                            load_category(values["category"].as<std::string>()));
    fmt::print("{}", format == "json" ? error.to_json() : error.to_text());
    return 0;
  }

  const bool shows_progress = ::isatty(STDERR_FILENO) != 0;
  const Inspection inspection = inspect(
      root,
      int(std::max(1u, std::thread::hardware_concurrency())),
      [&](double share) {
        if (shows_progress) fmt::print(stderr, "\rreading {:3.0f} %", 100 * share);
      },
      values["category"].as<std::string>());
  if (shows_progress) fmt::print(stderr, "\r{:20}\r", "");
  fmt::print("{}", format == "json" ? inspection_json(inspection) : format_inspection(inspection));
  draw(values, root);
  return inspection.faults.empty() ? 0 : 1;
}

}  // namespace monodr
