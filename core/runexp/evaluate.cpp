// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "analysis/ap_table.h"
#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "data/kitti_label.h"
#include "evaluation/kitti_ap.h"
#include "experiment/category_file.h"
#include "runexp/commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp evaluate",
    "--labels DIR --detections DIR [options]",
    R"(Average precision by KITTI's official protocol, equal to the official kit: 2-D, AOS, BEV and 3-D,
AP11 and AP40, for the easy, moderate and hard difficulty.

Frames: without --frames those that have a result file, like the official kit, so that labels of
other frames do not count; with --frames exactly those listed, and a frame without a result file
counts as one in which nothing was detected.

Left out, as in the official kit: AOS where any detection has alpha -10; BEV and 3-D of a class
whose detections have no 3-D boxes. AP is 0 for a class without any detection.

Examples:
  runexp evaluate --labels training/label_2 --detections results/data
  runexp evaluate --labels training/label_2 --detections results/data \
      --frames ImageSets/val.txt --classes car --iou strict,loose,0.3 --format json > ap.json
)"};

/// What was asked for.
struct Request {
  std::string labels, detections, frames, format;
  KittiApOptions options;
};

po::options_description describe_options() {
  const int threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
  po::options_description options("options");
  auto add = options.add_options();
  add("labels", po::value<std::string>()->required()->value_name("DIR"), "folder of label files");
  add("detections",
      po::value<std::string>()->required()->value_name("DIR"),
      "folder of result files, or one with such a folder 'data' in it");
  add("frames", po::value<std::string>()->value_name("FILE"), "ids to evaluate, one a line");
  add("classes",
      po::value<std::string>()->default_value("car,pedestrian,cyclist")->value_name("LIST"),
      "classes, ',' between them: names of experiments/categories, or paths of such files");
  add("iou",
      po::value<std::string>()->default_value("strict")->value_name("LIST"),
      "minimum overlaps, ',' between them: strict (0.7 car, 0.5 pedestrian and cyclist), loose "
      "(2-D "
      "as strict; BEV and 3-D 0.5 car, 0.25 pedestrian and cyclist) or a number for all");
  add("height-rule",
      po::value<std::string>()->default_value("now")->value_name("RULE"),
      "now: a label must be higher than 40 / 25 / 25 px; 2017: exactly as high counts too, as in "
      "the kit of that year");
  add("format",
      po::value<std::string>()->default_value("table")->value_name("FORMAT"),
      "table, json or csv");
  add("threads", po::value<int>()->default_value(threads)->value_name("N"), "threads to use");
  return options;
}

std::string one_of(const po::variables_map& values,
                   const std::string& option,
                   const std::vector<std::string>& choices) {
  const std::string value = values[option].as<std::string>();
  if (std::find(choices.begin(), choices.end(), value) == choices.end())
    throw UserError(fmt::format("--{} '{}' is not one of {}{}",
                                option,
                                value,
                                join(choices, ", "),
                                did_you_mean(value, choices)));
  return value;
}

Request read_request(const po::variables_map& values) {
  Request request;
  request.labels = values["labels"].as<std::string>();
  request.detections = values["detections"].as<std::string>();
  if (values.count("frames") > 0) request.frames = values["frames"].as<std::string>();
  request.format = one_of(values, "format", {"table", "json", "csv"});
  KittiApOptions& options = request.options;
  for (const std::string& name : split_list(values["classes"].as<std::string>(), "--classes"))
    options.categories.push_back(load_category(name));
  options.overlaps = split_list(values["iou"].as<std::string>(), "--iou");
  if (one_of(values, "height-rule", {"now", "2017"}) == "2017")
    options.height_rule = HeightRule::may_equal;
  options.threads = values["threads"].as<int>();
  if (options.threads < 1)
    throw UserError(fmt::format("--threads {} must be at least 1", options.threads));
  check_options(options);
  return request;
}

