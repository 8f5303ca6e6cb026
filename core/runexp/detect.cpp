// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/lines.h"
#include "base/options.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "runexp/camera_option.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/detect_order.h"
#include "runexp/networks_option.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using nlohmann::json;

const CommandUsage usage = {
    "runexp detect",
    "PICTURE... --networks FILE.toml [--intrinsics FX,FY,CX,CY | --calib FILE | --field-of-view "
    "DEG] "
    "[--method NAME] [KEY=VALUE ...] [options]",
    R"(3-D boxes out of pictures alone. A network finds cars and their masks, another one the depth, where
one is named; each car is then fitted by rendering. Into the folder --output go a picture with the boxes and
a file of KITTI's result lines for each picture, and detections.json for all of them, where each box has the
standard deviation of its position, size and heading, and the other headings that the evidence leaves open.

--networks names a file with the tables [detector] and [depth_estimator] (several files may share them);
experiments/networks has such files, docs/networks.md says where the networks themselves come from. All
pictures are of one camera. Without one a horizontal field of view of 65 degrees is assumed; distances scale
with that.

--method predictor ('runexp predict' in one word) asks a trained network alone for the boxes, --method predictor+fit
starts the fit at its proposals; keys of [predictor] and [train] say which (docs/predictors.md). What is not trained yet is trained
first, on made-up cars and their labels (train.supervision says otherwise), and kept in the cache.

Examples:
  runexp detect street.jpg --networks networks/yolov5n-seg.toml --field-of-view 70
  runexp detect *.png --calib 000010.txt --networks yolov5n-seg.toml --networks rt-monodepth-s.toml -o found
  runexp detect street.jpg --networks yolov5n-seg.toml --method predictor+fit predictor.file=cars.predictor
)"};

po::options_description describe_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add_networks_option(options);
  add_camera_options(options);
  add("category",
      po::value<std::string>()->default_value("car")->value_name("NAME"),
      "what is looked for: a file of experiments/categories, or its path");
  add("method",
      po::value<std::string>()->default_value("fit")->value_name("NAME"),
      "what makes boxes of what the networks say: fit, predictor or predictor+fit");
  add("output,o",
      po::value<std::string>()->default_value("detections")->value_name("DIR"),
      "folder of what is written; made where it is not there");
  add("quiet,q", po::bool_switch(), "no progress");
  add_results_option(options);
  add_plugin_options(options);
  return options;
}

/// Names of frames: of the pictures, with a number where two have the same.
std::string write_manifest(const std::vector<std::string>& pictures,
                           const CameraChoice& camera,
                           const fs::path& folder) {
  json frames = json::array();
  std::set<std::string> names;
  for (const std::string& picture : pictures) {
    if (!fs::is_regular_file(picture))
      throw UserError(fmt::format("there is no picture '{}'", picture));
    std::string name = fs::path(picture).stem().string();
    for (int n = 2; !names.insert(name).second; ++n)
      name = fmt::format("{}-{}", fs::path(picture).stem().string(), n);
    frames.push_back({{"id", name}, {"picture", fs::absolute(picture).string()}});
  }
  const fs::path file = folder / "frames.json";
  write_file_atomically(file.string(), json{{"defaults", camera.keys}, {"frame", frames}}.dump());
  return file.string();
}

bool says(const std::vector<std::string>& overrides, const std::string& key) {
  return std::any_of(overrides.begin(), overrides.end(), [&](const std::string& word) {
    return word.rfind(key + "=", 0) == 0;
  });
}

}  // namespace

int run_detect(const std::vector<std::string>& arguments) {
  const po::options_description options = describe_options();
  po::options_description all = options;
  all.add_options()("word", po::value<std::vector<std::string>>(), "PICTURE... KEY=VALUE...");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", -1);
  if (!parse_options(usage, arguments, all, positional, values)) return 0;
  auto [pictures, overrides] = words_of(values);
  if (pictures.empty()) throw UserError("which pictures? See 'runexp detect --help'");
  const std::string method = values["method"].as<std::string>();
  if (method != "fit" && method != "predictor" && method != "predictor+fit")
    throw UserError(
        fmt::format("--method is '{}', but must be fit, predictor or predictor+fit: the others "
                    "look at no picture",
                    method));
  if (!values["method"].defaulted()) overrides.push_back("method.name=" + method);
  if (method != "fit" && !says(overrides, "predictor.file") &&
      !says(overrides, "train.supervision"))
    overrides.push_back("train.supervision=labels");

  const TemporaryFolder scratch("monodr-detect");
  const CameraChoice camera = camera_choice(values);
  const std::string manifest = write_manifest(pictures, camera, scratch.path());
  const std::string dataset =
      fmt::format("source = \"manifest\"\nroot = {}\ncategory = {}\nobjects = 0\n",
                  json(manifest).dump(),
                  json(values["category"].as<std::string>()).dump());
  const Experiment experiment = experiment_with_networks(
      networks_option(values), dataset, overrides, scratch.path().string());
  DetectOrder order = detect_order(values, experiment);
  if (!camera.note.empty()) std::cerr << camera.note << "\n";
  order.offset = camera.offset;
  return detect_into_output(std::move(order), values);
}

}  // namespace monodr
