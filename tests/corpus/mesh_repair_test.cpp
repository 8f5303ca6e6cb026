// SPDX-License-Identifier: Apache-2.0
//
// Round trips: a clean parametric car is spoilt as CAD files are, repaired, and must be what it
// was.
#include "corpus/mesh_repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "corpus/corpus.h"
#include "corpus/parametric_car.h"
#include "geometry/mesh_file.h"
#include "geometry/occupancy.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

Mesh clean_car(BodyKind kind, int index, bool mirrors = false) {
  Random random(31, "car to be spoilt", index);
  CarParameters parameters = random_car(random, kind);
  parameters.mirrors = mirrors;
  return car_mesh(parameters).mesh;
}

Mesh canonical(Mesh mesh) {
  normalise_to_unit_box(mesh);
  return mesh;
}

void transform(Mesh& mesh,
               const Eigen::Matrix3f& matrix,
               const Eigen::Vector3f& shift = {0, 0, 0}) {
  for (auto& v : mesh.vertices) v = (matrix * v + shift).eval();
}

Eigen::Matrix3f rows(const Eigen::Vector3f& a, const Eigen::Vector3f& b, const Eigen::Vector3f& c) {
  Eigen::Matrix3f m;
  m << a.transpose(), b.transpose(), c.transpose();
  return m;
}

// The file's axes in the object's (x forward, y down, z left): y up and -z forward, as in ShapeNet;
// z up and y forward; z up and -x forward.
const Eigen::Matrix3f kShapeNet = rows({0, 0, -1}, {0, -1, 0}, {-1, 0, 0}),
                      kZUp = rows({0, 0, -1}, {1, 0, 0}, {0, -1, 0}),
                      kZUpBackward = rows({-1, 0, 0}, {0, 0, -1}, {0, -1, 0});

void split_corners(Mesh& mesh) {
  Mesh split;
  for (const auto& f : mesh.faces) {
    const int first = static_cast<int>(split.vertices.size());
    for (const int v : f) {
      split.vertices.push_back(mesh.vertices[v]);
      split.colours.push_back(mesh.colours[v]);
    }
    split.faces.push_back({first, first + 1, first + 2});
  }
  mesh = split;
}

