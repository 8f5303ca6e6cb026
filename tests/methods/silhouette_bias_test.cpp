// SPDX-License-Identifier: Apache-2.0
//
// A blurred silhouette is larger than its object, so that an object whose silhouette is fitted to an exact mask ends too
// far away. With the renderer and the mask loss of experiments/base.toml it must come back to its range.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "cell/small_cell.h"
#include "corpus/parametric_car.h"
#include "experiment/spec.h"
#include "fitting/box_prior.h"
#include "fitting/fit.h"
#include "fitting/observation_batch.h"
#include "geometry/mesh.h"
#include "plugin/registry.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

constexpr int kSize = 64;

/// A shape prior with one shape.
class OneShape : public BoxPrior {
 public:
  explicit OneShape(const Mesh& mesh) {
    std::vector<float> vertices;
    for (const Eigen::Vector3f& v : mesh.vertices)
      vertices.insert(vertices.end(), {v.x(), v.y(), v.z()});
    std::vector<int64_t> faces;
    for (const std::array<int, 3>& face : mesh.faces)
      faces.insert(faces.end(), face.begin(), face.end());
    vertices_ = at::tensor(vertices).view({1, -1, 3});
    faces_ = at::tensor(faces).view({-1, 3});
  }
  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    const int64_t count = shape_code.size(0), points = vertices_.size(1);
    DecodedShape shape;
    shape.vertices = vertices_.expand({count, points, 3}) + 0 * shape_code.sum(1).view({-1, 1, 1});
    shape.faces = faces_;
    shape.colours = texture_code.unsqueeze(1).expand({count, points, 3});
    return shape;
  }

 private:
  at::Tensor vertices_, faces_;
};

/// A sphere of latitudes and longitudes in the unit box.
Mesh sphere(int rings, int sides) {
  Mesh mesh;
  const auto add = [&](double polar, double around) {
    mesh.vertices.emplace_back(0.5 * std::sin(polar) * std::cos(around),
                               -0.5 * std::cos(polar),
                               0.5 * std::sin(polar) * std::sin(around));
  };
  add(0, 0);
  for (int r = 1; r < rings; ++r)
    for (int s = 0; s < sides; ++s) add(M_PI * r / rings, 2 * M_PI * s / sides);
  add(M_PI, 0);
  const int last = static_cast<int>(mesh.vertices.size()) - 1;
  const auto at = [&](int ring, int side) { return 1 + (ring - 1) * sides + side % sides; };
  for (int s = 0; s < sides; ++s) {
    mesh.faces.push_back({0, at(1, s), at(1, s + 1)});
    for (int r = 1; r + 1 < rings; ++r) {
      mesh.faces.push_back({at(r, s), at(r + 1, s), at(r + 1, s + 1)});
      mesh.faces.push_back({at(r, s), at(r + 1, s + 1), at(r, s + 1)});
    }
    mesh.faces.push_back({last, at(rings - 1, s + 1), at(rings - 1, s)});
  }
  if (signed_volume(mesh) < 0)
    for (std::array<int, 3>& face : mesh.faces) std::swap(face[1], face[2]);
  return mesh;
}

/// What base.toml says in the table `table` of a plugin of this schema.
Parameters base_parameters(const ParameterSchema& schema, const std::string& table) {
  const ScratchFolder folder;
  const std::string file = folder.path() + "/e.toml";
  std::ofstream(file)
      << "extends = [\"base.toml\"]\n[experiment]\nname = \"e\"\nquestion = \"?\"\n";
  const Experiment experiment = load_experiment(file, {});
  std::map<std::string, GivenValue> given;
  for (const Parameter& parameter : schema) {
    const auto said = experiment.settings.find(table + "." + parameter.name);
    if (said != experiment.settings.end()) given[parameter.name] = said->second;
  }
  return Parameters(schema, given, table);
}

/// One shape at 15 m whose mask is exact: 1 where a pixel's centre is inside.
class ExactMask : public testing::Test {
 protected:
  const ParameterSchema& schema(PluginKind kind, const std::string& name) {
    return registry_.find(kind, name).info.parameters;
  }

  static HypothesisBatch pose_of(const Box3d& box) {
    const auto number = [](double value) { return at::full({1}, value, at::kFloat); };
    HypothesisBatch pose;
    pose.location = at::stack(
        {number(box.location.x()), number(box.location.y()), number(box.location.z())}, 1);
    pose.dimensions = at::stack({number(box.height), number(box.width), number(box.length)}, 1);
    pose.rotation_y = number(box.rotation_y);
    pose.pitch = pose.roll = number(0);
    return pose;
  }

