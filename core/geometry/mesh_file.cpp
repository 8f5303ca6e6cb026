// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh_file.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "geometry/mesh_formats.h"

namespace monodr {

namespace fs = std::filesystem;

bool LineReader::next(std::vector<std::string_view>& words) {
  while (lines_.next(line_)) {
    number_ = lines_.number();
    std::string_view text = line_.substr(0, line_.find('#'));
    if (trimmed(text).ends_with('\\') && text.size() == line_.size()) {
      joined_.clear();
      while (true) {
        text = trimmed(text);
        const bool goes_on = text.ends_with('\\');
        joined_.append(text.substr(0, text.size() - (goes_on ? 1 : 0))).append(" ");
        if (!goes_on || !lines_.next(text)) break;
      }
      text = line_ = joined_;
    }
    words = split_fields(text);
    if (!words.empty()) return true;
  }
  return false;
}

std::string_view LineReader::name() const {
  const std::string_view line = trimmed(line_);
  const size_t end = line.find_first_of(" \t");
  return end == std::string_view::npos ? std::string_view() : trimmed(line.substr(end));
}

void LineReader::fail(const std::string& message) const {
  throw UserError(SourceLocation{path_, number_}, message);
}

double LineReader::number(std::string_view word) const {
  if (const auto value = finite_number(word)) return *value;
  fail(why_no_number(word));
}

int LineReader::integer(std::string_view word) const {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size())
    fail(fmt::format("'{}' is not a whole number", word));
  return value;
}

void scale_colours(std::vector<Eigen::Vector3f>& colours) {
  float most = 0;
  for (const Eigen::Vector3f& colour : colours) most = std::max(most, colour.maxCoeff());
  for (Eigen::Vector3f& colour : colours)
    colour = (colour / (most > 2 ? 255.F : 1.F)).cwiseMax(0).cwiseMin(1);
}

namespace {

// Near the origin, unless it is near enough that a float keeps a thousandth of a thousandth of its size.
void move_to_origin(std::vector<Eigen::Vector3d>& vertices) {
  Eigen::AlignedBox3d box;
  for (const Eigen::Vector3d& v : vertices) box.extend(v);
  if (!vertices.empty() && box.center().cwiseAbs().maxCoeff() > 16 * box.sizes().maxCoeff()) {
    const Eigen::Vector3d centre = box.center();
    for (Eigen::Vector3d& v : vertices) v -= centre;
  }
}

}  // namespace

bool is_mesh_file(const std::string& path) {
  const fs::path name = fs::path(path).filename();
  const std::string ending = lower_case(name.extension().string());
  // A Mac leaves "._car.obj" beside "car.obj" on foreign disks.
  return !name.string().starts_with('.') &&
         (ending == ".obj" || ending == ".off" || ending == ".ply");
}

Mesh read_mesh(const std::string& path) {
  if (!is_mesh_file(path))
    throw UserError(fmt::format("'{}' is no mesh: the ending must be .obj, .off or .ply", path));
  return parse_mesh(read_file(path), path);
}

Mesh parse_mesh(const std::string& content, const std::string& path) {
  const std::string ending = lower_case(fs::path(path).extension().string());
  if (content.empty()) throw UserError(fmt::format("'{}' is empty", path));
  FileMesh read = ending == ".obj"   ? parse_obj(content, path)
                  : ending == ".off" ? parse_off(content, path)
                                     : parse_ply(content, path);
  if (read.faces.empty()) throw UserError(fmt::format("'{}' has no faces", path));
  const int count = static_cast<int>(read.vertices.size());
  for (const auto& face : read.faces)
    for (const int corner : face)
      if (corner < 0 || corner >= count)
        throw UserError(fmt::format(
            "'{}': a face names vertex {}, but there are {}", path, corner + 1LL, count));
  move_to_origin(read.vertices);
  Mesh mesh;
  mesh.faces = std::move(read.faces);
  mesh.colours = std::move(read.colours);
  for (const Eigen::Vector3d& v : read.vertices) mesh.vertices.push_back(v.cast<float>());
  for (const Eigen::Vector3f& v : mesh.vertices)
    if (!v.allFinite()) throw UserError(fmt::format("'{}': a vertex is beyond a float", path));
  return mesh;
}

MeshFiles files_of_mesh(const std::string& path) {
  MeshFiles files{{path}, {}};
  if (lower_case(fs::path(path).extension().string()) != ".obj") return files;
  MaterialLibraries libraries = material_libraries(read_file(path), path);
  for (std::string& library : libraries.found) files.found.push_back(std::move(library));
  files.missing = std::move(libraries.missing);
  return files;
}

}  // namespace monodr
