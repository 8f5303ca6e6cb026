// SPDX-License-Identifier: Apache-2.0
#include "methods/trained_prior.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "cell/small_cell.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class TrainedPrior : public testing::Test {
 protected:
  std::string path(const json& config) { return prior_path(config, registry_, cache_.path()); }

  /// How often training told of itself.
  int make(const json& config) {
    int told = 0;
    notes_.clear();
    make_trained_prior(
        config,
        registry_,
        cache_.path(),
        [&](const std::string& what, double) { told += what == "training mesh_autoencoder"; },
        [&](const std::string& text) { notes_.push_back(text); });
    return told;
  }

  Registry registry_{plugin_folders()};
  ScratchFolder cache_;
  std::vector<std::string> notes_;
};

TEST_F(TrainedPrior, IsNamedByAllThatGoesIntoItAndNothingElse) {
  const json config = small_config();
  json other = config;
  other["fit"]["iterations"] = 50;
  other["corpus"]["held_out"] = 4;  // of no influence on those that are trained on
  other["loss"]["mask"]["weight"] = 2.0;
  EXPECT_EQ(path(other), path(config));
  const std::vector<std::pair<const char*, json>> inputs = {
      {"/shape_prior/seed", 1},
      {"/shape_prior/latent_dims", 3},
      {"/shape_prior/mesh_autoencoder/steps", 3},
      {"/corpus/cars", 17}};
  std::set<std::string> paths{path(config)};
  for (const auto& [key, value] : inputs) {
    other = config;
    other[json::json_pointer(key)] = value;
    EXPECT_TRUE(paths.insert(path(other)).second) << key;
  }
  other["shape_prior"]["file"] = "my.prior";
  EXPECT_EQ(path(other), "my.prior");
}

TEST_F(TrainedPrior, CountsAsUsedWhereItIsTakenFromTheCache) {
  const json config = small_config();
  make(config);
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1000);
  fs::last_write_time(path(config), long_ago);
  EXPECT_EQ(make(config), 0);
  EXPECT_GT(fs::last_write_time(path(config)), long_ago) << "those unused for longest go first";
}

TEST_F(TrainedPrior, IsTrainedOnceAndReadBack) {
  const json config = small_config();
  EXPECT_GT(make(config), 0);
  const std::string bytes = read_file(path(config));
  EXPECT_EQ(make(config), 0);
  EXPECT_FALSE(fs::exists(path(config) + ".checkpoint"));
  const auto prior = load_shape_prior(config, registry_, cache_.path());
  EXPECT_GT(prior->shape_dimensions(), 0);
  const PriorRecord record = read_prior_record(path(config));
  EXPECT_EQ(record.plugin, "mesh_autoencoder");
  EXPECT_EQ(record.parameters.at("steps"), 2);
  EXPECT_EQ(corpus_request(record, cache_.path()).cars, 16);
  // Made anew where it has gone: the same weights.
  const TensorTable before = read_prior_file(path(config)).state;
  fs::remove(path(config));
  make(config);
  const TensorTable after = read_prior_file(path(config)).state;
  ASSERT_EQ(before.size(), after.size());
  for (const auto& [name, tensor] : before) EXPECT_TRUE(tensor.equal(after.at(name))) << name;
}

TEST_F(TrainedPrior, ACheckpointThatCannotBeReadCostsNoMoreThanItsTime) {
  const json config = small_config();
  fs::create_directories(fs::path(path(config)).parent_path());
  write_file_atomically(path(config) + ".checkpoint", "half a file");
  EXPECT_GT(make(config), 0);
  EXPECT_FALSE(fs::exists(path(config) + ".checkpoint"));
}

TEST_F(TrainedPrior, AFileOfOnesOwnMustBeWhatIsAskedFor) {
  json config = small_config();
  make(config);
  const std::string file = path(config);
  config["shape_prior"]["file"] = file;
  EXPECT_EQ(make(config), 0);
  config["shape_prior"]["latent_dims"] = 3;
  expect_says(message_of<UserError>([&] { make(config); }),
              {file, "latent_dims = 3 is asked for", "write latent_dims = "});
  config["shape_prior"]["latent_dims"] = 0;
  config["shape_prior"]["plugin"] = "tsdf_pca";
  expect_says(message_of<UserError>([&] { make(config); }),
              {"plugin = \"mesh_autoencoder\"", "plugin = \"tsdf_pca\" is asked for"});
}

}  // namespace
}  // namespace monodr
