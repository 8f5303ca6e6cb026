// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh_scene.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "geometry/glb_reader.h"
#include "geometry/mesh_file.h"

namespace monodr {
namespace {

/// A tetrahedron at a place, with a colour that is exact in eight bits.
Mesh tetrahedron(const Eigen::Vector3f& at, const Eigen::Vector3f& colour) {
  Mesh mesh;
  mesh.vertices = {at,
                   at + Eigen::Vector3f::UnitX(),
                   at + Eigen::Vector3f::UnitY(),
                   at + Eigen::Vector3f::UnitZ()};
  mesh.faces = {{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3}};
  mesh.colours.assign(4, colour);
  return mesh;
}

MeshScene two_cars() {
  return {"frame 000007: <hostile> \"title\"\nf 1 2 3 \xff",
          {{"Car_0", tetrahedron({-4.1F, 1.7F, 12.3F}, {1, 0.2F, 0})},
           {"Car_2", tetrahedron({3.3F, 1.5F, 40.123456F}, {0, 0.4F, 1})}}};
}

/// Triangle by triangle: a reader may number vertices anew.
void expect_same_mesh(const Mesh& read, const MeshScene& scene, float colour_error) {
  size_t vertices = 0, face = 0;
  for (const auto& [name, mesh] : scene.objects) {
    vertices += mesh.vertices.size();
    for (const auto& expected : mesh.faces) {
      ASSERT_LT(face, read.faces.size());
      for (size_t k = 0; k < 3; ++k) {
        const auto corner = static_cast<size_t>(read.faces[face][k]);
        const auto own = static_cast<size_t>(expected[k]);
        EXPECT_EQ(read.vertices[corner], mesh.vertices[own]);
        EXPECT_LT((read.colours[corner] - mesh.colours[own]).cwiseAbs().maxCoeff(), colour_error);
      }
      ++face;
    }
  }
  EXPECT_EQ(read.vertices.size(), vertices);
  EXPECT_EQ(read.faces.size(), face);
}

TEST(MeshScene, AnObjHoldsEachObjectAsAGroup) {
  const std::string text = format_scene_obj(two_cars());
  expect_same_mesh(parse_mesh(text, "scene.obj"), two_cars(), 1e-3F);
  const size_t first = text.find("\no Car_0\n"), second = text.find("\no Car_2\n");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  // The vertices and faces of an object stand below its name.
  EXPECT_LT(text.find("v -4.1"), second);
  EXPECT_GT(text.find("f 5 7 6"), second);
}

TEST(MeshScene, APlyNumbersTheObjectOfEachFace) {
  const std::string bytes = format_scene_ply(two_cars());
  expect_same_mesh(parse_mesh(bytes, "scene.ply"), two_cars(), 2e-3F);
  EXPECT_NE(bytes.find("\ncomment object 0 Car_0\ncomment object 1 Car_2\n"), std::string::npos);
  // The last face is of the second object, the fifth from the end of the first.
  constexpr size_t face_size = 1 + 4 * sizeof(int);
  for (const auto& [from_end, object] : {std::pair<size_t, int>{1, 1}, {4, 1}, {5, 0}, {8, 0}}) {
    int number = -1;
    std::memcpy(&number, &bytes[bytes.size() - from_end * face_size + 1 + 3 * sizeof(int)], 4);
    EXPECT_EQ(number, object) << from_end;
  }
}

TEST(MeshScene, AGlbIsValidAndStandsUprightBeforeItsViewer) {
  const GlbFile glb = read_glb(format_scene_glb(two_cars()));
  ASSERT_EQ(glb.faults, std::vector<std::string>{});
  ASSERT_EQ(glb.objects.size(), 2U);
  EXPECT_EQ(glb.objects[0].name, "Car_0");
  EXPECT_EQ(glb.objects[1].name, "Car_2");
  const MeshScene scene = two_cars();
  for (size_t n = 0; n < 2; ++n) {
    const Mesh &read = glb.objects[n].mesh, &written = scene.objects[n].mesh;
    ASSERT_EQ(read.vertices.size(), written.vertices.size());
    EXPECT_EQ(read.faces, written.faces);
    for (size_t i = 0; i < written.vertices.size(); ++i) {
      const Eigen::Vector3f& v = written.vertices[i];
      EXPECT_EQ(read.vertices[i], Eigen::Vector3f(v.x(), -v.y(), -v.z()));
    }
    EXPECT_NEAR(signed_volume(read), signed_volume(written), 1e-3) << "turned inside out";
  }
  // 0.2 and 0.4 of sRGB are these shares of the light.
  EXPECT_NEAR(glb.objects[0].mesh.colours[0].y(), 0.0331F, 1e-4F);
  EXPECT_NEAR(glb.objects[1].mesh.colours[3].y(), 0.1329F, 1e-4F);
  EXPECT_FLOAT_EQ(glb.objects[0].mesh.colours[0].x(), 1);
}

TEST(MeshScene, AFrameWithoutObjectsIsAFileToo) {
  const MeshScene empty{"nothing here", {}};
  const GlbFile glb = read_glb(format_scene_glb(empty));
  EXPECT_EQ(glb.faults, std::vector<std::string>{});
  EXPECT_TRUE(glb.objects.empty());
  EXPECT_EQ(format_scene_obj(empty).find("\nv "), std::string::npos);
  EXPECT_NE(format_scene_ply(empty).find("element vertex 0\n"), std::string::npos);
}

// Surfels have no faces.
TEST(MeshScene, PointsWithoutFacesAreWrittenAsPoints) {
  MeshScene scene = two_cars();
  scene.objects[0].mesh.faces.clear();
  scene.objects[0].mesh.colours.clear();
  const GlbFile glb = read_glb(format_scene_glb(scene));
  EXPECT_EQ(glb.faults, std::vector<std::string>{});
  EXPECT_EQ(glb.objects.at(0).mesh.vertices.size(), 4U);
  EXPECT_TRUE(glb.objects.at(0).mesh.faces.empty());
  EXPECT_NE(format_scene_obj(scene).find("\np 4\n"), std::string::npos);
}

// The check must be able to fail.
TEST(MeshScene, TheReaderSeesWhatIsWrong) {
  const std::string good = format_scene_glb(two_cars());
  const auto spoilt = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    const size_t at = bytes.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return read_glb(bytes.replace(at, from.size(), to)).faults;
  };
  EXPECT_FALSE(spoilt("glTF", "glTG").empty());
  EXPECT_FALSE(spoilt("\"2.0\"", "\"1.0\"").empty());
  EXPECT_FALSE(spoilt("5125", "5126").empty());
  EXPECT_FALSE(spoilt("\"count\":12", "\"count\":15").empty());
  EXPECT_FALSE(spoilt("\"max\":[-3", "\"max\":[-2").empty());
  EXPECT_FALSE(read_glb(good + "more").faults.empty());
  EXPECT_FALSE(read_glb(good.substr(0, good.size() - 4)).faults.empty());
}

}  // namespace
}  // namespace monodr
