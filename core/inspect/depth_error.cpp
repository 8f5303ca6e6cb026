// SPDX-License-Identifier: Apache-2.0
#include "inspect/depth_error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/boxes2d.h"
#include "data/kitti_calibration.h"
#include "data/kitti_folder.h"
#include "evidence/depth.h"
#include "evidence/image.h"
#include "evidence/masks.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr double kFarthest = 80;     // m, as depth benchmarks count
constexpr double kWithinCar = 3;     // m around the middle's median
constexpr std::size_t kFewest = 12;  // pixels of a car
constexpr int kBins = 16;            // of distances, up to one side of the box

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double spread_around(const std::vector<double>& values, double centre) {
  std::vector<double> off;
  for (const double value : values) off.push_back(std::abs(value - centre));
  return 1.4826 * median_of(off);
}

struct PixelError {
  double x = 0, y = 0, error = 0;
};

/// Sums of products of a car's errors by their distance, over its own variance.
struct Correlogram {
  std::array<double, kBins> products{};
  std::array<double, kBins> counts{};
  double variance = 0, errors = 0;

  void add(const std::vector<PixelError>& pixels, double centre, double limit, double side) {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const double a = std::clamp(pixels[i].error - centre, -limit, limit);
      variance += a * a;
      ++errors;
      for (std::size_t j = i + 1; j < pixels.size(); ++j) {
        const double distance =
            std::hypot(pixels[i].x - pixels[j].x, pixels[i].y - pixels[j].y) / side;
        const auto bin = std::size_t(distance * kBins);
        if (bin >= kBins) continue;
        products[bin] += a * std::clamp(pixels[j].error - centre, -limit, limit);
        ++counts[bin];
      }
    }
  }

  double length() const {
    if (errors == 0 || variance == 0) return 0;
    for (std::size_t bin = 0; bin < kBins; ++bin)
      if (counts[bin] > 0 && products[bin] / counts[bin] < std::exp(-1.0) * variance / errors)
        return (double(bin) + 0.5) / kBins;
    return 1;
  }
};

struct Sums {
  DepthError result;
  double absolute = 0;
  std::size_t within = 0;
  std::vector<double> car_medians, around_own;
  Correlogram correlogram;
};

void add_car(const Box2d& box,
             const DepthMap& lidar,
             const Plane<float>& estimate,
             const Camera& camera,
             Sums& sums) {
  const DepthLocus locus = locate_depth(lidar, camera, box, {});
  if (!locus.known()) return;
  std::vector<PixelError> pixels;
  std::vector<double> errors;
  const Box2d area = box.clipped_to(estimate.width, estimate.height);
  for (int y = int(area.top); y < int(area.bottom); ++y)
    for (int x = int(area.left); x < int(area.right); ++x) {
      const double truth = lidar.metres.at(x, y), z = estimate.at(x, y);
      if (truth <= 0 || z <= 0 || std::abs(truth - locus.central) > kWithinCar) continue;
      pixels.push_back({double(x), double(y), std::log(z / truth)});
      errors.push_back(pixels.back().error);
    }
  if (errors.size() < kFewest) return;
  const double centre = median_of(errors);
  sums.car_medians.push_back(centre);
  for (const double error : errors) sums.around_own.push_back(error - centre);
  const double spread = spread_around(errors, centre);
  sums.correlogram.add(pixels, centre, 3 * spread, std::max(box.width(), box.height()));
}

void add_pixels(const DepthMap& lidar, const Plane<float>& estimate, Sums& sums) {
  for (std::size_t i = 0; i < estimate.values.size(); ++i) {
    const double truth = lidar.metres.values[i], z = estimate.values[i];
    if (truth <= 0 || truth > kFarthest || z <= 0) continue;
    ++sums.result.pixels;
    sums.absolute += std::abs(z - truth) / truth;
    sums.within += std::max(z / truth, truth / z) < 1.25;
  }
}

/// The map of a frame, of the picture's size; empty where there is none.
Plane<float> map_of(const fs::path& folder, const std::string& frame, const Camera& camera) {
  const fs::path png = folder / (frame + ".png"), npz = folder / (frame + ".npz");
  DepthMap map;
  if (fs::exists(png))
    map = load_depth_png(png.string());
  else if (fs::exists(npz))
    map = load_depth_npz(npz.string(), camera.width, camera.height);
  if (map.empty() || map.is_sparse) return {};
  if (map.metres.width != camera.width || map.metres.height != camera.height)
    return resized(map.metres, camera.width, camera.height);
  return map.metres;
}

}  // namespace