/// The folder itself, or its subfolder `data`, where the official kit puts a detector's files.
std::string result_folder(const std::string& folder) {
  const std::string inner = folder + "/data";
  if (std::filesystem::is_directory(inner) && list_kitti_frames(folder).empty()) return inner;
  return folder;
}

/// Labels and detections of the frames that are evaluated.
struct Frames {
  std::vector<FrameAnnotations> labels, detections;
};

void check_labels_exist(const std::string& folder, const std::vector<std::string>& frames) {
  const std::vector<std::string> labelled = list_kitti_frames(folder);
  for (const std::string& frame : frames)
    if (!std::binary_search(labelled.begin(), labelled.end(), frame))
      throw UserError(
          fmt::format("frame '{0}' has no label file '{1}/{0}.txt'; --labels names the "
                      "folder of the label files, --frames the frames to evaluate",
                      frame,
                      folder));
}

Frames read_frames(const Request& request) {
  const std::string folder = result_folder(request.detections);
  const std::vector<std::string> with_result = list_kitti_frames(folder);
  std::vector<std::string> asked = with_result, detected = with_result;
  if (!request.frames.empty()) {
    asked = read_kitti_frame_list(request.frames);
    detected.clear();
    for (const std::string& frame : asked)
      if (std::binary_search(with_result.begin(), with_result.end(), frame))
        detected.push_back(frame);
    if (detected.size() < asked.size())
      fmt::print(stderr,
                 "note: {} of {} frames have no file in '{}': nothing was detected there\n",
                 asked.size() - detected.size(),
                 asked.size(),
                 folder);
  }
  if (detected.empty())
    throw UserError(
        fmt::format("'{}' has no result file (<frame>.txt) of the frames asked for; "
                    "--detections names the folder that holds them",
                    folder));
  check_labels_exist(request.labels, asked);
  // Files that are not in memory yet wait for the disk, not for a core: more threads than cores.
  const int threads = std::max(request.options.threads, 8);
  return {read_kitti_frames(request.labels, asked, KittiFileKind::labels, threads),
          read_kitti_frames(folder, detected, KittiFileKind::results, threads)};
}

/// The kit takes no notice of detections lower than its easiest limit asks, whatever they hold in 3-D.
void note_low_boxes(const Frames& frames, const KittiApOptions& options) {
  constexpr double kLowest = 25;  // px, of moderate and hard
  for (const CategoryModel& category : options.categories) {
    size_t all = 0, high = 0, absent = 0;
    for (const FrameAnnotations& frame : frames.detections)
      for (const Annotation& detection : frame.objects) {
        if (!category.includes(detection.category)) continue;
        ++all;
        high += detection.box2d.height() >= kLowest;
        absent += detection.box2d.area() <= 0;
      }
    if (all == 0 || high > 0) continue;
    fmt::print(
        stderr,
        "note: {}: none of the {} detections is {} px high in the image (columns 5 to 8{}), and "
        "the official "
        "kit counts none that is lower: AP is 0 whatever their 3-D boxes are; write the projection "
        "of these "
        "boxes there\n",
        category.name,
        all,
        kLowest,
        absent > 0 ? fmt::format("; of {} the box is empty, as of -1 -1 -1 -1", absent) : "");
  }
}

}  // namespace

int run_evaluate(const std::vector<std::string>& arguments) {
  po::variables_map values;
  if (!parse_options(usage, arguments, describe_options(), {}, values)) return 0;
  const Request request = read_request(values);
  const Frames frames = read_frames(request);
  const std::vector<ApRow> rows =
      kitti_average_precision(frames.labels, frames.detections, request.options);
  note_low_boxes(frames, request.options);
  if (request.format == "json") {
    fmt::print("{}", ap_rows_as_json(rows));
  } else if (request.format == "csv") {
    fmt::print("{}", ap_rows_as_csv(rows));
  } else {
    fmt::print("{} frames\n{}", frames.labels.size(), ap_rows_as_table(rows));
  }
  return 0;
}

}  // namespace monodr
