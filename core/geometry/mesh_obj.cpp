// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "geometry/mesh_formats.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string_view>;
using Materials = std::map<std::string, Eigen::Vector3f>;

struct NamedColour {
  const char* word;
  Eigen::Vector3f colour;
};

// What modellers call the parts of a car. The first word that occurs counts.
const std::vector<NamedColour>& named_colours() {
  static const std::vector<NamedColour> colours = {{"tail", {0.62F, 0.05F, 0.05F}},
                                                   {"brake", {0.62F, 0.05F, 0.05F}},
                                                   {"rearl", {0.62F, 0.05F, 0.05F}},
                                                   {"rear_l", {0.62F, 0.05F, 0.05F}},
                                                   {"head", {0.86F, 0.88F, 0.90F}},
                                                   {"lamp", {0.86F, 0.88F, 0.90F}},
                                                   {"light", {0.86F, 0.88F, 0.90F}},
                                                   {"glass", {0.12F, 0.13F, 0.14F}},
                                                   {"window", {0.12F, 0.13F, 0.14F}},
                                                   {"windscreen", {0.12F, 0.13F, 0.14F}},
                                                   {"windshield", {0.12F, 0.13F, 0.14F}},
                                                   {"tyre", {0.06F, 0.06F, 0.06F}},
                                                   {"tire", {0.06F, 0.06F, 0.06F}},
                                                   {"rubber", {0.06F, 0.06F, 0.06F}},
                                                   {"wheel", {0.10F, 0.10F, 0.10F}},
                                                   {"rim", {0.50F, 0.50F, 0.50F}},
                                                   {"chrome", {0.70F, 0.70F, 0.70F}},
                                                   {"grille", {0.06F, 0.06F, 0.06F}},
                                                   {"plastic", {0.10F, 0.10F, 0.10F}}};
  return colours;
}

Eigen::Vector3f colour_by_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  for (const NamedColour& known : named_colours())
    if (name.find(known.word) != std::string::npos) return known.colour;
  return Eigen::Vector3f::Constant(0.5F);
}

void read_materials(const std::string& path, Materials& materials) {
  if (!fs::is_regular_file(path)) return;
  const std::string content = read_file(path);
  LineReader reader(content, path);
  std::string current;
  for (Words words; reader.next(words);) {
    if (words[0] == "newmtl" && words.size() > 1) current = words[1];
    if (words[0] == "Kd" && words.size() >= 4)
      for (int k = 0; k < 3; ++k)
        materials[current][k] = std::clamp(reader.number(words[k + 1]), 0.F, 1.F);
  }
}

class ObjParser {
 public:
  ObjParser(std::string_view content, const std::string& path)
      : reader_(content, path), folder_(fs::path(path).parent_path()) {}

  Mesh parse() {
    for (Words words; reader_.next(words);) {
      if (words[0] == "v")
        add_vertex(words);
      else if (words[0] == "f")
        add_face(words);
      else if (words[0] == "mtllib" && words.size() > 1)
        read_materials((folder_ / std::string(words[1])).string(), materials_);
      else if (words[0] == "usemtl" && words.size() > 1)
        use(std::string(words[1]));
    }
    const bool any = any_vertex_colour_ || material_ >= 0;
    if (!any) mesh_.colours.clear();
    return std::move(mesh_);
  }

 private:
  void add_vertex(const Words& words) {
    if (words.size() < 4) reader_.fail("a vertex needs three coordinates");
    Eigen::Vector3f position, colour = Eigen::Vector3f::Constant(-1);
    for (int k = 0; k < 3; ++k) position[k] = reader_.number(words[k + 1]);
    if (words.size() >= 7) {
      any_vertex_colour_ = true;
      for (int k = 0; k < 3; ++k) colour[k] = std::clamp(reader_.number(words[k + 4]), 0.F, 1.F);
    }
    positions_.push_back(position);
    own_colours_.push_back(colour);
  }

  void use(const std::string& name) {
    const auto [entry, is_new] = indices_.emplace(name, static_cast<int>(indices_.size()));
    material_ = entry->second;
    if (!is_new) return;
    const auto known = materials_.find(name);
    colours_.push_back(known == materials_.end() ? colour_by_name(name) : known->second);
  }

  // The mesh's vertex for a vertex of the file under the material in force.
  int vertex(int index) {
    const auto [entry, is_new] = corners_.emplace(std::pair(index, material_), 0);
    if (is_new) {
      entry->second = static_cast<int>(mesh_.vertices.size());
      mesh_.vertices.push_back(positions_[index]);
      const Eigen::Vector3f& own = own_colours_[index];
      mesh_.colours.push_back(own.x() >= 0     ? own
                              : material_ >= 0 ? colours_[material_]
                                               : Eigen::Vector3f::Constant(0.5F));
    }
    return entry->second;
  }

  void add_face(const Words& words) {
    if (words.size() < 4) reader_.fail("a face needs three corners");
    std::vector<int> corners;
    const int count = static_cast<int>(positions_.size());
    for (size_t i = 1; i < words.size(); ++i) {
      const int given = reader_.integer(words[i].substr(0, words[i].find('/')));
      // From 1, or from -1 backwards.
      const int index = given > 0 ? given - 1 : count + given;
      if (given == 0 || index < 0 || index >= count)
        reader_.fail(fmt::format("there is no vertex {}; {} stand above", given, count));
      corners.push_back(vertex(index));
    }
    add_polygon(corners, mesh_);
  }

  LineReader reader_;
  fs::path folder_;
  Mesh mesh_;
  std::vector<Eigen::Vector3f> positions_, own_colours_;
  Materials materials_;
  std::map<std::string, int> indices_;
  std::vector<Eigen::Vector3f> colours_;
  std::map<std::pair<int, int>, int> corners_;
  int material_ = -1;
  bool any_vertex_colour_ = false;
};

}  // namespace

Mesh parse_obj(std::string_view content, const std::string& path) {
  return ObjParser(content, path).parse();
}

}  // namespace monodr
