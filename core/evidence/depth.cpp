// SPDX-License-Identifier: Apache-2.0
#include "evidence/depth.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "evidence/lidar_points.h"
#include "evidence/npz.h"

namespace monodr {
namespace {

constexpr double kUnitsPerMetre = 256;  // both of KITTI's 16-bit formats
constexpr double kUnitsPerPixel = 256;
constexpr int kDepthBits = 16;
constexpr std::uint16_t kLargest = 65535;
constexpr size_t kWholeScan = 1000;     // points; fewer may have been cut out on purpose
constexpr double kNearestReturn = 0.5;  // metres; nearer ones are of the car that carries the LiDAR

// Published mean relative errors of self-supervised depth networks on KITTI are 0.08 to 0.11
// (PackNet-SfM: 0.107 for images alone).
constexpr double kNetworkDepthDeviation = 0.1;

// A scan of 64 lines fills about 4 % of the image, eleven accumulated ones less than a third.
constexpr double kDensestLidar = 0.5;

constexpr double kCarLength = 4.0;  // metres

/// The stretch of a car's length with the most of the sorted depths, of equal ones the first.
std::pair<size_t, size_t> densest_stretch(const std::vector<double>& sorted) {
  std::pair<size_t, size_t> best{0, 0};
  for (size_t begin = 0, end = 0; begin < sorted.size(); ++begin) {
    while (end < sorted.size() && sorted[end] <= sorted[begin] + kCarLength) ++end;
    if (end - begin > best.second - best.first) best = {begin, end};
  }
  return best;
}

bool is_mostly_filled(const Plane<float>& metres) {
  const auto filled =
      std::count_if(metres.values.begin(), metres.values.end(), [](float z) { return z > 0; });
  return filled > kDensestLidar * metres.values.size();
}

void check_size(const DepthMap& depth, const std::string& path, const Camera& camera) {
  if (depth.metres.width == camera.width && depth.metres.height == camera.height) return;
  throw UserError(
      fmt::format("'{}' is {}x{} pixels, its image {}x{}; the two must be the same "
                  "size (only .npz depth is enlarged)",
                  path,
                  depth.metres.width,
                  depth.metres.height,
                  camera.width,
                  camera.height));
}

}  // namespace

double typical_depth(std::vector<double> depths, bool is_sparse) {
  if (depths.empty()) return 0;
  const size_t middle = depths.size() / 2;
  if (!is_sparse) {
    std::nth_element(depths.begin(), depths.begin() + std::ptrdiff_t(middle), depths.end());
    return depths[middle];
  }
  std::sort(depths.begin(), depths.end());
  const auto [begin, end] = densest_stretch(depths);
  return begin <= middle && middle < end ? depths[middle] : depths[begin + (end - begin) / 2];
}

DepthMap load_depth_png(const std::string& path, const DepthCode& code) {
  const Plane<std::uint16_t> units = load_plane16(path, kDepthBits);
  const double metres = code.unit > 0 ? code.unit : 1 / kUnitsPerMetre;
  DepthMap depth;
  depth.file = path;
  depth.unit_is_assumed = code.unit <= 0;
  depth.metres = Plane<float>(units.width, units.height);
  for (size_t i = 0; i < units.values.size(); ++i)
    if (units.values[i] != kLargest && units.values[i] != code.invalid)
      depth.metres.values[i] = static_cast<float>(units.values[i] * metres);
  depth.is_sparse = !is_mostly_filled(depth.metres);
  if (!depth.is_sparse) depth.relative_deviation = kNetworkDepthDeviation;
  return depth;
}

DepthMap load_depth_velodyne(const std::string& path, const KittiCalibration& calibration) {
  const Camera& camera = calibration.camera;
  MONODR_CHECK(camera.width > 0 && camera.height > 0, "the camera must know the image's size");
  const std::vector<LidarPoint> points = read_lidar_points(path);
  if (!calibration.velodyne_to_rectified)
    throw UserError(
        fmt::format("'{}' has no lines 'R0_rect: ' and 'Tr_velo_to_cam: ', which '{}' "
                    "needs; restore the file from the dataset or choose another "
                    "dataset.depth",
                    calibration.path,
                    path));
  DepthMap depth;
  depth.file = path;
  depth.is_sparse = true;
  depth.metres = Plane<float>(camera.width, camera.height);
  size_t seen = 0;
  for (const LidarPoint& point : points) {
    const Eigen::Vector3d rectified =
        *calibration.velodyne_to_rectified * Eigen::Vector4d(point.x, point.y, point.z, 1);
    const double z = rectified.z() + camera.offset.z();
    if (!(z > kNearestReturn)) continue;  // also drops NaN
    const Eigen::Vector2d pixel = camera.project(rectified);
    if (!(pixel.x() >= 0 && pixel.y() >= 0 && pixel.x() < camera.width &&
          pixel.y() < camera.height))
      continue;
    ++seen;
    float& nearest = depth.metres.at(int(pixel.x()), int(pixel.y()));
    if (nearest == 0 || z < nearest) nearest = float(z);
  }
  if (seen == 0 && points.size() >= kWholeScan)
    throw UserError(fmt::format(
        "none of the {} points of '{}' falls into the picture: '{}' is not the "
        "calibration of this LiDAR and this camera, or the file holds no x, y, z, reflectance",
        points.size(),
        path,
        calibration.path));
  return depth;
}

DepthMap load_depth_disparity(const std::string& path, const KittiCalibration& calibration) {
  if (!calibration.baseline || *calibration.baseline <= 0)
    throw UserError(
        fmt::format("'{}' gives no stereo baseline (lines 'P2: ' and 'P3: '), which "
                    "'{}' needs; restore the file from the dataset or choose another "
                    "dataset.depth",
                    calibration.path,
                    path));
  const double focal_baseline = calibration.camera.intrinsics.fx * *calibration.baseline;
  const Plane<std::uint16_t> units = load_plane16(path, kDepthBits);
  DepthMap depth;
  depth.file = path;
  depth.deviation_per_metre = kDisparityDeviation / focal_baseline;
  depth.metres = Plane<float>(units.width, units.height);
  for (size_t i = 0; i < units.values.size(); ++i)
    if (units.values[i] > 0 && units.values[i] != kLargest)
      depth.metres.values[i] = float(focal_baseline * kUnitsPerPixel / units.values[i]);
  return depth;
}

Plane<float> resized(const Plane<float>& plane, int width, int height) {
  Plane<float> result(width, height);
  for (int y = 0; y < height; ++y) {
    const int source_y = std::int64_t(2 * y + 1) * plane.height / (2 * height);
    for (int x = 0; x < width; ++x)
      result.at(x, y) = plane.at(std::int64_t(2 * x + 1) * plane.width / (2 * width), source_y);
  }
  return result;
}

DepthMap load_depth_npz(const std::string& path, int image_width, int image_height) {
  DepthMap depth;
  depth.file = path;
  depth.relative_deviation = kNetworkDepthDeviation;
  const NumberPicture picture = read_npz_plane(path, "depth");
  if (picture.is_whole)
    throw UserError(
        fmt::format("'{}' holds whole numbers; floats, in metres, are expected here", path));
  depth.metres = resized(picture.values, image_width, image_height);
  for (float& z : depth.metres.values)
    if (!(z > 0 && std::isfinite(z))) z = 0;
  return depth;
}

DepthMap load_frame_depth(const KittiFolder& folder,
                          const std::string& frame,
                          const DatasetSettings& settings,
                          const KittiCalibration& calibration) {
  const Camera& camera = calibration.camera;
  const DepthKind source = settings.depth;
  const bool automatic = source == DepthKind::automatic;
  if (automatic || source == DepthKind::depth_2) {
    if (const auto path = folder.find("depth_2", frame, {"png"})) {
      DepthMap depth = load_depth_png(*path, {settings.depth_unit, settings.depth_invalid});
      check_size(depth, *path, camera);
      return depth;
    }
    if (const auto path = folder.find("depth_2", frame, {"npz"}))
      return load_depth_npz(*path, camera.width, camera.height);
  }
  if (automatic || source == DepthKind::velodyne)
    for (const char* kind : {"velodyne_reduced", "velodyne"})
      if (const auto path = folder.find(kind, frame, {"bin"}))
        return load_depth_velodyne(*path, calibration);
  if (automatic || source == DepthKind::disparity)
    if (const auto path = folder.find("disparity_2", frame, {"png"})) {
      DepthMap depth = load_depth_disparity(*path, calibration);
      check_size(depth, *path, camera);
      return depth;
    }
  if (automatic || source == DepthKind::none) return {};
  const std::string kind =
      source == DepthKind::disparity ? "disparity_2" : std::string(name_of(source));
  throw UserError(
      fmt::format("dataset.depth = \"{}\", but there is no '{}'; add it, choose a split whose "
                  "frames have it, or set dataset.depth = \"auto\"",
                  name_of(source),
                  folder.path(kind, frame, source == DepthKind::velodyne ? "bin" : "png")));
}

}  // namespace monodr
