// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "geometry/mesh_formats.h"

namespace monodr {

FileMesh parse_off(std::string_view content, const std::string& path) {
  LineReader reader(content, path);
  std::vector<std::string_view> words;
  const auto next = [&] {
    if (!reader.next(words)) reader.fail("the file ends too early");
  };
  next();
  const size_t mark = words[0].find("OFF");
  if (mark == std::string_view::npos || mark > 1) reader.fail("an OFF file begins with 'OFF'");
  const bool has_colours = mark == 1 && words[0][0] == 'C';
  // ModelNet writes the counts straight behind the word.
  words[0].remove_prefix(mark + 3);
  if (words[0].empty()) words.erase(words.begin());
  if (words.empty()) next();
  if (words.size() < 2) reader.fail("the numbers of vertices and faces are missing");
  const int vertices = reader.integer(words[0]), faces = reader.integer(words[1]);

  FileMesh mesh;
  for (int i = 0; i < vertices; ++i) {
    next();
    if (words.size() < (has_colours ? 6U : 3U)) reader.fail("a vertex needs three coordinates");
    const auto triple = [&](int first) {
      return Eigen::Vector3d(reader.number(words[first]),
                             reader.number(words[first + 1]),
                             reader.number(words[first + 2]));
    };
    mesh.vertices.push_back(triple(0));
    if (!has_colours) continue;
    mesh.colours.push_back(triple(3).cast<float>());
  }
  scale_colours(mesh.colours);
  for (int i = 0; i < faces; ++i) {
    next();
    const int count = reader.integer(words[0]);
    if (count < 0 || words.size() < static_cast<size_t>(count) + 1)
      reader.fail(fmt::format("a face of {} corners has fewer numbers", count));
    std::vector<int> corners;
    for (int k = 0; k < count; ++k) corners.push_back(reader.integer(words[k + 1]));
    add_polygon(corners, mesh);
  }
  return mesh;
}

}  // namespace monodr
