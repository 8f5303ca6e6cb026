// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh_scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace monodr {
namespace {

using nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "PLY and GLB are written as memory is");

template <typename T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A comment ends with its line.
std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

Eigen::Vector3f colour_of(const Mesh& mesh, size_t vertex) {
  if (mesh.colours.empty()) return Eigen::Vector3f::Constant(0.5F);
  return mesh.colours[vertex].cwiseMax(0.0F).cwiseMin(1.0F);
}

/// IEC 61966-2-1.
float linear_light(float srgb) {
  return srgb <= 0.04045F ? srgb / 12.92F : std::pow((srgb + 0.055F) / 1.055F, 2.4F);
}

/// Buffer views and accessors over one growing buffer.
class GlbBuffer {
 public:
  /// Numbers of the accessor: `count` elements of `type`, each component 4 bytes long.
  int add(const std::string& bytes, size_t count, const char* type, bool is_index) {
    constexpr int array_buffer = 34962, element_array_buffer = 34963;
    constexpr int as_float = 5126, as_unsigned_int = 5125;
    views.push_back({{"buffer", 0},
                     {"byteOffset", data.size()},
                     {"byteLength", bytes.size()},
                     {"target", is_index ? element_array_buffer : array_buffer}});
    accessors.push_back({{"bufferView", views.size() - 1},
                         {"componentType", is_index ? as_unsigned_int : as_float},
                         {"count", count},
                         {"type", type}});
    data += bytes;
    return static_cast<int>(accessors.size()) - 1;
  }

  ordered_json views = ordered_json::array(), accessors = ordered_json::array();
  std::string data;
};

int add_positions(const Mesh& mesh, GlbBuffer& buffer) {
  std::string bytes;
  for (const Eigen::Vector3f& v : mesh.vertices)
    for (int k = 0; k < 3; ++k) append(bytes, v[k]);
  const int accessor = buffer.add(bytes, mesh.vertices.size(), "VEC3", false);
  const MeshBounds box = bounds(mesh);
  buffer.accessors.back()["min"] = {box.low.x(), box.low.y(), box.low.z()};
  buffer.accessors.back()["max"] = {box.high.x(), box.high.y(), box.high.z()};
  return accessor;
}

int add_colours(const Mesh& mesh, GlbBuffer& buffer) {
  std::string bytes;
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3f colour = colour_of(mesh, i);
    for (int k = 0; k < 3; ++k) append(bytes, linear_light(colour[k]));
  }
  return buffer.add(bytes, mesh.vertices.size(), "VEC3", false);
}

ordered_json add_primitive(const Mesh& mesh, GlbBuffer& buffer) {
  constexpr int points = 0, triangles = 4;
  ordered_json primitive;
  primitive["attributes"] = {{"POSITION", add_positions(mesh, buffer)},
                             {"COLOR_0", add_colours(mesh, buffer)}};
  if (!mesh.faces.empty()) {
    std::string bytes;
    for (const auto& face : mesh.faces)
      for (const int corner : face) append(bytes, static_cast<std::uint32_t>(corner));
    primitive["indices"] = buffer.add(bytes, 3 * mesh.faces.size(), "SCALAR", true);
  }
  primitive["material"] = 0;
  primitive["mode"] = mesh.faces.empty() ? points : triangles;
  return primitive;
}

/// One chunk of a GLB: length, type, content, padded to four bytes.
std::string chunk(std::string content, std::uint32_t type, char padding) {
  content.resize((content.size() + 3) / 4 * 4, padding);
  std::string bytes;
  append(bytes, static_cast<std::uint32_t>(content.size()));
  append(bytes, type);
  return bytes + content;
}

}  // namespace

std::string format_scene_obj(const MeshScene& scene) {
  std::string text =
      fmt::format("# {}\n# metres; x right, y down, z along the view\n", on_one_line(scene.title));
  size_t first = 1;  // an OBJ counts the vertices of the whole file, from 1
  for (const NamedMesh& object : scene.objects) {
    const Mesh& mesh = object.mesh;
    text += fmt::format("o {}\n", object.name);
    for (size_t i = 0; i < mesh.vertices.size(); ++i) {
      const Eigen::Vector3f &v = mesh.vertices[i], c = colour_of(mesh, i);
      text += fmt::format(
          "v {} {} {} {:.4g} {:.4g} {:.4g}\n", v.x(), v.y(), v.z(), c.x(), c.y(), c.z());
    }
    for (const auto& f : mesh.faces)
      text += fmt::format("f {} {} {}\n", first + f[0], first + f[1], first + f[2]);
    for (size_t i = 0; mesh.faces.empty() && i < mesh.vertices.size(); ++i)
      text += fmt::format("p {}\n", first + i);
    first += mesh.vertices.size();
  }
  return text;
}

