// SPDX-License-Identifier: Apache-2.0
#include "data/kitti_calibration.h"

#include <Eigen/LU>
#include <filesystem>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "data/fields.h"

namespace monodr {
namespace {

using Matrix34 = Eigen::Matrix<double, 3, 4>;

struct CalibrationLine {
  int number = 0;
  std::vector<std::string_view> values;
};

// "P2: 7.2e+02 0 ...": the name without its colon -> its line.
std::map<std::string, CalibrationLine, std::less<>> lines_by_name(std::string_view content) {
  std::map<std::string, CalibrationLine, std::less<>> lines;
  for (const NumberedLine& line : numbered_lines(content)) {
    CalibrationLine entry{line.number, split_fields(line.text)};
    std::string name(entry.values.front());
    if (name.ends_with(':')) name.pop_back();
    entry.values.erase(entry.values.begin());
    lines[name] = std::move(entry);
  }
  return lines;
}

template <int Rows, int Columns>
Eigen::Matrix<double, Rows, Columns> matrix_of(const CalibrationLine& line,
                                               const std::string& path,
                                               const std::string& name) {
  if (line.values.size() != Rows * Columns)
    throw UserError({path, line.number},
                    fmt::format("'{}' has {} values, a {}x{} matrix needs {}; restore the line "
                                "from the dataset's own file",
                                name,
                                line.values.size(),
                                Rows,
                                Columns,
                                Rows * Columns));
  Eigen::Matrix<double, Rows, Columns> matrix;
  for (int i = 0; i < Rows * Columns; ++i)
    matrix(i / Columns, i % Columns) = parse_number(line.values[i], {path, line.number}, name);
  return matrix;
}

// K is upper triangular with a last row of 0 0 1, so t = K^-1 p4 exists wherever fx, fy > 0.
Eigen::Vector3d camera_offset(const Matrix34& projection) {
  return projection.leftCols<3>().inverse() * projection.col(3);
}

void check_projection(const Matrix34& p, const SourceLocation& where, const std::string& name) {
  if (p(0, 0) > 0 && p(1, 1) > 0 && p(2, 2) == 1 && p(0, 1) == 0 && p(2, 0) == 0 && p(2, 1) == 0)
    return;
  throw UserError(where,
                  fmt::format("'{}' is not the projection of a rectified pinhole camera (fx = {}, "
                              "fy = {}); restore the line from the dataset's own file",
                              name,
                              p(0, 0),
                              p(1, 1)));
}

}  // namespace

KittiCalibration read_kitti_calibration(const std::string& path) {
  if (!std::filesystem::exists(path))
    throw UserError(
        fmt::format("no calibration '{}': every image needs its calib file (KITTI's "
                    "data_object_calib.zip); add it",
                    path));
  const std::string content = read_file(path);
  const auto lines = lines_by_name(content);
  const auto projection_of = [&](const std::string& name) -> std::optional<Matrix34> {
    const auto found = lines.find(name);
    if (found == lines.end()) return std::nullopt;
    const auto matrix = matrix_of<3, 4>(found->second, path, name);
    check_projection(matrix, {path, found->second.number}, name);
    return matrix;
  };

  const std::optional<Matrix34> p2 = projection_of("P2");
  if (!p2)
    throw UserError(
        fmt::format("'{}' has no line 'P2: ' (3x4 projection of the left colour "
                    "camera); restore the file from the dataset",
                    path));
  KittiCalibration calibration;
  calibration.path = path;
  calibration.camera.intrinsics = {(*p2)(0, 0), (*p2)(1, 1), (*p2)(0, 2) + 0.5, (*p2)(1, 2) + 0.5};
  calibration.camera.offset = camera_offset(*p2);

  if (const auto p3 = projection_of("P3"))
    calibration.baseline = calibration.camera.offset.x() - camera_offset(*p3).x();

  const auto rotation = lines.find("R0_rect");
  const auto transform = lines.find("Tr_velo_to_cam");
  if (rotation != lines.end() && transform != lines.end())
    calibration.velodyne_to_rectified = matrix_of<3, 3>(rotation->second, path, "R0_rect") *
                                        matrix_of<3, 4>(transform->second, path, "Tr_velo_to_cam");
  return calibration;
}

}  // namespace monodr
