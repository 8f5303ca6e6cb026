// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "shared_files.h"

namespace monodr {
namespace {

const char* const cube_corners = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n1 0 1\n1 1 1\n0 1 1\n";
const char* const cube_quads = "4 0 3 2 1\n4 4 5 6 7\n4 0 1 5 4\n4 2 3 7 6\n4 1 2 6 5\n4 0 4 7 3\n";

class MeshFile : public testing::Test {
 protected:
  Mesh read(const std::string& name, const std::string& content) {
    write_file_atomically(folder_.file(name), content);
    return read_mesh(folder_.file(name));
  }
  std::string refusal(const std::string& name, const std::string& content) {
    try {
      read(name, content);
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "taken: " << content;
    return "";
  }
  static void expect_cube(const Mesh& mesh) {
    EXPECT_EQ(mesh.vertices.size(), 8U);
    EXPECT_EQ(mesh.faces.size(), 12U);
    EXPECT_TRUE(is_watertight(mesh));
    EXPECT_NEAR(signed_volume(mesh), 1, 1e-6);
  }

  TemporaryFolder folder_;
};

TEST_F(MeshFile, OffWithPolygonsCommentsAndTheCountsOnTheFirstLine) {
  const std::string body = std::string(cube_corners) + "# a comment\n" + cube_quads;
  expect_cube(read("a.off", "OFF\n8 6 0\n" + body));
  expect_cube(read("b.off", "OFF8 6 0\n" + body));
  expect_cube(read("c.off", "OFF 8 6 0\r\n" + body));
}

TEST_F(MeshFile, ObjWithNegativeIndicesTexturesAndNormals) {
  std::string text = "# exported\nmtllib none.mtl\no cube\n";
  for (const char* corner :
       {"0 0 0", "1 0 0", "1 1 0", "0 1 0", "0 0 1", "1 0 1", "1 1 1", "0 1 1"})
    text += std::string("v ") + corner + "\n";
  text +=
      "vn 0 0 1\nvt 0 0\nf 1 4 3 2\nf 5/1/1 6/1/1 7/1/1 8/1/1\nf 1//1 2//1 6//1 5//1\n"
      "f 3/1 4/1 8/1 7/1\nf -7 -6 -2 -3\nf 1 5 8 4\n";
  expect_cube(read("a.obj", text));
}

TEST_F(MeshFile, ObjTakesTheColoursOfVerticesMaterialsAndNames) {
  write_file_atomically(folder_.file("car.mtl"),
                        "newmtl body\nKa 0 0 0\nKd 0.2 0.4 0.6\nnewmtl other\nKd 1 0 0\n");
  const std::string corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n";
  const Mesh mesh =
      read("a.obj",
           "mtllib car.mtl\n" + corners + "usemtl body\nf 1 2 3\nusemtl Rear_Window\nf 1 2 4\n");
  ASSERT_EQ(mesh.vertices.size(), 6U) << "two corners belong to both materials";
  EXPECT_EQ(mesh.colours[mesh.faces[0][0]], Eigen::Vector3f(0.2F, 0.4F, 0.6F));
  EXPECT_LT(mesh.colours[mesh.faces[1][0]].maxCoeff(), 0.2F) << "windows are dark";
  EXPECT_TRUE(read("b.obj", corners + "f 1 2 3\n").colours.empty());
  const Mesh own = read("c.obj", "v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 1\nf 1 2 3\n");
  EXPECT_EQ(own.colours[1], Eigen::Vector3f(0, 1, 0));
}

std::string binary_ply(bool big) {
  std::string text = fmt::format(
      "ply\nformat binary_{}_endian 1.0\ncomment made up\nelement vertex 8\nproperty double x\n"
      "property double y\nproperty double z\nproperty uchar red\nproperty uchar green\n"
      "property uchar blue\nelement face 6\nproperty uchar flags\n"
      "property list uchar int vertex_indices\nend_header\n",
      big ? "big" : "little");
  const auto put = [&](const auto& value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    if (big) std::reverse(bytes, bytes + sizeof value);
    text.append(bytes, sizeof value);
  };
  for (int i = 0; i < 8; ++i) {
    const int x = (i + 1) / 2 % 2, y = i / 2 % 2, z = i / 4;
    put(static_cast<double>(x)), put(static_cast<double>(y)), put(static_cast<double>(z));
    text += {static_cast<char>(255), 0, static_cast<char>(51)};
  }
  const int quads[6][4] = {
      {0, 3, 2, 1}, {4, 5, 6, 7}, {0, 1, 5, 4}, {2, 3, 7, 6}, {1, 2, 6, 5}, {0, 4, 7, 3}};
  for (const auto& quad : quads) {
    text += {7, 4};
    for (const int corner : quad) put(corner);
  }
  return text;
}

TEST_F(MeshFile, PlyAsTextAndInBothByteOrders) {
  expect_cube(read("a.ply",
                   std::string("ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\n"
                               "property float y\nproperty float z\nelement face 6\n"
                               "property list uchar int vertex_index\nend_header\n") +
                       cube_corners + cube_quads));
  for (const bool big : {false, true}) {
    const Mesh mesh = read("b.ply", binary_ply(big));
    expect_cube(mesh);
    ASSERT_EQ(mesh.colours.size(), 8U);
    EXPECT_NEAR((mesh.colours[3] - Eigen::Vector3f(1, 0, 0.2F)).norm(), 0, 1e-6);
  }
}

TEST_F(MeshFile, WhatIsWrittenIsReadBack) {
  Mesh mesh = read("a.off", std::string("OFF\n8 6 0\n") + cube_corners + cube_quads);
  for (const auto& v : mesh.vertices) mesh.colours.push_back(0.5F * v);
  write_obj(mesh, folder_.file("b.obj"));
  const Mesh again = read_mesh(folder_.file("b.obj"));
  ASSERT_EQ(again.faces.size(), mesh.faces.size());
  for (size_t f = 0; f < mesh.faces.size(); ++f)
    for (int k = 0; k < 3; ++k) {
      EXPECT_EQ(again.vertices[again.faces[f][k]], mesh.vertices[mesh.faces[f][k]]);
      EXPECT_EQ(again.colours[again.faces[f][k]], mesh.colours[mesh.faces[f][k]]);
    }
}

TEST_F(MeshFile, DamageIsRefusedByNameAndLine) {
  EXPECT_NE(refusal("a.obj", "v 0 0 0\nv 1 0 zero\n").find("a.obj:2"), std::string::npos);
  EXPECT_NE(refusal("a.obj", "v 0 0 0\nf 1 2 3\n").find("vertex 2"), std::string::npos);
  EXPECT_NE(refusal("a.obj", "v nan 0 0\n").find("finite"), std::string::npos);
  EXPECT_NE(refusal("a.obj", "v 0 0 0\n").find("no faces"), std::string::npos);
  refusal("a.off", "8 6 0\n");
  refusal("a.off", std::string("OFF\n8 6 0\n") + cube_corners);
  refusal("a.off", std::string("OFF\n8 1 0\n") + cube_corners + "3 0 1 8\n");
  const std::string ply = binary_ply(false);
  refusal("a.ply", ply.substr(0, ply.size() - 1));
  refusal("a.ply", ply.substr(0, 100));
  refusal("a.ply", "solid\n");
  EXPECT_THROW(read_mesh(folder_.file("none.obj")), UserError);
  EXPECT_NE(refusal("a.stl", "solid\n").find(".ply"), std::string::npos);
}

TEST(RealMeshFiles, AreRead) {
  const std::string folder = shared_file("meshes");
  if (folder.empty()) GTEST_SKIP() << "no ../shared/meshes";
  EXPECT_EQ(read_mesh(folder + "/hatchback.obj").faces.size(), 788U);
  EXPECT_EQ(read_mesh(folder + "/suv.obj").faces.size(), 1514U);
}

}  // namespace
}  // namespace monodr