  Observation observe(const OneShape& prior, const Box3d& box) {
    const DecodedShape shape = prior.decode(at::zeros({1, 2}), at::zeros({1, 3}));
    const at::Tensor vertices = pose_vertices(shape.vertices, pose_of(box));
    Observation o;
    o.camera = {{721.5, 721.5, 609.6, 172.9}, {0, 0, 0}, 1242, 375};
    const at::Tensor u = vertices.select(2, 0) / vertices.select(2, 2) * 721.5 + 609.6;
    const at::Tensor v = vertices.select(2, 1) / vertices.select(2, 2) * 721.5 + 172.9;
    o.box = {u.min().item<double>(),
             v.min().item<double>(),
             u.max().item<double>(),
             v.max().item<double>()};
    o.crop = crop_around(o.box, 1.3, kSize);
    o.image.assign(3 * kSize * kSize, 0.4F);
    o.known.assign(kSize * kSize, 1);
    o.depth.assign(kSize * kSize, 0);
    o.mask.assign(kSize * kSize, 0);
    RenderRequest request;
    request.channels = {true, false, false};
    request.height = request.width = kSize;
    const at::Tensor intrinsics =
        make_observation_batch({o}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1}).intrinsics;
    const Rendering seen =
        sharp_->render({vertices, shape.faces, shape.colours, intrinsics}, request);
    const at::Tensor mask = (seen.silhouette > 0.5).to(at::kFloat).contiguous();
    std::copy_n(mask.data_ptr<float>(), mask.numel(), o.mask.begin());
    return o;
  }

  /// Range found less range, metres; the box's size is known, its place and heading are not.
  double error(const Mesh& mesh, const Box3d& box) {
    const auto prior = std::make_shared<OneShape>(mesh);
    FitSettings settings;
    settings.size_mean = {box.height, box.width, box.length};
    settings.size_deviation = {0.1, 0.1, 0.1};
    settings.rates.size = 0;
    settings.hypotheses = 1;
    settings.prune_steps = settings.prune_keep = {};
    const double alpha = box.rotation_y - std::atan2(box.location.x(), box.location.z());
    settings.first_heading = (alpha + 0.2) * 180 / M_PI;
    const Objective objective(prior, renderer_, {{"mask", 1, mask_}});
    const FitResult found =
        fit_objects({observe(*prior, box)}, objective, *mean_, settings, HeadingInitialiser());
    EXPECT_EQ(found.objects[0].failure, "");
    return found.objects[0].box.location.norm() - box.location.norm();
  }

  static GivenValue number(double value) { return {value, {}, {}}; }

  Registry registry_{plugin_folders()};
  const ParameterSchema schema_ = schema(PluginKind::renderer, "soft_rasterizer");
  std::shared_ptr<const Renderer> renderer_ = registry_.make<Renderer>(
      "soft_rasterizer", base_parameters(schema_, "renderer.soft_rasterizer"));
  std::shared_ptr<const Renderer> sharp_ = registry_.make<Renderer>(
      "soft_rasterizer",
      Parameters(schema_, {{"sigma", number(1e-9)}, {"sigma_start", number(1e-9)}}, "sharp"));
  std::shared_ptr<const Loss> mask_ =
      registry_.make<Loss>("mask", base_parameters(schema(PluginKind::loss, "mask"), "loss.mask"));
  std::shared_ptr<const Rule> mean_ =
      registry_.make<Rule>("mean", Parameters(schema(PluginKind::rule, "mean")));
};

Box3d box_at(int place, double height, double width, double length) {
  Box3d box;
  box.location = {-3 + 0.53 * place, 1.65, 15 + 0.013 * place};
  box.height = height;
  box.width = width;
  box.length = length;
  box.rotation_y = 0.1 + 0.52 * place;
  return box;
}

TEST_F(ExactMask, GivesBackTheRangeOfASphere) {
  const Mesh mesh = sphere(24, 48);
  double mean = 0;
  for (int place = 0; place < 12; ++place) {
    const double found = error(mesh, box_at(place, 1.7, 1.7, 1.7));
    EXPECT_NEAR(found, 0, 0.04);  // the pixels of one mask leave as much open
    mean += found / 12;
  }
  EXPECT_NEAR(mean, 0, 0.02);
}

TEST_F(ExactMask, GivesBackTheRangeOfACar) {
  Random random(7, "cars", 0);
  double mean = 0;
  for (int place = 0; place < 12; ++place) {
    Mesh mesh = car_mesh(random_car(random)).mesh;
    normalise_to_unit_box(mesh);
    const double found = error(mesh, box_at(place, 1.5, 1.6, 3.9));
    EXPECT_NEAR(found, 0, 0.1);  // some of the range goes with the heading, which is free
    mean += found / 12;
  }
  EXPECT_NEAR(mean, 0, 0.02);
}

}  // namespace
}  // namespace monodr
