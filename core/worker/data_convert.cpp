// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "data/conversion.h"
#include "worker/worker_commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp data convert",
    "DIR --from kitti-raw|kitti360 --output DIR [--drive NAME] [--copy]",
    R"(Brings another dataset into KITTI's object layout, as 'runexp data inspect' and experiments read it: pictures
of the left colour camera, calibrations, LiDAR, and labels where the dataset has boxes. Pictures and LiDAR
are links to where they lie, unless --copy is given. frames.txt says where each frame comes from,
ImageSets has a list for each drive.

  kitti-raw   a day's folder (2011_09_26: calib_*.txt and drives ..._sync), or a drive in it; labels
              are tracklets
  kitti360    the folder of data_2d_raw, calibration, data_poses, data_3d_raw and data_3d_bboxes

Examples:
  runexp data convert raw/2011_09_26 --from kitti-raw --output converted
  runexp data convert KITTI-360 --from kitti360 --drive 0003 --output converted
)"};

struct Source {
  const char* name;
  std::function<Conversion(const std::string&)> read;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> list = {{"kitti-raw", read_kitti_raw},
                                           {"kitti360", read_kitti360}};
  return list;
}

Conversion read(const std::string& from, const std::string& folder) {
  std::vector<std::string> names;
  for (const Source& source : sources()) {
    if (from == source.name) return source.read(folder);
    names.emplace_back(source.name);
  }
  if (from == "waymo-kitti")
    throw UserError(
        "--from waymo-kitti: Waymo that was converted to KITTI's format is read as it is; "
        "run 'runexp data inspect DIR' on the folder that holds training/");
  if (from == "nuscenes-json")
    throw UserError(
        "--from nuscenes-json cannot be converted: no sample of its own format has been tried; "
        "nuscenes-devkit's export_kitti writes KITTI's layout, which is read as it is");
  throw UserError(fmt::format("--from is '{}', but must be one of: {}{}",
                              from,
                              join(names, ", "),
                              did_you_mean(from, names)));
}

void keep_drives(Conversion& conversion, const std::string& word) {
  std::vector<std::string> names;
  for (const ConvertedDrive& drive : conversion.drives)
    if (!drive.frames.empty()) names.push_back(drive.frames[0].drive);
  std::erase_if(conversion.drives, [&](const ConvertedDrive& drive) {
    return drive.frames.empty() || drive.frames[0].drive.find(word) == std::string::npos;
  });
  if (conversion.drives.empty())
    throw UserError(fmt::format("no drive is called '{}'; there are: {}", word, join(names, ", ")));
  if (!word.empty())
    std::erase_if(conversion.notes,
                  [&](const std::string& note) { return note.find(word) == std::string::npos; });
}

void report(const Conversion& conversion, const std::string& output) {
  size_t frames = 0, labelled = 0, objects = 0, scans = 0;
  for (const ConvertedDrive& drive : conversion.drives)
    for (const ConvertedFrame& frame : drive.frames) {
      ++frames;
      scans += !frame.lidar.empty();
      labelled += frame.labels.has_value();
      objects += frame.labels ? frame.labels->size() : 0;
    }
  fmt::print("{}: {} frames, {} with LiDAR, {} with labels of {} objects\n",
             output,
             frames,
             scans,
             labelled,
             objects);
  for (const std::string& note : conversion.notes) fmt::print("note: {}\n", note);
}

}  // namespace

int run_convert(const std::vector<std::string>& arguments) {
  std::string folder, from, output, drive;
  po::options_description options("options");
  auto add = options.add_options();
  add("dir", po::value(&folder)->value_name("DIR"), "the dataset's folder");
  add("from", po::value(&from)->required()->value_name("FORMAT"), "kitti-raw or kitti360");
  add("output,o", po::value(&output)->required()->value_name("DIR"), "folder to make");
  add("drive", po::value(&drive)->value_name("NAME"), "drives whose name holds this alone");
  add("copy", "copy pictures and LiDAR in place of links to them");
  po::positional_options_description positional;
  positional.add("dir", 1);
  po::variables_map values;
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  if (folder.empty()) throw UserError("which folder? That of the dataset is expected");
  Conversion conversion = read(from, folder);
  keep_drives(conversion, drive);
  write_kitti_layout(conversion, output, values.count("copy") > 0);
  report(conversion, output);
  return 0;
}

}  // namespace monodr
