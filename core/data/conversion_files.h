// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <boost/property_tree/ptree_fwd.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace monodr {

/// The files that KITTI raw and KITTI-360 have in common.

/// Lines "NAME: numbers" of a calibration; those of anything but numbers are passed over.
class NamedNumbers {
 public:
  /// UserError for a missing file.
  explicit NamedNumbers(const std::string& path);

  bool has(const std::string& name) const { return lines_.count(name) > 0; }
  /// Exactly so many of them. UserError that names file and line.
  const std::vector<double>& of(const std::string& name, size_t count) const;
  template <int Rows, int Columns>
  Eigen::Matrix<double, Rows, Columns> matrix(const std::string& name) const {
    constexpr int kOrder = Columns == 1 ? Eigen::ColMajor : Eigen::RowMajor;
    return Eigen::Map<const Eigen::Matrix<double, Rows, Columns, kOrder>>(
        of(name, Rows * Columns).data());
  }

 private:
  std::string path_;
  std::map<std::string, std::vector<double>> lines_;
};

/// Rows of numbers alone. UserError for a missing file and what is no number.
std::vector<std::vector<double>> rows_of_numbers(const std::string& path);

/// The text of calib/F.txt; all digits of a double.
std::string format_kitti_calibration(const std::vector<Eigen::Matrix<double, 3, 4>>& projections,
                                     const Eigen::Matrix3d& rectification,
                                     const Eigen::Matrix<double, 3, 4>& velodyne_to_camera);

/// An XML file as a tree. UserError with its line for what is none.
boost::property_tree::ptree read_xml_tree(const std::string& path);

/// A number of the tree below this name. UserError that names file, element and text.
double number_in(const boost::property_tree::ptree& node,
                 const std::string& name,
                 const std::string& path);

/// PNG and JPEG files of a folder, sorted by name, without those of the system.
std::vector<std::string> pictures_in(const std::string& folder);

/// The folders in a folder, sorted.
std::vector<std::string> folders_in(const std::string& folder);

/// "0000000005.png" -> 5. UserError for a name that is no number.
int number_of_frame(const std::string& file);

}  // namespace monodr
