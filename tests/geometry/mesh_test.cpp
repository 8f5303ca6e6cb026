// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "shared_files.h"

namespace monodr {
namespace {

/// [0,4] x [0,1.5] x [0,2], faces counter-clockwise from outside.
Mesh cuboid() {
  Mesh mesh;
  for (int i = 0; i < 8; ++i)
    mesh.vertices.emplace_back(i & 1 ? 4.0f : 0.0f, i & 2 ? 1.5f : 0.0f, i & 4 ? 2.0f : 0.0f);
  const int quads[6][4] = {
      {0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
  for (const auto& q : quads) {
    mesh.faces.push_back({q[0], q[1], q[2]});
    mesh.faces.push_back({q[0], q[2], q[3]});
  }
  return mesh;
}

TEST(Mesh, VolumeIsThatOfTheCuboidAndSignedByOrientation) {
  Mesh mesh = cuboid();
  EXPECT_TRUE(is_watertight(mesh));
  EXPECT_NEAR(signed_volume(mesh), 12, 1e-6);
  for (auto& face : mesh.faces) std::swap(face[1], face[2]);
  EXPECT_TRUE(is_watertight(mesh));
  EXPECT_NEAR(signed_volume(mesh), -12, 1e-6);
}

TEST(Mesh, AHoleOrATurnedFaceIsNotWatertight) {
  Mesh open = cuboid();
  open.faces.pop_back();
  EXPECT_FALSE(is_watertight(open));
  Mesh turned = cuboid();
  std::swap(turned.faces[3][0], turned.faces[3][1]);
  EXPECT_FALSE(is_watertight(turned));
  EXPECT_FALSE(is_watertight(Mesh{}));
}

TEST(Mesh, NormalisingGivesTheUnitBoxAndReturnsTheScale) {
  Mesh mesh = cuboid();
  const Eigen::Vector3f scale = normalise_to_unit_box(mesh);
  EXPECT_TRUE(scale.isApprox(Eigen::Vector3f(4, 1.5, 2)));
  const MeshBounds box = bounds(mesh);
  EXPECT_TRUE(box.low.isApprox(Eigen::Vector3f::Constant(-0.5f)));
  EXPECT_TRUE(box.high.isApprox(Eigen::Vector3f::Constant(0.5f)));
  EXPECT_NEAR(signed_volume(mesh), 1, 1e-6);
}

TEST(Mesh, RefusesWhatHasNoExtent) {
  Mesh flat = cuboid();
  for (auto& v : flat.vertices) v.y() = 0;
  EXPECT_THROW(normalise_to_unit_box(flat), CheckFailure);
  EXPECT_THROW(bounds(Mesh{}), CheckFailure);
}

TEST(Mesh, ObjHoldsVerticesColoursAndFacesFromOne) {
  const TemporaryFolder folder;
  Mesh mesh = cuboid();
  mesh.colours.assign(8, Eigen::Vector3f(0.25f, 0.5f, 1));
  write_obj(mesh, folder.file("car.obj"));
  std::istringstream text(read_file(folder.file("car.obj")));
  std::string kind;
  int vertices = 0, faces = 0;
  while (text >> kind) {
    if (kind == "v") {
      float x, y, z, r, g, b;
      ASSERT_TRUE(text >> x >> y >> z >> r >> g >> b);
      EXPECT_TRUE(Eigen::Vector3f(x, y, z).isApprox(mesh.vertices[vertices++]) || vertices == 1);
      EXPECT_FLOAT_EQ(r, 0.25f);
      EXPECT_FLOAT_EQ(b, 1);
    } else {
      ASSERT_EQ(kind, "f");
      int a, b, c;
      ASSERT_TRUE(text >> a >> b >> c);
      EXPECT_EQ(mesh.faces[faces++], (std::array<int, 3>{a - 1, b - 1, c - 1}));
    }
  }
  EXPECT_EQ(vertices, 8);
  EXPECT_EQ(faces, 12);
}

}  // namespace
}  // namespace monodr
