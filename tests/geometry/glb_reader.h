// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "geometry/mesh.h"

namespace monodr {

struct GlbObject {
  std::string name;
  Mesh mesh;  ///< in the file's world: all nodes' rotations are carried out
};

struct GlbFile {
  std::vector<std::string> faults;  ///< against the glTF 2.0 specification
  std::vector<GlbObject> objects;   ///< of a file without faults
};

/// Reads and checks a GLB by the specification's own words (glTF 2.0, chapters 3 and 4), as far as what monodr
/// could write goes: floats, indices of 32 bits, points and triangles, rotations.
class GlbReader {
 public:
  explicit GlbReader(const std::string& bytes) : bytes_(bytes) {}

  GlbFile read() {
    try {
      read_chunks();
      if (file_.faults.empty()) check_document();
      if (file_.faults.empty()) walk_scene();
    } catch (const std::exception& error) {
      fault(error.what());
    }
    return std::move(file_);
  }

 private:
  using json = nlohmann::json;

  void fault(const std::string& what) { file_.faults.push_back(what); }
  void require(bool holds, const std::string& what) {
    if (!holds) fault(what);
  }
  std::uint32_t word(size_t at) const {
    std::uint32_t value = 0;
    if (at + 4 > bytes_.size()) throw std::runtime_error("the file ends early");
    std::memcpy(&value, &bytes_[at], 4);
    return value;
  }

  void read_chunks() {  // 4.4
    require(bytes_.substr(0, 4) == "glTF", "magic");
    require(word(4) == 2, "version of the container");
    require(word(8) == bytes_.size(), "length of the file");
    size_t at = 12;
    for (int number = 0; at < bytes_.size(); ++number) {
      const std::uint32_t length = word(at);
      const std::string type = bytes_.substr(at + 4, 4);
      require(length % 4 == 0, "a chunk's length is no multiple of 4");
      if (at + 8 + length > bytes_.size()) throw std::runtime_error("a chunk ends behind the file");
      const std::string content = bytes_.substr(at + 8, length);
      if (number == 0) {
        require(type == "JSON", "the first chunk is not JSON");
        document_ = json::parse(content);  // throws for text that is not UTF-8
      } else {
        require(number == 1 && type == std::string("BIN\0", 4), "a chunk that is not known");
        binary_ = content;
      }
      at += 8 + length;
    }
  }

  /// Neither lists nor objects may be empty.
  void check_filled(const json& value, const std::string& path) {
    if (!value.is_structured()) return;
    require(!value.empty(), path + " is empty");
    for (const auto& [key, item] : value.items()) check_filled(item, path + "/" + key);
  }

  const json& list(const char* name) const {
    static const json none = json::array();
    return document_.contains(name) ? document_.at(name) : none;
  }
  const json& entry(const char* name, const json& index) const {
    if (!index.is_number_unsigned()) throw std::runtime_error(std::string(name) + ": no index");
    return list(name).at(index.get<size_t>());  // throws out of range
  }

  void check_document() {
    check_filled(document_, "");
    require(document_.at("asset").at("version") == "2.0", "asset.version");
    require(list("buffers").size() <= 1, "more than the one buffer of a GLB");
    for (const json& buffer : list("buffers")) {
      require(!buffer.contains("uri"), "the GLB's buffer has a uri");
      const auto length = buffer.at("byteLength").get<size_t>();
      require(length <= binary_.size() && binary_.size() < length + 4, "byteLength of the buffer");
    }
    for (const json& view : list("bufferViews")) {
      entry("buffers", view.at("buffer"));
      require(view.value("byteOffset", size_t{0}) + view.at("byteLength").get<size_t>() <=
                  document_.at("buffers").at(0).at("byteLength").get<size_t>(),
              "a buffer view ends behind its buffer");
      const int target = view.value("target", 34962);
      require(target == 34962 || target == 34963, "target of a buffer view");
    }
    for (const json& accessor : list("accessors")) check_accessor(accessor);
    for (const json& mesh : list("meshes"))
      for (const json& primitive : mesh.at("primitives")) check_primitive(primitive);
    for (size_t i = 0; i < list("accessors").size(); ++i)
      require(used_.count(i) == 1, "an accessor is used by nothing, or by two");
    check_tree();
  }

  static size_t components(const json& accessor) {
    static const std::map<std::string, size_t> counts = {
        {"SCALAR", 1}, {"VEC2", 2}, {"VEC3", 3}, {"VEC4", 4}};
    return counts.at(accessor.at("type"));
  }

  void check_accessor(const json& accessor) {
    const json& view = entry("bufferViews", accessor.at("bufferView"));
    const auto count = accessor.at("count").get<size_t>();
    const auto offset = accessor.value("byteOffset", size_t{0});
    require(count >= 1, "an accessor of nothing");
    require(accessor.at("componentType") == 5126 || accessor.at("componentType") == 5125,
            "componentType");
    require((view.value("byteOffset", size_t{0}) + offset) % 4 == 0, "an accessor off its bounds");
    require(offset + count * components(accessor) * 4 <= view.at("byteLength").get<size_t>(),
            "an accessor ends behind its buffer view");
    require(!view.contains("byteStride"), "byteStride is not read here");
  }

  template <typename T>
  std::vector<T> values(const json& accessor) const {
    const json& view = entry("bufferViews", accessor.at("bufferView"));
    std::vector<T> numbers(accessor.at("count").get<size_t>() * components(accessor));
    const size_t at = view.value("byteOffset", size_t{0}) + accessor.value("byteOffset", size_t{0});
    std::memcpy(numbers.data(), binary_.substr(at, 4 * numbers.size()).data(), 4 * numbers.size());
    return numbers;
  }

