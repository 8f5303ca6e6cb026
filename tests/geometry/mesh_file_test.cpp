// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh_file.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <cstdio>
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
  EXPECT_NE(refusal("a.off", std::string("OFF\n8 1 0\n") + cube_corners + "3 0 1 2147483647\n")
                .find("vertex 2147483648"),
            std::string::npos);
  const std::string ply = binary_ply(false);
  refusal("a.ply", ply.substr(0, ply.size() - 1));
  refusal("a.ply", ply.substr(0, 100));
  refusal("a.ply", "solid\n");
  EXPECT_THROW(read_mesh(folder_.file("none.obj")), UserError);
  EXPECT_NE(refusal("a.stl", "solid\n").find(".ply"), std::string::npos);
}

const char* const obj_cube =
    "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nv 1 0 1\nv 1 1 1\nv 0 1 1\n"
    "f 1 4 3 2\nf 5 6 7 8\nf 1 2 6 5\nf 3 4 8 7\nf 2 3 7 6\nf 1 5 8 4\n";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

TEST_F(MeshFile, TextIsTakenAsProgramsWriteIt) {
  const std::string off = std::string("OFF\n8 6 0\n") + cube_corners + cube_quads;
  const std::string ply = std::string(
                              "ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\n"
                              "property float y\nproperty float z\nelement face 6\n"
                              "property list uchar int vertex_index\nend_header\n") +
                          cube_corners + cube_quads;
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>("a.obj", obj_cube), {"a.OFF", off}, {"a.Ply", ply}}) {
    SCOPED_TRACE(name);
    expect_cube(read(name, "\xEF\xBB\xBF" + text));
    expect_cube(read(name, replaced(text, "\n", "\r\n")));
    expect_cube(read(name, replaced(text, "\n", "\r")));
    expect_cube(read(name, text + std::string(9, '\0')));
    EXPECT_NE(refusal(name, replaced(text, "1 0 1", "1 0,5 1")).find("decimal comma"),
              std::string::npos);
    EXPECT_NE(refusal(name, "version https://git-lfs.github.com/spec/v1\n").find("lfs"),
              std::string::npos);
    EXPECT_NE(refusal(name, "").find("empty"), std::string::npos);
  }
  expect_cube(read("a.obj", replaced(obj_cube, "f 1 4 ", "f 1 \\\n 4 \\\r\n")));
  expect_cube(read("a.obj", "# C:\\cars\\\n" + std::string(obj_cube)));
  EXPECT_FALSE(is_mesh_file("a/._car.obj"));
}

TEST_F(MeshFile, BinaryBodiesMayBeginAndEndWithAnyByte) {
  const std::string ply = binary_ply(false);
  const size_t body = ply.find("end_header\n") + 11;
  expect_cube(read("a.ply", replaced(ply.substr(0, body), "\n", "\r") + ply.substr(body)));
  expect_cube(read("a.ply", replaced(ply.substr(0, body), "\n", "\r\n") + ply.substr(body)));
  // The last face ends in the NUL bytes of an int: they are no padding.
  EXPECT_EQ(ply.back(), '\0');
  expect_cube(read("a.ply", ply));
}

TEST_F(MeshFile, AListOfTheFaceThatIsNotItsCornersIsPassedOver) {
  const std::string quads = replaced(cube_quads, "\n", " 6 0 0 1 0 1 1\n");
  expect_cube(read("a.ply",
                   std::string("ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\n"
                               "property float y\nproperty float z\nelement face 6\n"
                               "property list uchar int vertex_indices\n"
                               "property list uchar float texcoord\nend_header\n") +
                       cube_corners + quads));
}

TEST_F(MeshFile, ACountThatTheFileCannotHoldIsRefusedBeforeMemoryIsTaken) {
  std::string ply = replaced(binary_ply(false), "list uchar int", "list uint int");
  const size_t count = ply.find("end_header\n") + 11 + 8 * 27 + 1;
  ply.replace(count, 1, "\xFF\xFF\xFF\xFF");
  EXPECT_NE(refusal("a.ply", ply).find("4294967295 values"), std::string::npos);
  EXPECT_NE(refusal("a.ply", replaced(binary_ply(false), "vertex 8", "vertex 2000000000"))
                .find("2000000000 values"),
            std::string::npos);
}

TEST_F(MeshFile, FarFromTheOriginNothingIsRounded) {
  std::string text;
  for (const char* corner :
       {"0 0 0", "1 0 0", "1 1 0", "0 1 0", "0 0 1", "1 0 1", "1 1 1", "0 1 1"}) {
    double x = 0, y = 0, z = 0;
    ASSERT_EQ(std::sscanf(corner, "%lf %lf %lf", &x, &y, &z), 3);
    text += fmt::format("v {:.3f} {:.3f} {:.3f}\n", 458000.123 + x, 5427000.456 + y, 115 + z);
  }
  const Mesh mesh = read("a.obj", text + std::string(obj_cube).substr(64));
  expect_cube(mesh);
  EXPECT_LT(bounds(mesh).high.maxCoeff(), 1);
  EXPECT_EQ(bounds(read("b.obj", obj_cube)).high, Eigen::Vector3f(1, 1, 1)) << "left in place";
}

