// SPDX-License-Identifier: Apache-2.0
#include "data/kitti_calibration.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/lines.h"
#include "base/text.h"

namespace monodr {
namespace {

using Matrix34 = Eigen::Matrix<double, 3, 4>;

struct CalibrationLine {
  int number = 0;
  std::vector<std::string_view> values;
};
using LinesByName = std::map<std::string, CalibrationLine, std::less<>>;

// "P2: 7.2e+02 0 ...", "P2:7.2e+02 0 ..." or, of the tracking benchmark, "R_rect 9.9e-01 ...".
LinesByName lines_by_name(std::string_view content, const std::string& path) {
  LinesByName lines;
  for (const NumberedLine& line : numbered_lines(content, path)) {
    const size_t end = line.text.find_first_of(": \t");
    const std::string_view name = line.text.substr(0, end);
    const std::string_view values =
        end == std::string_view::npos ? std::string_view() : trimmed(line.text.substr(end));
    lines[std::string(name)] = {line.number,
                                split_fields(values.starts_with(':') ? values.substr(1) : values)};
  }
  return lines;
}

template <int Rows, int Columns>
Eigen::Matrix<double, Rows, Columns> matrix_of(const CalibrationLine& line,
                                               const std::string& path,
                                               const std::string& name) {
  // As 4x4, with 0 0 0 1 below and on the right of what there is.
  const bool is_padded = line.values.size() == 16;
  if (line.values.size() != Rows * Columns && !is_padded)
    throw UserError({path, line.number},
                    fmt::format("'{}' has {} values, a {}x{} matrix needs {}; restore the line "
                                "from the dataset's own file",
                                name,
                                line.values.size(),
                                Rows,
                                Columns,
                                Rows * Columns));
  const int stride = is_padded ? 4 : Columns;
  Eigen::Matrix<double, Rows, Columns> matrix;
  for (int i = 0; i < static_cast<int>(line.values.size()); ++i) {
    const double value = parse_number(line.values[i], {path, line.number}, name);
    const int row = i / stride, column = i % stride;
    if (row < Rows && column < Columns)
      matrix(row, column) = value;
    else if (value != (row == column ? 1 : 0))
      throw UserError(
          {path, line.number},
          fmt::format("'{}' has 16 values, but row {}, column {} of the 4x4 matrix is {} "
                      "where {} is expected",
                      name,
                      row + 1,
                      column + 1,
                      value,
                      row == column ? 1 : 0));
  }
  return matrix;
}

// K is upper triangular with a last row of 0 0 1, so t = K^-1 p4 exists wherever fx, fy > 0.
Eigen::Vector3d camera_offset(const Matrix34& projection) {
  return projection.leftCols<3>().inverse() * projection.col(3);
}

void check_projection(const Matrix34& p, const SourceLocation& where, const std::string& name) {
  constexpr double kRounding = 1e-9;  // of a matrix that somebody's program multiplied
  const auto fail = [&](const std::string& what) {
    throw UserError(where,
                    fmt::format("'{}' is not the projection of a rectified pinhole camera: {}; "
                                "undistort and rectify the pictures, or restore the line from the "
                                "dataset's own file",
                                name,
                                what));
  };
  if (!(p(0, 0) > 0 && p(1, 1) > 0))
    fail(fmt::format("fx = {} and fy = {} must be positive", p(0, 0), p(1, 1)));
  if (std::abs(p(0, 1)) > kRounding * p(0, 0))
    fail(fmt::format("it has a skew of {} (row 1, column 2), where 0 is expected", p(0, 1)));
  if (std::abs(p(1, 0)) > kRounding * p(0, 0))
    fail(fmt::format("row 2, column 1 is {}, where 0 is expected", p(1, 0)));
  if (std::max({std::abs(p(2, 0)), std::abs(p(2, 1)), std::abs(p(2, 2) - 1)}) > kRounding)
    fail(fmt::format(
        "row 3 begins with {} {} {}, where 0 0 1 is expected", p(2, 0), p(2, 1), p(2, 2)));
}

/// The first of the names that the dialects of KITTI give to one matrix.
LinesByName::const_iterator first_of(const LinesByName& lines,
                                     std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const auto found = lines.find(name); found != lines.end()) return found;
  return lines.end();
}

std::string names_in(const LinesByName& lines) {
  std::vector<std::string> names;
  for (const auto& [name, line] : lines) names.push_back(name);
  constexpr size_t kMost = 12;
  if (names.size() > kMost) {
    names.resize(kMost);
    names.emplace_back("...");
  }
  return names.empty() ? "the file is empty" : "there are: " + join(names, ", ");
}

[[noreturn]] void throw_no_projection(const LinesByName& lines, const std::string& path) {
  const auto has = [&](const char* name) { return lines.count(name) > 0; };
  if (has("P_rect_00"))
    throw UserError(fmt::format(
        "'{}' is KITTI-360's perspective.txt, in which no camera is called 2; write its "
        "'P_rect_00: ' as 'P2: ' and 'R_rect_00: ' as 'R0_rect: ', and 'P_rect_01: ' as 'P3: ', or "
        "let "
        "'runexp data convert --from kitti360' do it",
        path));
  if (has("R") && has("T"))
    throw UserError(fmt::format(
        "'{}' is a transform of KITTI raw (R and T); the cameras stand in "
        "calib_cam_to_cam.txt, and 'Tr_velo_to_cam: ' is made of R and T of calib_velo_to_cam.txt, "
        "row by row [R | T]; 'runexp data convert --from kitti-raw' does it",
        path));
  throw UserError(
      fmt::format("'{}' has no line 'P2: ' (3x4 projection of the left colour camera); {}; restore "
                  "the file from the dataset",
                  path,
                  names_in(lines)));
}

/// The LiDAR's transform to the rectified frame in whichever dialect; nothing where there is none.
std::optional<Matrix34> velodyne_to_rectified(const LinesByName& lines, const std::string& path) {
  if (const auto direct = lines.find("Tr"); direct != lines.end())  // odometry: already rectified
    return matrix_of<3, 4>(direct->second, path, "Tr");
  const auto rotation = first_of(lines, {"R0_rect", "R_rect", "R_rect_00"});
  // Waymo has a line for each of its five cameras: that of P2, and of the first where it alone is there.
  const auto transform =
      first_of(lines, {"Tr_velo_to_cam", "Tr_velo_cam", "Tr_velo_to_cam_2", "Tr_velo_to_cam_0"});
  if (rotation == lines.end() || transform == lines.end()) return std::nullopt;
  return matrix_of<3, 3>(rotation->second, path, rotation->first) *
         matrix_of<3, 4>(transform->second, path, transform->first);
}

}  // namespace

