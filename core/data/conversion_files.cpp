// SPDX-License-Identifier: Apache-2.0
#include "data/conversion_files.h"

#include <algorithm>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "base/folder_files.h"
#include "base/lines.h"
#include "base/text.h"
#include "data/file_pattern.h"

namespace monodr {

namespace fs = std::filesystem;

NamedNumbers::NamedNumbers(const std::string& path) : path_(path) {
  const std::string content = read_file(path);
  for (const NumberedLine& line : numbered_lines(content, path)) {
    const size_t colon = line.text.find(':');
    if (colon == std::string_view::npos) continue;
    std::vector<double> numbers;
    for (const std::string_view word : split_fields(line.text.substr(colon + 1)))
      if (const auto number = finite_number(word)) numbers.push_back(*number);
    lines_[std::string(trimmed(line.text.substr(0, colon)))] = numbers;
  }
}

const std::vector<double>& NamedNumbers::of(const std::string& name, size_t count) const {
  const auto found = lines_.find(name);
  if (found == lines_.end())
    throw UserError(
        fmt::format("'{}' has no line '{}:'; restore the file from the dataset", path_, name));
  if (found->second.size() != count)
    throw UserError(fmt::format("'{}': line '{}:' has {} numbers, {} are expected",
                                path_,
                                name,
                                found->second.size(),
                                count));
  return found->second;
}

std::vector<std::vector<double>> rows_of_numbers(const std::string& path) {
  std::vector<std::vector<double>> rows;
  const std::string content = read_file(path);
  for (const NumberedLine& line : numbered_lines(content, path)) {
    rows.emplace_back();
    for (const std::string_view word : split_fields(line.text))
      rows.back().push_back(parse_number(word, {path, line.number}, "transform"));
  }
  return rows;
}

namespace {

template <typename Matrix>
std::string line_of(const std::string& name, const Matrix& matrix) {
  std::string line = name + ":";
  for (int row = 0; row < matrix.rows(); ++row)
    for (int column = 0; column < matrix.cols(); ++column)
      line += fmt::format(" {}", matrix(row, column));
  return line + "\n";
}

}  // namespace

std::string format_kitti_calibration(const std::vector<Eigen::Matrix<double, 3, 4>>& projections,
                                     const Eigen::Matrix3d& rectification,
                                     const Eigen::Matrix<double, 3, 4>& velodyne_to_camera) {
  std::string text;
  for (size_t i = 0; i < projections.size(); ++i)
    text += line_of(fmt::format("P{}", i), projections[i]);
  return text + line_of("R0_rect", rectification) + line_of("Tr_velo_to_cam", velodyne_to_camera);
}

boost::property_tree::ptree read_xml_tree(const std::string& path) {
  std::istringstream content(read_file(path));
  boost::property_tree::ptree tree;
  try {
    boost::property_tree::read_xml(content, tree);
  } catch (const boost::property_tree::xml_parser_error& error) {
    throw UserError({path, int(error.line())}, fmt::format("this is no XML: {}", error.message()));
  }
  return tree;
}

double number_in(const boost::property_tree::ptree& node,
                 const std::string& name,
                 const std::string& path) {
  const auto text = node.get_optional<std::string>(name);
  const auto number = text ? finite_number(trimmed(*text)) : std::nullopt;
  if (number) return *number;
  throw UserError(fmt::format(
      "'{}': <{}> is {}, but must be a number", path, name, text ? "'" + *text + "'" : "missing"));
}

std::vector<std::string> pictures_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (is_picture(entry.path().string()) && !is_system_file(entry.path()))
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> folders_in(const std::string& folder) {
  std::vector<std::string> folders;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.is_directory(none) && !is_system_file(entry.path()))
      folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  return folders;
}

int number_of_frame(const std::string& file) {
  const std::string stem = fs::path(file).stem().string();
  int number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc() || end != stem.data() + stem.size())
    throw UserError(fmt::format("'{}' is not named by the number of its frame", file));
  return number;
}

}  // namespace monodr