double area(const Mesh& mesh) {
  double sum = 0;
  for (const auto& f : mesh.faces)
    sum += 0.5 * (mesh.vertices[f[1]] - mesh.vertices[f[0]])
                     .cross(mesh.vertices[f[2]] - mesh.vertices[f[0]])
                     .norm();
  return sum;
}

TEST_F(MeshFile, ConcavePolygonsAreFilledAsDrawn) {
  // A comb of 5 teeth, of area 5 + 5, in a slanted plane (areas times sqrt 2), from each of its corners on.
  std::vector<std::string> comb = {"0 0 0", "10 0 0"};
  for (int tooth = 4; tooth >= 0; --tooth)
    for (const auto& [x, y] : {std::pair(2 * tooth + 2, 1), {2 * tooth + 1, 2}, {2 * tooth, 1}})
      if (comb.back() != fmt::format("{} {} {}", x, y, y))
        comb.push_back(fmt::format("{} {} {}", x, y, y));
  const size_t n = comb.size();
  for (size_t first = 0; first < n; ++first) {
    std::string text, face = "f";
    for (size_t i = 0; i < n; ++i) {
      text += "v " + comb[(first + i) % n] + "\n";
      face += fmt::format(" {}", i + 1);
    }
    const Mesh mesh = read("a.obj", text + face + "\n");
    EXPECT_EQ(mesh.faces.size(), n - 2);
    EXPECT_NEAR(area(mesh), std::sqrt(2.) * (10 + 5), 1e-4) << "from corner " << first;
  }
  // Without area, twice the same corner, crossing itself: no loop without end.
  const std::string corners = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 2 0 0\nv 3 0 0\n";
  for (const char* face : {"f 1 2 5 6", "f 1 1 2 3 4", "f 1 3 2 4", "f 1 2 3 1 2 4"}) {
    EXPECT_GE(read("a.obj", corners + face + "\n").faces.size(), 2U) << face;
  }
}

TEST_F(MeshFile, MaterialsAreFoundByWhateverNameTheyHave) {
  const std::string red = "newmtl Car Paint #2\nKd 200 30 30\n", blue = "newmtl glass\nKd 0 0 1\n";
  write_file_atomically(folder_.file("my car.mtl"), red);
  write_file_atomically(folder_.file("Glass.MTL"), "\xEF\xBB\xBF" + replaced(blue, "\n", "\r\n"));
  const std::string faces =
      "v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl Car Paint #2\nf 1 2 3\nusemtl glass\nf 1 3 2\n";
  for (const char* libraries : {"mtllib my car.mtl\nmtllib glass.mtl\n",
                                "mtllib none.mtl my car.mtl glass.mtl\n",
                                "mtllib \"my car.mtl\"\nmtllib .\\glass.mtl\n"}) {
    const Mesh mesh = read("a.obj", libraries + faces);
    ASSERT_EQ(mesh.colours.size(), 6U) << libraries;
    EXPECT_LT((mesh.colours[0] - Eigen::Vector3f(200, 30, 30) / 255).norm(), 1e-6) << libraries;
    EXPECT_EQ(mesh.colours[3], Eigen::Vector3f(0, 0, 1)) << libraries;
    const MeshFiles files = files_of_mesh(folder_.file("a.obj"));
    EXPECT_EQ(files.found.size(), 3U) << libraries;
    EXPECT_EQ(files.missing,
              std::string(libraries).find("none.mtl") == std::string::npos
                  ? std::vector<std::string>{}
                  : std::vector<std::string>{"none.mtl"});
  }
  read("a.obj", "mtllib not here.mtl\n" + faces);
  EXPECT_EQ(files_of_mesh(folder_.file("a.obj")).missing, std::vector<std::string>{"not here.mtl"});
  const Mesh own = read("b.obj", "v 0 0 0 255 0 0\nv 1 0 0 0 51 0\nv 0 1 0 0 0 1\nf 1 2 3\n");
  EXPECT_LT((own.colours[1] - Eigen::Vector3f(0, 0.2F, 0)).norm(), 1e-6);
}

TEST(RealMeshFiles, AreRead) {
  const std::string folder = shared_file("meshes");
  if (folder.empty()) GTEST_SKIP() << "no ../shared/meshes";
  EXPECT_EQ(read_mesh(folder + "/hatchback.obj").faces.size(), 788U);
  EXPECT_EQ(read_mesh(folder + "/suv.obj").faces.size(), 1514U);
}

}  // namespace
}  // namespace monodr
