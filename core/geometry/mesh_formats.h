// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/lines.h"

namespace monodr {

/// A mesh while it is read. Positions stay in double until read_mesh has moved them near the origin:
/// in UTM metres (north 5 400 000) a float is half a metre coarse.
struct FileMesh {
  std::vector<Eigen::Vector3d> vertices;
  std::vector<std::array<int, 3>> faces;
  std::vector<Eigen::Vector3f> colours;  ///< in [0,1]; may be empty
};

/// The readers behind read_mesh (geometry/mesh_file.h), one a format: content of a file to mesh.
/// `path` is for messages, and the place that an OBJ's materials are looked for beside. Indices of
/// faces are not checked yet.
FileMesh parse_obj(std::string_view content, const std::string& path);
FileMesh parse_off(std::string_view content, const std::string& path);
FileMesh parse_ply(std::string_view content, const std::string& path);

/// The material libraries that an OBJ names, in its order: the files that are there, the names that are not.
struct MaterialLibraries {
  std::vector<std::string> found, missing;
};
MaterialLibraries material_libraries(std::string_view content, const std::string& path);

/// The lines of a mesh's text as words; empty lines and comments (#) are passed over, a backslash at
/// the end of a line joins the next to it.
class LineReader {
 public:
  LineReader(std::string_view content, std::string path)
      : path_(std::move(path)), lines_(content, path_) {}

  /// The next line with words on it; false at the end. The words live until the next call.
  bool next(std::vector<std::string_view>& words);

  /// All behind the first word, blanks and # included: the name of a material or a file.
  std::string_view name() const;

  /// UserError at the current line.
  [[noreturn]] void fail(const std::string& message) const;
  double number(std::string_view word) const;
  int integer(std::string_view word) const;

  std::string_view rest() const { return lines_.rest(); }  ///< what follows the current line

 private:
  std::string path_;
  Lines lines_;
  std::string_view line_;
  std::string joined_;
  int number_ = 0;
};

/// Triangles of a polygon: a fan around the first corner where it is convex, else ears cut off one by
/// one (Meisters 1975) in its mean plane, so that a concave polygon is filled as drawn. One without area,
/// of a corner out of range or of more than 1000 corners becomes a fan, one of fewer than three corners nothing.
void add_polygon(const std::vector<int>& corners, FileMesh& mesh);

/// Colours of 0..255 to [0,1]: where one is greater than 2, all of the file are meant so.
void scale_colours(std::vector<Eigen::Vector3f>& colours);

}  // namespace monodr