  const json& used(const json& index) {
    const json& accessor = entry("accessors", index);
    require(used_.insert(index.get<size_t>()).second, "two uses of one accessor");
    return accessor;
  }
  void require_target(const json& accessor, int target) {
    require(entry("bufferViews", accessor.at("bufferView")).at("target") == target,
            "an accessor's buffer view has another target");
  }

  void check_primitive(const json& primitive) {
    const json& attributes = primitive.at("attributes");
    const json& positions = used(attributes.at("POSITION"));
    require(positions.at("type") == "VEC3" && positions.at("componentType") == 5126, "POSITION");
    require_target(positions, 34962);
    check_range(positions);
    for (const auto& [name, index] : attributes.items()) {
      if (name == "POSITION") continue;
      require(name == "COLOR_0", "an attribute " + name);
      const json& colours = used(index);
      require_target(colours, 34962);
      require(colours.at("count") == positions.at("count"), "attributes of several lengths");
      require(colours.at("type") == "VEC3" && colours.at("componentType") == 5126, "COLOR_0");
      for (const float value : values<float>(colours))
        require(value >= 0 && value <= 1, "a colour out of [0, 1]");
    }
    if (primitive.contains("material")) entry("materials", primitive.at("material"));
    const int mode = primitive.value("mode", 4);
    require(mode == 0 || mode == 4, "a mode that is not read here");
    if (!primitive.contains("indices")) return;
    const json& indices = used(primitive.at("indices"));
    require_target(indices, 34963);
    require(indices.at("type") == "SCALAR" && indices.at("componentType") == 5125, "indices");
    require(mode == 0 || indices.at("count").get<size_t>() % 3 == 0, "a part of a triangle");
    for (const std::uint32_t index : values<std::uint32_t>(indices))
      require(index < positions.at("count").get<std::uint32_t>(), "an index behind the vertices");
  }

  /// 3.6.2.5: those of POSITION must have their exact bounds.
  void check_range(const json& positions) {
    const std::vector<float> numbers = values<float>(positions);
    for (size_t k = 0; k < 3; ++k) {
      float low = std::numeric_limits<float>::infinity(), high = -low;
      for (size_t i = k; i < numbers.size(); i += 3) {
        require(std::isfinite(numbers[i]), "a position that is not finite");
        low = std::min(low, numbers[i]);
        high = std::max(high, numbers[i]);
      }
      require(positions.at("min").at(k).get<float>() == low, "min of POSITION");
      require(positions.at("max").at(k).get<float>() == high, "max of POSITION");
    }
  }

  void check_tree() {  // 3.5.2: each node has one parent at most
    std::set<size_t> children;
    std::set<std::string> names;
    for (const json& node : list("nodes")) {
      require(names.insert(node.at("name")).second, "two nodes of one name");
      require(!node.contains("matrix"), "matrix is not read here");
      if (node.contains("mesh")) entry("meshes", node.at("mesh"));
      for (const json& child : node.value("children", json::array())) {
        entry("nodes", child);
        require(children.insert(child.get<size_t>()).second, "a node of two parents");
      }
    }
    for (const json& scene : list("scenes"))
      for (const json& root : scene.at("nodes")) {
        entry("nodes", root);
        require(children.count(root.get<size_t>()) == 0, "a scene's node is another's child");
      }
  }

  void walk_scene() {
    for (const json& root : entry("scenes", document_.at("scene")).at("nodes"))
      walk(entry("nodes", root), Eigen::Quaternionf::Identity());
  }

  void walk(const json& node, const Eigen::Quaternionf& parent) {
    Eigen::Quaternionf rotation = parent;
    if (node.contains("rotation")) {
      const auto q = node.at("rotation").get<std::vector<float>>();
      const Eigen::Quaternionf own(q.at(3), q.at(0), q.at(1), q.at(2));
      require(q.size() == 4 && std::abs(own.norm() - 1) < 1e-5F, "rotation is no unit quaternion");
      rotation = parent * own;
    }
    if (node.contains("mesh"))
      for (const json& primitive : entry("meshes", node.at("mesh")).at("primitives"))
        file_.objects.push_back({node.at("name"), mesh_of(primitive, rotation)});
    for (const json& child : node.value("children", json::array()))
      walk(entry("nodes", child), rotation);
  }

  Mesh mesh_of(const json& primitive, const Eigen::Quaternionf& rotation) const {
    Mesh mesh;
    const json& attributes = primitive.at("attributes");
    for (const Eigen::Vector3f& v : vectors(attributes.at("POSITION")))
      mesh.vertices.push_back(rotation * v);
    if (attributes.contains("COLOR_0")) mesh.colours = vectors(attributes.at("COLOR_0"));
    if (!primitive.contains("indices")) return mesh;
    const auto indices = values<std::uint32_t>(entry("accessors", primitive.at("indices")));
    for (size_t i = 0; i + 2 < indices.size(); i += 3)
      mesh.faces.push_back({static_cast<int>(indices[i]),
                            static_cast<int>(indices[i + 1]),
                            static_cast<int>(indices[i + 2])});
    return mesh;
  }

  std::vector<Eigen::Vector3f> vectors(const json& index) const {
    const std::vector<float> numbers = values<float>(entry("accessors", index));
    std::vector<Eigen::Vector3f> result;
    for (size_t i = 0; i + 2 < numbers.size(); i += 3)
      result.emplace_back(numbers[i], numbers[i + 1], numbers[i + 2]);
    return result;
  }

  const std::string& bytes_;
  GlbFile file_;
  json document_;
  std::string binary_;
  std::set<size_t> used_;
};

inline GlbFile read_glb(const std::string& bytes) {
  return GlbReader(bytes).read();
}

}  // namespace monodr
