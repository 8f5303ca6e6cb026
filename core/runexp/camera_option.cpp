// SPDX-License-Identifier: Apache-2.0
#include "runexp/camera_option.h"

#include "base/error.h"
#include "base/lines.h"
#include "base/options.h"
#include "base/text.h"
#include "data/kitti_calibration.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

constexpr double kAssumedFieldOfView = 65;  // degrees: a telephone's, held upright or not

std::vector<double> numbers_of(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string& word : split_list(text, "--intrinsics"))
    numbers.push_back(parse_number(word, {}, "--intrinsics"));
  if (numbers.size() != 4)
    throw UserError(fmt::format(
        "--intrinsics '{}' has {} numbers, but must have four: FX,FY,CX,CY", text, numbers.size()));
  return numbers;
}

}  // namespace

void add_camera_options(po::options_description& options) {
  auto add = options.add_options();
  add("intrinsics",
      po::value<std::string>()->value_name("FX,FY,CX,CY"),
      "of the camera, in pixels; (0, 0) is the picture's upper left corner");
  add("calib", po::value<std::string>()->value_name("FILE"), "a calibration file of KITTI's");
  add("field-of-view",
      po::value<double>()->value_name("DEG"),
      "from the left border to the right one");
}

CameraChoice camera_choice(const po::variables_map& values) {
  const int given =
      int(values.count("intrinsics") + values.count("calib") + values.count("field-of-view"));
  if (given > 1)
    throw UserError("give one of --intrinsics, --calib and --field-of-view, not several");
  CameraChoice choice;
  if (values.count("intrinsics") > 0) {
    choice.keys["intrinsics"] = numbers_of(values["intrinsics"].as<std::string>());
  } else if (values.count("calib") > 0) {
    const Camera camera = read_kitti_calibration(values["calib"].as<std::string>()).camera;
    const Intrinsics& k = camera.intrinsics;
    choice.keys["intrinsics"] = {k.fx, k.fy, k.cx, k.cy};
    choice.offset = {camera.offset.x(), camera.offset.y(), camera.offset.z()};
  } else {
    const double degrees = given > 0 ? values["field-of-view"].as<double>() : kAssumedFieldOfView;
    if (!(degrees >= 1 && degrees <= 170))
      throw UserError(
          fmt::format("--field-of-view is {} degrees, but must be between 1 and 170", degrees));
    choice.keys["horizontal_field_of_view"] = degrees;
    if (given == 0)
      choice.note = fmt::format(
          "note: no camera is given; a horizontal field of view of {} degrees is assumed, and "
          "distances scale with it "
          "(--intrinsics, --calib or --field-of-view says better)",
          degrees);
  }
  return choice;
}

}  // namespace monodr