void add_box(Mesh& mesh, const Eigen::Vector3f& low, const Eigen::Vector3f& high) {
  const int first = static_cast<int>(mesh.vertices.size());
  for (int i = 0; i < 8; ++i) {
    mesh.vertices.emplace_back(
        i & 1 ? high.x() : low.x(), i & 2 ? high.y() : low.y(), i & 4 ? high.z() : low.z());
    mesh.colours.emplace_back(0, 1, 0);
  }
  const int quads[6][4] = {
      {0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
  for (const auto& q : quads) {
    mesh.faces.push_back({first + q[0], first + q[1], first + q[2]});
    mesh.faces.push_back({first + q[0], first + q[2], first + q[3]});
  }
}

void drop_faces(Mesh& mesh, double share, std::uint64_t seed) {
  Random random(seed, "holes", 0);
  std::erase_if(mesh.faces, [&](const auto&) { return random.chance(share); });
}

// Each face becomes four.
void subdivide(Mesh& mesh) {
  std::map<std::pair<int, int>, int> middles;
  const auto middle = [&](int a, int b) {
    const auto [found, is_new] =
        middles.emplace(std::minmax(a, b), static_cast<int>(mesh.vertices.size()));
    if (is_new) {
      mesh.vertices.emplace_back((mesh.vertices[a] + mesh.vertices[b]) / 2);
      mesh.colours.emplace_back((mesh.colours[a] + mesh.colours[b]) / 2);
    }
    return found->second;
  };
  std::vector<std::array<int, 3>> faces;
  for (const auto& [a, b, c] : mesh.faces) {
    const int ab = middle(a, b), bc = middle(b, c), ca = middle(c, a);
    faces.insert(faces.end(), {{a, ab, ca}, {ab, b, bc}, {ca, bc, c}, {ab, bc, ca}});
  }
  mesh.faces = faces;
}

struct Spoiling {
  const char* name;
  std::function<void(Mesh&)> spoil;
};

std::ostream& operator<<(std::ostream& stream, const Spoiling& spoiling) {
  return stream << spoiling.name;
}

class SpoiltCar : public testing::TestWithParam<Spoiling> {};

TEST_P(SpoiltCar, IsRepaired) {
  const Mesh car = clean_car(BodyKind::hatchback, 1);
  Mesh spoilt = car;
  GetParam().spoil(spoilt);
  const RepairedMesh repaired = repair_mesh(spoilt, parametric_car_category());
  EXPECT_TRUE(is_watertight(repaired.mesh));
  EXPECT_GT(signed_volume(repaired.mesh), 0.3);
  const MeshBounds box = bounds(repaired.mesh);
  EXPECT_LT((box.high - Eigen::Vector3f::Constant(0.5F)).cwiseAbs().maxCoeff(), 1e-5F);
  EXPECT_LT((box.low + Eigen::Vector3f::Constant(0.5F)).cwiseAbs().maxCoeff(), 1e-5F);
  // Turned the wrong way round a hatchback overlaps itself by 0.85 only.
  EXPECT_GT(volumetric_iou(repaired.mesh, canonical(car)), 0.96)
      << ::testing::PrintToString(repaired.faults.sentences());
  EXPECT_FALSE(repaired.faults.sentences().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Ways,
    SpoiltCar,
    testing::Values(Spoiling{"inches and ShapeNet's axes",
                             [](Mesh& m) {
                               transform(m, kShapeNet / 0.0254F, {100, 0, 7});
                             }},
                    Spoiling{"z up, no colours",
                             [](Mesh& m) {
                               transform(m, kZUp);
                               m.colours.clear();
                             }},
                    Spoiling{"doubled faces, every third turned",
                             [](Mesh& m) {
                               m.faces.insert(m.faces.end(), m.faces.begin(), m.faces.end());
                               for (size_t f = 0; f < m.faces.size(); f += 3)
                                 std::swap(m.faces[f][0], m.faces[f][1]);
                             }},
                    Spoiling{"three in a hundred faces missing, corners not shared",
                             [](Mesh& m) {
                               drop_faces(m, 0.03, 4);
                               split_corners(m);
                             }},
                    Spoiling{"seats and an engine inside",
                             [](Mesh& m) {
                               add_box(m, {-0.6F, -0.3F, -0.5F}, {0.2F, 0.3F, 0.5F});
                               add_box(m, {0.9F, 0, -0.4F}, {1.5F, 0.3F, 0.4F});
                               transform(m, kZUpBackward * 1000);
                             }}),
    [](const auto& info) { return "N" + std::to_string(info.index); });

TEST(MeshRepair, OfAHundredThousandFacesWithEveryFault) {
  const Mesh car = clean_car(BodyKind::estate, 5);
  Mesh spoilt = car;
  subdivide(spoilt);
  subdivide(spoilt);
  drop_faces(spoilt, 0.02, 6);
  add_box(spoilt, {-0.6F, -0.3F, -0.5F}, {0.2F, 0.3F, 0.5F});
  const auto copies = static_cast<std::ptrdiff_t>(spoilt.faces.size() / 10);
  spoilt.faces.insert(spoilt.faces.end(), spoilt.faces.begin(), spoilt.faces.begin() + copies);
  for (size_t f = 0; f < spoilt.faces.size(); f += 3)
    std::swap(spoilt.faces[f][0], spoilt.faces[f][1]);
  split_corners(spoilt);
  transform(spoilt, kZUp * 1000, {5e4F, -7e3F, 200});
  ASSERT_GT(spoilt.faces.size(), 100000U);

  const RepairedMesh repaired = repair_mesh(spoilt, parametric_car_category());
  EXPECT_TRUE(is_watertight(repaired.mesh));
  EXPECT_GT(signed_volume(repaired.mesh), 0.3);
  EXPECT_GT(volumetric_iou(repaired.mesh, canonical(car)), 0.95)
      << ::testing::PrintToString(repaired.faults.sentences());
  EXPECT_GT(repaired.faults.open_edges, 1000U);
  EXPECT_GT(repaired.faults.doubled_faces, 9000U);
  EXPECT_EQ(repaired.faults.axes.up_in_file(), "+z");
}

TEST(MeshRepair, CutsMirrorsOff) {
  const Mesh without = clean_car(BodyKind::sedan, 2);
  const float half = bounds(without).high.z();
  Mesh with = without;
  for (const float side : {-1.F, 1.F}) {
    const float inner = side * (half - 0.1F), outer = side * (half + 0.15F);
    add_box(with, {0.5F, -0.2F, std::min(inner, outer)}, {0.65F, -0.05F, std::max(inner, outer)});
  }
  const RepairedMesh repaired = repair_mesh(with, parametric_car_category());
  EXPECT_NEAR(repaired.faults.trimmed_width, 0.15F / (half + 0.15F), 0.04);
  EXPECT_GT(volumetric_iou(repaired.mesh, canonical(without)), 0.96);
}

TEST(MeshRepair, KeepsColoursInTheirPlaces) {
  Mesh car = clean_car(BodyKind::sedan, 3);
  transform(car, kZUp);
  for (size_t v = 0; v < car.vertices.size(); ++v)
    car.colours[v] =
        car.vertices[v].y() > 0 ? Eigen::Vector3f(0.8F, 0, 0) : Eigen::Vector3f(0, 0, 0.8F);
  const Mesh mesh = repair_mesh(car, parametric_car_category()).mesh;
  for (size_t v = 0; v < mesh.vertices.size(); ++v)
    if (std::abs(mesh.vertices[v].x()) > 0.1F) {
      EXPECT_GT(mesh.colours[v][mesh.vertices[v].x() > 0 ? 0 : 2], 0.3F);
    }
}

TEST(MeshRepair, FindsTheAxesOfEveryKindWhicheverWayItStands) {
  const std::array<Eigen::Matrix3f, 3> turns = {kShapeNet, kZUp, kZUpBackward};
  for (int kind = 0; kind < body_kind_count; ++kind) {
    Mesh car = clean_car(static_cast<BodyKind>(kind), 40 + kind, true);
    const Eigen::Matrix3f& turn = turns[kind % 3];
    transform(car, turn);
    const CarAxes axes = find_car_axes(enclose(car, 64));
    EXPECT_TRUE(axes.rotation.isApprox(turn.transpose())) << to_string(static_cast<BodyKind>(kind));
    EXPECT_GT(axes.up_margin, 0.02);
    EXPECT_GT(axes.forward_margin, 0.02) << to_string(static_cast<BodyKind>(kind));
    EXPECT_GT(axes.symmetry, 0.9);
  }
}

TEST(MeshRepair, RefusesWhatIsNoCar) {
  Mesh block;
  add_box(block, {0, 0, 0}, {1, 1, 1});
  EXPECT_THROW(repair_mesh(block, parametric_car_category()), UserError);
  Mesh sheet;
  add_box(sheet, {0, 0, 0}, {1, 1, 0});
  EXPECT_THROW(repair_mesh(sheet, parametric_car_category()), UserError);
}

TEST(MeshRepair, OfRealModels) {
  const std::string folder = shared_file("meshes");
  if (folder.empty()) GTEST_SKIP() << "no ../shared/meshes";
  const struct {
    const char* name;
    const char* forward;
  } models[] = {{"hatchback.obj", "-y"}, {"suv.obj", "+y"}};
  for (const auto& model : models) {
    const RepairedMesh repaired =
        repair_mesh(read_mesh(folder + "/" + model.name), parametric_car_category());
    EXPECT_EQ(repaired.faults.axes.up_in_file(), "+z") << model.name;
    EXPECT_EQ(repaired.faults.axes.forward_in_file(), model.forward) << model.name;
    EXPECT_TRUE(is_watertight(repaired.mesh));
    EXPECT_GT(repaired.faults.trimmed_width, 0.05) << "both have mirrors";
  }
}

TEST(Corpus, OfAFolderIsRepairedSplitAndReportedOn) {
  const ScratchFolder folder;
  for (int i = 0; i < 11; ++i) {
    const std::string path =
        folder / fmt::format("cars/02958343/{:02}/models/model_normalized.obj", i);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    // Three cars under eleven names: what is the same is repaired once.
    Mesh car = clean_car(static_cast<BodyKind>(i % 3), 60 + i % 3);
    transform(car, kShapeNet);
    write_obj(car, path);
  }
  folder.write("cars/broken.off", "OFF\n3 1 0\n0 0 0\n");
  folder.write("cars/readme.txt", "no mesh");
  CorpusRequest options;
  options.root = folder / "cars";
  options.category = parametric_car_category();
  options.cache = folder / "cache";
  const Corpus first = make_corpus(options, [](double) {});
  EXPECT_EQ(first.training.size(), 10U);
  ASSERT_EQ(first.held_out.size(), 1U);
  ASSERT_EQ(first.reports.size(), 12U);
  int left_out = 0;
  for (const MeshReport& report : first.reports) left_out += !report.taken;
  EXPECT_EQ(left_out, 1);
  EXPECT_EQ(first.reports.back().name, "broken.off");
  expect_says(first.reports[0].findings[0], {"up is +y", "forward -z"});

  // A second time from the cache, the same; a changed file has another fingerprint.
  const std::string before = corpus_fingerprint(options);
  const Corpus again = make_corpus(options, [](double) {});
  EXPECT_EQ(again.held_out[0].name, first.held_out[0].name);
  EXPECT_EQ(again.training[3].mesh.faces, first.training[3].mesh.faces);
  EXPECT_EQ(again.reports[0].findings, first.reports[0].findings);
  EXPECT_EQ(corpus_fingerprint(options), before);
  folder.write("cars/another.off", "OFF\n");
  EXPECT_NE(corpus_fingerprint(options), before);
}

TEST(Corpus, AnEntryOfTheCacheIsAllThatWentIntoIt) {
  const ScratchFolder folder;
  Mesh car = clean_car(BodyKind{}, 60);
  car.colours.clear();
  transform(car, kShapeNet);
  // Eight of one shape, whose materials lie beside them: red in even folders, blue in odd ones.
  for (int i = 0; i < 8; ++i) {
    const std::string name = fmt::format("cars/{}/", i);
    std::filesystem::create_directories(folder / name);
    folder.write(name + "car.mtl", i % 2 == 0 ? "newmtl m\nKd 1 0 0\n" : "newmtl m\nKd 0 0 1\n");
    folder.write(name + "car.obj", "mtllib car.mtl\nusemtl m\n" + format_obj(car));
  }
  folder.write("cars/mended.off", "");
  std::filesystem::create_directory_symlink(folder / "cars/0", folder / "cars/link");
  const auto read = [&] {
    return read_mesh_folder(
        folder / "cars", parametric_car_category(), folder / "cache", [](double) {});
  };
  for (int run = 0; run < 2; ++run) {
    const MeshFolder meshes = read();
    ASSERT_EQ(meshes.items.size(), 8U) << "two threads that write one entry do not harm each other";
    EXPECT_EQ(meshes.reports.back().findings[0].find("cache"), std::string::npos);
    for (size_t i = 0; i < 8; ++i) {
      const Eigen::Vector3f& colour = meshes.items[i].mesh.colours.at(0);
      EXPECT_EQ(colour.x() > colour.z(), i % 2 == 0) << i;
    }
  }
  std::filesystem::remove(folder / "cars/7/car.mtl");
  EXPECT_THAT(join(read().reports.at(7).findings, "; "),
              testing::HasSubstr("its material library 'car.mtl' is not there"));
  // A refusal is not kept: what is mended is taken.
  std::string off = fmt::format("OFF\n{} {} 0\n", car.vertices.size(), car.faces.size());
  for (const auto& v : car.vertices) off += fmt::format("{} {} {}\n", v.x(), v.y(), v.z());
  for (const auto& f : car.faces) off += fmt::format("3 {} {} {}\n", f[0], f[1], f[2]);
  folder.write("cars/mended.off", off);
  EXPECT_EQ(read().items.size(), 9U);
  // A damaged entry is made anew.
  for (const auto& entry : std::filesystem::directory_iterator(folder / "cache/meshes"))
    folder.write("cache/meshes/" + entry.path().filename().string(), "# [");
  EXPECT_EQ(read().items.size(), 9U);
}

TEST(Corpus, OfParametricCarsKeepsHeldOutAndSceneCarsOutOfTheTraining) {
  CorpusRequest options;
  options.cars = 60;
  options.held_out = 30;
  const Corpus corpus = make_corpus(options, [](double) {});
  EXPECT_EQ(corpus.training.size(), 60U);
  EXPECT_EQ(corpus.held_out.size(), 30U);
  const auto shape = [](const Mesh& mesh) {
    std::vector<float> numbers;
    for (const auto& v : mesh.vertices) numbers.insert(numbers.end(), v.data(), v.data() + 3);
    return numbers;
  };
  std::set<std::vector<float>> trained;
  for (const CorpusItem& item : corpus.training) trained.insert(shape(item.mesh));
  EXPECT_EQ(trained.size(), 60U);
  for (const CorpusItem& item : corpus.held_out) EXPECT_EQ(trained.count(shape(item.mesh)), 0U);
  // Cars of scenes are drawn from streams of other names, whatever their seeds.
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    for (int i = 0; i < 20; ++i) {
      Random random(seed, "scene", i);
      CarParameters parameters = random_car(random);
      parameters.mirrors = false;
      EXPECT_EQ(trained.count(shape(canonical(car_mesh(parameters).mesh))), 0U);
    }
}

// Another class needs no likeness to cars: its category says how its meshes stand.
TEST(MeshRepair, AxesThatTheCategoryStatesTurnAMeshOfAnyShape) {
  // A wedge, high at its front end, as a file with z up and y forward has it: 2 long, 1 high, 0.5 wide.
  Mesh wedge;
  for (const float x : {-0.25F, 0.25F})
    for (const auto& [y, z] : {std::pair{-1.F, 0.F}, {1.F, 0.F}, {1.F, 1.F}})
      wedge.vertices.emplace_back(x, y, z);
  wedge.faces = {
      {0, 2, 1}, {3, 4, 5}, {0, 1, 4}, {0, 4, 3}, {1, 2, 5}, {1, 5, 4}, {2, 0, 3}, {2, 3, 5}};
  CategoryModel ramp = parametric_car_category();
  EXPECT_THROW(repair_mesh(wedge, ramp), UserError) << "it looks like no car";
  ramp.name = "Ramp";
  ramp.size_mean = {1, 0.5, 2};
  ramp.mesh_axes = "+z +y";
  const RepairedMesh repaired = repair_mesh(wedge, ramp);
  EXPECT_EQ(repaired.faults.axes.up_in_file(), "+z");
  EXPECT_EQ(repaired.faults.axes.forward_in_file(), "+y");
  EXPECT_NEAR(repaired.faults.length, 2, 0.05);
  EXPECT_EQ(repaired.faults.unit, "m") << "by the class's length";
  EXPECT_NEAR(repaired.faults.axes.rotation.determinant(), 1, 1e-6);
  // Canonical: x forward, y down; full at the front, empty at the rear's top.
  float front_top = 1, rear_top = 1;
  for (const Eigen::Vector3f& v : repaired.mesh.vertices) {
    if (v.x() > 0.4F) front_top = std::min(front_top, v.y());
    if (v.x() < -0.4F) rear_top = std::min(rear_top, v.y());
  }
  EXPECT_LT(front_top, -0.4F);
  EXPECT_GT(rear_top, 0.3F);
}

TEST(MeshCorpus, MeshesOfOtherAxesAreOtherMeshes) {
  const TemporaryFolder folder;
  write_file_atomically(folder.file("a.obj"), "v 0 0 0\n");
  CorpusRequest options;
  options.root = folder.path();
  options.category = parametric_car_category();
  const std::string cars = corpus_fingerprint(options);
  options.category.mesh_axes = "+z +y";
  EXPECT_NE(cars, corpus_fingerprint(options));
}

}  // namespace
}  // namespace monodr
