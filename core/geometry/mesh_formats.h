// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "geometry/mesh.h"

namespace monodr {

/// The readers behind read_mesh (geometry/mesh_file.h), one a format: content of a file to mesh.
/// `path` is for messages, and the place that an OBJ's materials are looked for beside. Indices of
/// faces are not checked yet.
Mesh parse_obj(std::string_view content, const std::string& path);
Mesh parse_off(std::string_view content, const std::string& path);
Mesh parse_ply(std::string_view content, const std::string& path);

/// The lines of a text as words; empty lines and comments (#) are passed over.
class LineReader {
 public:
  LineReader(std::string_view content, std::string path)
      : content_(content), path_(std::move(path)) {}

  /// The next line with words on it; false at the end.
  bool next(std::vector<std::string_view>& words);

  /// UserError at the current line.
  [[noreturn]] void fail(const std::string& message) const;
  float number(std::string_view word) const;
  int integer(std::string_view word) const;

  size_t offset() const { return offset_; }  ///< of what follows the current line

 private:
  std::string_view content_;
  std::string path_;
  size_t offset_ = 0;
  int line_ = 0;
};

/// A fan around the first corner.
void add_polygon(const std::vector<int>& corners, Mesh& mesh);

}  // namespace monodr
