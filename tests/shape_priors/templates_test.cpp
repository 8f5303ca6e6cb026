// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "plugin/contract.h"
#include "plugin/decoded_mesh.h"
#include "trained_prior.h"

namespace monodr {
namespace {

std::unique_ptr<ShapePrior> make(std::int64_t latent_dims) {
  const PluginInfo& info = test::registry().find(PluginKind::shape_prior, "templates").info;
  return test::registry().make<ShapePrior>(
      "templates",
      Parameters(info.parameters, {{"latent_dims", {latent_dims, {}, {}}}}, "shape_prior"));
}

Mesh decoded(const ShapePrior& prior, int shape) {
  at::Tensor code = at::zeros({1, prior.shape_dimensions()});
  if (shape > 0) code[0][shape - 1] = 1;
  return mesh_of(prior.decode(code, at::zeros({1, 3})), 0);
}

TEST(Templates, KeepTheContract) {
  const ContractReport report = check_shape_prior_contract(test::registry(), "templates");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(Templates, AreMeshesOfTheCorpusAllDifferent) {
  const std::vector<CorpusItem> corpus = test::training_cars();
  const auto prior = make(3);
  prior->train(corpus, {});
  std::vector<size_t> found;
  for (int shape = 0; shape < 4; ++shape) {
    const Mesh mesh = decoded(*prior, shape);
    for (size_t i = 0; i < corpus.size(); ++i)
      if (corpus[i].mesh.vertices == mesh.vertices && corpus[i].mesh.faces == mesh.faces)
        found.push_back(i);
  }
  ASSERT_EQ(found.size(), 4u);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(std::unique(found.begin(), found.end()), found.end());
}

TEST(Templates, ASingleMeshIsTakenAsItIs) {
  Mesh open = test::training_cars().front().mesh;
  open.faces.pop_back();  // no closed body
  open.colours.clear();
  const auto prior = make(0);
  prior->train({{"mine", open}}, {});
  EXPECT_EQ(prior->shape_dimensions(), 0);
  const Mesh mesh = decoded(*prior, 0);
  EXPECT_EQ(mesh.vertices, open.vertices);
  EXPECT_EQ(mesh.faces, open.faces);
}

TEST(Templates, AsManyAsAskedForOrARefusal) {
  try {
    make(3)->train({test::training_cars().front()}, {});
    FAIL() << "four templates of one mesh";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("only 1 meshes"), std::string::npos) << error.what();
  }
}

TEST(Templates, TakeOnTheColourOfAPaint) {
  const auto prior = make(0);
  prior->train({test::training_cars().front()}, {});
  const auto mean_of = [&](const at::Tensor& code) {
    return prior->decode(at::zeros({1, 0}), code).colours.mean(1);
  };
  const at::Tensor own = mean_of(at::zeros({1, 3}));
  const at::Tensor paint = own + at::tensor({0.05F, 0.0F, -0.05F});
  EXPECT_LT((mean_of(prior->texture_from_paint(paint)) - paint).abs().max().item<double>(), 0.03);
}

}  // namespace
}  // namespace monodr