KittiCalibration read_kitti_calibration(const std::string& path) {
  if (!std::filesystem::exists(path))
    throw UserError(
        fmt::format("no calibration '{}': every image needs its calib file (KITTI's "
                    "data_object_calib.zip); add it",
                    path));
  const std::string content = read_file(path);
  const auto lines = lines_by_name(content, path);
  // "P_rect_02" is KITTI raw's.
  const auto projection_of = [&](const char* object, const char* raw) -> std::optional<Matrix34> {
    const auto found = first_of(lines, {object, raw});
    if (found == lines.end()) return std::nullopt;
    const std::string& name = found->first;
    const auto matrix = matrix_of<3, 4>(found->second, path, name);
    check_projection(matrix, {path, found->second.number}, name);
    return matrix;
  };

  const std::optional<Matrix34> p2 = projection_of("P2", "P_rect_02");
  if (!p2) throw_no_projection(lines, path);
  KittiCalibration calibration;
  calibration.path = path;
  calibration.camera.intrinsics = {(*p2)(0, 0), (*p2)(1, 1), (*p2)(0, 2) + 0.5, (*p2)(1, 2) + 0.5};
  calibration.camera.offset = camera_offset(*p2);

  if (const auto p3 = projection_of("P3", "P_rect_03"))
    calibration.baseline = calibration.camera.offset.x() - camera_offset(*p3).x();

  calibration.velodyne_to_rectified = velodyne_to_rectified(lines, path);
  return calibration;
}

}  // namespace monodr