double DepthError::deviation() const {
  return std::hypot(car_deviation, local_deviation);
}

DepthError measure_depth_error(const std::string& root,
                               const std::string& depth_folder,
                               const CategoryModel& category) {
  const KittiFolder folder(root);
  const fs::path maps =
      depth_folder.empty() ? fs::path(root) / "training/depth_2" : fs::path(depth_folder);
  Sums sums;
  for (const std::string& frame : folder.frames("all")) {
    auto scan = folder.find("velodyne_reduced", frame, {"bin"});
    if (!scan) scan = folder.find("velodyne", frame, {"bin"});
    if (!scan) continue;
    const ColourImage image = load_colour_image(folder.image(frame));
    KittiCalibration calibration = read_kitti_calibration(folder.path("calib", frame, "txt"));
    calibration.camera.width = image.width;
    calibration.camera.height = image.height;
    const Plane<float> estimate = map_of(maps, frame, calibration.camera);
    if (estimate.empty()) continue;
    const DepthMap lidar = load_depth_velodyne(*scan, calibration);
    ++sums.result.frames;
    add_pixels(lidar, estimate, sums);
    if (!fs::exists(folder.path("label_2", frame, "txt"))) continue;
    for (const ObjectBox2d& box :
         read_boxes2d(folder.path("label_2", frame, "txt"), BoxFile::labels))
      if (category.includes(box.category))
        add_car(box.box, lidar, estimate, calibration.camera, sums);
  }
  DepthError& result = sums.result;
  if (result.frames == 0)
    throw UserError(
        fmt::format("no frame of '{}' has both LiDAR (velodyne_reduced or velodyne) and a dense "
                    "map in '{}', so that nothing can be "
                    "compared; 'runexp data annotate' writes a network's maps, --depth-folder "
                    "names where they lie",
                    root,
                    maps.string()));
  if (result.pixels > 0) {
    result.absolute_relative = sums.absolute / double(result.pixels);
    result.within_quarter = double(sums.within) / double(result.pixels);
  }
  result.cars = int(sums.car_medians.size());
  result.car_median = median_of(sums.car_medians);
  result.car_deviation = spread_around(sums.car_medians, result.car_median);
  result.local_deviation = spread_around(sums.around_own, 0);
  result.correlation_length = sums.correlogram.length();
  return result;
}

std::string DepthError::to_text() const {
  std::string text = fmt::format(
      "depth against LiDAR, {} frames, {} pixels: AbsRel {:.3f}, within 25 % {:.1f} %\n",
      frames,
      pixels,
      absolute_relative,
      100 * within_quarter);
  if (cars == 0) return text + "no car has enough points of both\n";
  return text +
         fmt::format(
             "{} cars: off by {:+.1f} % in the median, each for itself by {:.1f} % (standard "
             "deviation), its pixels "
             "around that by {:.1f} %, alike over {:.0f} % of its longer side\n"
             "for the fit's noise model:\n"
             "  [depth_estimator.onnx]\n  deviation = {:.3f}\n"
             "  [dataset] # the same error in made-up data\n  depth_noise = {:.3f}\n  depth_bias = "
             "{:.3f}\n"
             "  depth_scale = {:.3f}\n  depth_nodes = {}\n",
             cars,
             100 * (std::exp(car_median) - 1),
             100 * car_deviation,
             100 * local_deviation,
             100 * correlation_length,
             deviation(),
             deviation(),
             car_deviation,
             std::exp(car_median),
             std::clamp(int(std::lround(1 / std::max(0.01, correlation_length))) + 1, 2, 128));
}

std::string DepthError::to_json() const {
  const nlohmann::ordered_json document = {{"frames", frames},
                                           {"pixels", pixels},
                                           {"absolute_relative", absolute_relative},
                                           {"within_quarter", within_quarter},
                                           {"cars", cars},
                                           {"car_median", car_median},
                                           {"car_deviation", car_deviation},
                                           {"local_deviation", local_deviation},
                                           {"correlation_length", correlation_length},
                                           {"deviation", deviation()}};
  return document.dump(2) + "\n";
}

}  // namespace monodr
