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
  const std::string content = read_file(path);
  LineReader reader(content, path);
  std::vector<std::string> names;
  std::vector<Eigen::Vector3f> colours;
  std::string current;
  for (Words words; reader.next(words);) {
    if (words[0] == "newmtl") current = reader.name();
    // "Kd spectral FILE" and "Kd xyz" name no colour that can be read here; "Kd 0.5" is grey.
    if (words[0] != "Kd" || words.size() < 2 || words[1] == "spectral" || words[1] == "xyz")
      continue;
    Eigen::Vector3f colour;
    for (size_t k = 0; k < 3; ++k)
      colour[static_cast<int>(k)] =
          static_cast<float>(reader.number(words[words.size() < 4 ? 1 : k + 1]));
    names.push_back(current);
    colours.push_back(colour);
  }
  scale_colours(colours);
  for (size_t i = 0; i < names.size(); ++i) materials[names[i]] = colours[i];
}

/// `name` in the folder: as written, else with other capitals, as Windows takes it. "" where there is none.
std::string find_beside(const fs::path& folder, std::string name) {
  if (name.size() > 1 && name.front() == '"' && name.back() == '"')
    name = name.substr(1, name.size() - 2);
  std::replace(name.begin(), name.end(), '\\', '/');
  if (name.empty()) return "";
  const fs::path wanted = folder / name;
  std::error_code error;
  if (fs::is_regular_file(wanted, error)) return wanted.string();
  const std::string low = lower_case(wanted.filename().string());
  const fs::path parent = wanted.parent_path();
  std::string found;
  for (const auto& entry : fs::directory_iterator(parent.empty() ? "." : parent, error))
    if (lower_case(entry.path().filename().string()) == low && entry.is_regular_file(error))
      found = std::max(found, entry.path().string());
  return found;
}

/// "mtllib my car.mtl", "mtllib a.mtl b.mtl": a name with blanks or several names, as the files tell. Words between
/// those that are files are taken for the name of one that is missing.
void find_libraries(std::string_view names, const fs::path& folder, MaterialLibraries& libraries) {
  const Words words = split_fields(names);
  const auto name_of = [&](size_t first, size_t last) {
    return std::string(
        words[first].data(),
        static_cast<size_t>(words[last].data() + words[last].size() - words[first].data()));
  };
  size_t unknown = 0;  // the first word that is of no file yet
  for (size_t first = 0; first < words.size(); ++first)
    for (size_t last = words.size(); last-- > first;) {
      const std::string file = find_beside(folder, name_of(first, last));
      if (file.empty()) continue;
      if (unknown < first) libraries.missing.push_back(name_of(unknown, first - 1));
      libraries.found.push_back(file);
      first = last;
      unknown = last + 1;
      break;
    }
  if (unknown < words.size()) libraries.missing.push_back(name_of(unknown, words.size() - 1));
}

class ObjParser {
 public:
  ObjParser(std::string_view content, const std::string& path) : reader_(content, path) {
    // Above or below the first use of its materials.
    for (const std::string& library : material_libraries(content, path).found)
      read_materials(library, materials_);
  }

  FileMesh parse() {
    for (Words words; reader_.next(words);) {
      if (words[0] == "v")
        add_vertex(words);
      else if (words[0] == "f")
        add_face(words);
      else if (words[0] == "usemtl" && words.size() > 1)
        use(std::string(reader_.name()));
    }
    colour();
    return std::move(mesh_);
  }

 private:
  void add_vertex(const Words& words) {
    if (words.size() < 4) reader_.fail("a vertex needs three coordinates");
    Eigen::Vector3d position;
    for (int k = 0; k < 3; ++k) position[k] = reader_.number(words[k + 1]);
    positions_.push_back(position);
    own_colour_.push_back(-1);
    if (words.size() < 7) return;
    Eigen::Vector3f colour;
    for (int k = 0; k < 3; ++k) colour[k] = static_cast<float>(reader_.number(words[k + 4]));
    own_colour_.back() = static_cast<int>(own_colours_.size());
    own_colours_.push_back(colour);
  }

  void use(const std::string& name) {
    const auto [entry, is_new] = indices_.emplace(name, static_cast<int>(indices_.size()));
    material_ = entry->second;
    if (!is_new) return;
    auto known = materials_.find(name);
    // "usemtl red # the body"; a name may hold a #, so the whole comes first.
    if (known == materials_.end())
      known = materials_.find(std::string(trimmed(name.substr(0, name.find('#')))));
    colours_.push_back(known == materials_.end() ? colour_by_name(name) : known->second);
  }

  // The mesh's vertex for a vertex of the file under the material in force.
  int vertex(int index) {
    const auto [entry, is_new] = corners_.emplace(std::pair(index, material_), 0);
    if (is_new) {
      entry->second = static_cast<int>(mesh_.vertices.size());
      mesh_.vertices.push_back(positions_[index]);
      sources_.emplace_back(own_colour_[index], material_);
    }
    return entry->second;
  }

  /// Of each of the mesh's vertices: its own colour, else its material's, else grey.
  void colour() {
    if (own_colours_.empty() && colours_.empty()) return;
    scale_colours(own_colours_);
    for (const auto& [own, material] : sources_)
      mesh_.colours.push_back(own >= 0        ? own_colours_[own]
                              : material >= 0 ? colours_[material]
                                              : Eigen::Vector3f::Constant(0.5F));
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
  FileMesh mesh_;
  std::vector<Eigen::Vector3d> positions_;
  std::vector<int> own_colour_;  ///< of a position: index into own_colours_, or -1
  std::vector<Eigen::Vector3f> own_colours_;
  /// Of a mesh's vertex: own colour and material, or -1.
  std::vector<std::pair<int, int>> sources_;
  Materials materials_;
  std::map<std::string, int> indices_;
  std::vector<Eigen::Vector3f> colours_;
  std::map<std::pair<int, int>, int> corners_;
  int material_ = -1;
};

}  // namespace

MaterialLibraries material_libraries(std::string_view content, const std::string& path) {
  MaterialLibraries libraries;
  if (content.find("mtllib") == std::string_view::npos) return libraries;
  LineReader reader(content, path);
  for (Words words; reader.next(words);)
    if (words[0] == "mtllib")
      find_libraries(reader.name(), fs::path(path).parent_path(), libraries);
  return libraries;
}

FileMesh parse_obj(std::string_view content, const std::string& path) {
  return ObjParser(content, path).parse();
}

}  // namespace monodr
