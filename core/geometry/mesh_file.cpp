// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "geometry/mesh_formats.h"

namespace monodr {

namespace fs = std::filesystem;

bool LineReader::next(std::vector<std::string_view>& words) {
  while (offset_ < content_.size()) {
    const size_t end = std::min(content_.find('\n', offset_), content_.size());
    std::string_view line = content_.substr(offset_, end - offset_);
    offset_ = end + 1;
    ++line_;
    line = line.substr(0, line.find('#'));
    words.clear();
    for (size_t at = 0; at < line.size();) {
      const size_t first = line.find_first_not_of(" \t\r", at);
      if (first == std::string_view::npos) break;
      const size_t last = std::min(line.find_first_of(" \t\r", first), line.size());
      words.push_back(line.substr(first, last - first));
      at = last;
    }
    if (!words.empty()) return true;
  }
  return false;
}

void LineReader::fail(const std::string& message) const {
  throw UserError(SourceLocation{path_, line_}, message);
}

float LineReader::number(std::string_view word) const {
  float value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(value))
    fail(fmt::format("'{}' is not a finite number", word));
  return value;
}

int LineReader::integer(std::string_view word) const {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size())
    fail(fmt::format("'{}' is not a whole number", word));
  return value;
}

void add_polygon(const std::vector<int>& corners, Mesh& mesh) {
  for (size_t i = 2; i < corners.size(); ++i)
    mesh.faces.push_back({corners[0], corners[i - 1], corners[i]});
}

bool is_mesh_file(const std::string& path) {
  const std::string ending = fs::path(path).extension().string();
  return ending == ".obj" || ending == ".off" || ending == ".ply";
}

Mesh read_mesh(const std::string& path) {
  const std::string ending = fs::path(path).extension().string();
  if (!is_mesh_file(path))
    throw UserError(fmt::format("'{}' is no mesh: the ending must be .obj, .off or .ply", path));
  const std::string content = read_file(path);
  Mesh mesh = ending == ".obj"   ? parse_obj(content, path)
              : ending == ".off" ? parse_off(content, path)
                                 : parse_ply(content, path);
  if (mesh.faces.empty()) throw UserError(fmt::format("'{}' has no faces", path));
  const int count = static_cast<int>(mesh.vertices.size());
  for (const auto& face : mesh.faces)
    for (const int corner : face)
      if (corner < 0 || corner >= count)
        throw UserError(
            fmt::format("'{}': a face names vertex {}, but there are {}", path, corner + 1, count));
  return mesh;
}

}  // namespace monodr
