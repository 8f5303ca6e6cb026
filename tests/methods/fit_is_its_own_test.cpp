// SPDX-License-Identifier: Apache-2.0
// The contract of the whole fit: what an object's fit gives is a matter of that object. The same bits alone, in any
// batch, in any order, on one thread and on two; with every prior, both renderers, each rule and way of sharing.
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <ostream>

#include "cell/data_request.h"
#include "cell/prepare.h"
#include "cell/small_cell.h"
#include "evidence/dataset.h"
#include "methods/method.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

using nlohmann::json;

struct Variant {
  std::string name;
  json changes;
  friend void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }
};

/// Every loss, pruning on the way, branches; few steps, because rounding shows after the first.
json whole_method() {
  json config = small_config();
  config.merge_patch(json::parse(R"({
    "dataset": {"objects": 7},
    "renderer": {"image_size": 48},
    "rule": {"plugin": "hindsight", "hindsight": {"from_step": 6}},
    "fit": {"iterations": 14, "hypotheses": 8, "prune_steps": [8], "prune_keep": [4]}})"));
  for (const char* loss : {"mask", "photometric", "depth", "bbox", "size", "code_prior"})
    config["loss"][loss] = {{"plugin", loss}, {"weight", 0.5}};
  return config;
}

std::string bytes_of(const FittedObject& object) {
  std::string bytes = object.frame + object.category + object.failure;
  const auto add = [&](const auto& values) {
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
  };
  const Box3d& box = object.box;
  add(std::vector<double>{box.height,
                          box.width,
                          box.length,
                          box.location.x(),
                          box.location.y(),
                          box.location.z(),
                          box.rotation_y,
                          object.alpha,
                          object.score,
                          object.loss,
                          object.agreement.value_or(-1)});
  for (const HeadingMode& mode : object.modes)
    add(std::vector<double>{
        mode.box.location.x(), mode.box.rotation_y, mode.alpha, mode.loss, mode.probability});
  add(object.heading_distribution);
  add(object.loss_terms);
  add(object.shape_code);
  add(object.texture_code);
  for (const auto& vertex : object.mesh.vertices)
    add(std::vector<float>(vertex.begin(), vertex.end()));
  for (const auto& colour : object.mesh.colours)
    add(std::vector<float>(colour.begin(), colour.end()));
  return bytes;
}

class FitIsItsOwn : public testing::TestWithParam<Variant> {
 protected:
  static void SetUpTestSuite() { cache_ = new ScratchFolder; }
  static void TearDownTestSuite() { delete cache_; }
  void TearDown() override { at::set_num_threads(threads_); }

  int threads_ = at::get_num_threads();
  static ScratchFolder* cache_;
};
ScratchFolder* FitIsItsOwn::cache_ = nullptr;

TEST_P(FitIsItsOwn, InAnyBatchInAnyOrderOnAnyThreads) {
  json config = whole_method();
  config.merge_patch(GetParam().changes);
  Registry registry(plugin_folders());
  prepare(
      config,
      registry,
      cache_->path(),
      [](const std::string&, double) {},
      [](const std::string&) {});
  const ObservationSet all =
      load_observations(data_request(cell_settings(config), 3, cache_->path()));
  const size_t count = all.observations.size();
  ASSERT_GE(count, 5u);
  const auto method = make_method(config, registry, cache_->path());
  const auto fits_of = [&](const std::vector<size_t>& chosen) {
    ObservationSet set = all;
    set.observations.clear();
    for (const size_t i : chosen) set.observations.push_back(all.observations[i]);
    std::vector<std::string> fits;
    for (const FittedObject& object : method->detect(set, [](double) {}).objects)
      fits.push_back(bytes_of(object));
    return fits;
  };

  at::set_num_threads(1);
  std::vector<size_t> everyone(count);
  std::iota(everyone.begin(), everyone.end(), size_t{0});
  const std::vector<std::string> together = fits_of(everyone);
  ASSERT_EQ(together.size(), count);
  const auto expect_same = [&](const std::vector<size_t>& chosen, const char* how) {
    const std::vector<std::string> fits = fits_of(chosen);
    for (size_t i = 0; i < chosen.size(); ++i)
      EXPECT_TRUE(fits[i] == together[chosen[i]]) << "object " << chosen[i] << " " << how;
  };
  for (size_t i = 0; i < count; ++i) expect_same({i}, "alone");
  expect_same({everyone.rbegin(), everyone.rend()}, "in the reverse order");
  expect_same({4, 1}, "in a pair");
  at::set_num_threads(2);
  expect_same(everyone, "on two threads");
  expect_same({3}, "alone on two threads");
}

INSTANTIATE_TEST_SUITE_P(
    Parts,
    FitIsItsOwn,
    testing::Values(
        Variant{"mesh_autoencoder", json::object()},
        Variant{"tsdf_pca", {{"shape_prior", {{"plugin", "tsdf_pca"}}}}},
        Variant{"tsdf_autoencoder",
                {{"shape_prior",
                  {{"plugin", "tsdf_autoencoder"}, {"tsdf_autoencoder", {{"epochs", 2}}}}}}},
        Variant{"deep_sdf",
                {{"shape_prior", {{"plugin", "deep_sdf"}, {"deep_sdf", {{"steps", 5}}}}}}},
        Variant{"neural_mesh_renderer", {{"renderer", {{"plugin", "neural_mesh_renderer"}}}}},
        Variant{"soft_hindsight", {{"rule", {{"plugin", "soft_hindsight"}}}}},
        Variant{"explore",
                {{"fit",
                  {{"explore_every", 4},
                   {"explore_trial_steps", 3},
                   {"hypotheses", 2},
                   {"prune_steps", json::array()},
                   {"prune_keep", json::array()}}}}},
        Variant{"chamfer_and_ground_plane",
                {{"loss",
                  {{"chamfer", {{"plugin", "chamfer"}, {"weight", 0.5}}},
                   {"ground_plane", {{"plugin", "ground_plane"}, {"weight", 0.5}}}}}}},
        Variant{"shared", {{"fit", {{"share", "all_but_heading"}}}}},
        Variant{
            "central_differences",
            {{"fit",
              {{"gradient", "central_differences"}, {"iterations", 3}, {"prune_steps", {1}}}}}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace monodr