std::string format_scene_ply(const MeshScene& scene) {
  size_t vertices = 0, faces = 0;
  std::string names, vertex_bytes, face_bytes;
  for (size_t number = 0; number < scene.objects.size(); ++number) {
    const Mesh& mesh = scene.objects[number].mesh;
    names += fmt::format("comment object {} {}\n", number, scene.objects[number].name);
    for (size_t i = 0; i < mesh.vertices.size(); ++i) {
      const Eigen::Vector3f colour = colour_of(mesh, i);
      for (int k = 0; k < 3; ++k) append(vertex_bytes, mesh.vertices[i][k]);
      for (int k = 0; k < 3; ++k)
        append(vertex_bytes, static_cast<std::uint8_t>(std::lround(255 * colour[k])));
    }
    for (const auto& face : mesh.faces) {
      append(face_bytes, std::uint8_t{3});
      for (const int corner : face)
        append(face_bytes, static_cast<std::int32_t>(vertices) + corner);
      append(face_bytes, static_cast<std::int32_t>(number));
    }
    vertices += mesh.vertices.size();
    faces += mesh.faces.size();
  }
  return fmt::format(
             "ply\nformat binary_little_endian 1.0\ncomment {}\n"
             "comment metres; x right, y down, z along the view\n{}"
             "element vertex {}\nproperty float x\nproperty float y\nproperty float z\n"
             "property uchar red\nproperty uchar green\nproperty uchar blue\n"
             "element face {}\nproperty list uchar int vertex_indices\nproperty int object\n"
             "end_header\n",
             on_one_line(scene.title),
             names,
             vertices,
             faces) +
         vertex_bytes + face_bytes;
}

std::string format_scene_glb(const MeshScene& scene) {
  GlbBuffer buffer;
  ordered_json meshes = ordered_json::array(), children = ordered_json::array();
  ordered_json nodes = ordered_json::array();
  const ordered_json half_turn_about_x = {1, 0, 0, 0};  // a quaternion, x y z w
  nodes.push_back({{"name", "camera_frame"}, {"rotation", half_turn_about_x}});
  for (const NamedMesh& object : scene.objects) {
    MONODR_CHECK(!object.mesh.vertices.empty(), "an object without vertices cannot be written");
    children.push_back(nodes.size());
    nodes.push_back({{"name", object.name}, {"mesh", meshes.size()}});
    meshes.push_back({{"name", object.name},
                      {"primitives", ordered_json::array({add_primitive(object.mesh, buffer)})}});
  }
  ordered_json document;
  document["asset"] = {{"version", "2.0"}, {"generator", "monodr"}};
  document["scene"] = 0;
  document["scenes"] = ordered_json::array({{{"name", scene.title}, {"nodes", {0}}}});
  if (!children.empty()) {  // glTF allows no empty lists
    nodes[0]["children"] = children;
    document["meshes"] = meshes;
    document["materials"] = ordered_json::array(
        {{{"name", "vertex_colours"},
          {"pbrMetallicRoughness", {{"metallicFactor", 0}, {"roughnessFactor", 1}}}}});
    document["accessors"] = buffer.accessors;
    document["bufferViews"] = buffer.views;
    document["buffers"] = ordered_json::array({{{"byteLength", buffer.data.size()}}});
  }
  document["nodes"] = nodes;

  constexpr std::uint32_t magic = 0x46546C67, version = 2;  // "glTF"
  constexpr std::uint32_t json_chunk = 0x4E4F534A, binary_chunk = 0x004E4942;
  std::string content =
      chunk(document.dump(-1, ' ', false, ordered_json::error_handler_t::replace), json_chunk, ' ');
  if (!buffer.data.empty()) content += chunk(buffer.data, binary_chunk, '\0');
  std::string bytes;
  append(bytes, magic);
  append(bytes, version);
  append(bytes, static_cast<std::uint32_t>(12 + content.size()));
  return bytes + content;
}

}  // namespace monodr
