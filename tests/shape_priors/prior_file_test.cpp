// SPDX-License-Identifier: Apache-2.0
#include "plugin/prior_file.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.h"
#include "shape_priors/trained_prior.h"

namespace monodr {
namespace {

class PriorFileOnDisk : public testing::Test {
 protected:
  PriorFileOnDisk()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("monodr_prior_file_{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "car.prior";
    test::save_trained_prior(path_);
  }
  ~PriorFileOnDisk() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // The message with which the file is refused.
  std::string refusal() {
    try {
      load_prior(path_, test::registry());
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find(path_), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "the file was taken";
    return "";
  }

  void rewrite(const std::string& from, const std::string& to) {
    std::string content = read_file(path_);
    const size_t at = content.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_file_atomically(path_, content.replace(at, from.size(), to));
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(PriorFileOnDisk, GivesBackTheSameBits) {
  const auto loaded = load_prior(path_, test::registry());
  const at::Tensor shape = at::full({2, 8}, 0.7), texture = at::full({2, 4}, -0.3);
  const DecodedShape before = test::trained_prior().decode(shape, texture);
  const DecodedShape after = loaded->decode(shape, texture);
  EXPECT_TRUE(at::equal(before.vertices, after.vertices));
  EXPECT_TRUE(at::equal(before.colours, after.colours));
  EXPECT_TRUE(at::equal(before.faces, after.faces));
  const at::Tensor paint = at::full({1, 3}, 0.4);
  EXPECT_TRUE(at::equal(test::trained_prior().texture_from_paint(paint),
                        loaded->texture_from_paint(paint)));
}

TEST_F(PriorFileOnDisk, KeepsTheRecordAndWritesTheSameBytesAgain) {
  PriorFile file = read_prior_file(path_);
  EXPECT_EQ(file.record.plugin, "mesh_autoencoder");
  EXPECT_EQ(file.record.parameters.at("template_grid"), 10);
  EXPECT_EQ(file.record.seed, 0U);
  file.record.corpus = {{"fingerprint", "abc"}};
  file.record.curve = {{0.25, 1.5}, {1, 0.125}};
  file.state["a_double"] = at::full({2, 3}, 0.1, at::kDouble);
  file.state["an_integer"] = at::full({}, 7, at::kLong);
  const std::string first = folder_ / "first.prior", second = folder_ / "second.prior";
  write_prior_file(first, file.record, file.state);
  const PriorFile again = read_prior_file(first);
  EXPECT_EQ(again.record.corpus, file.record.corpus);
  ASSERT_EQ(again.record.curve.size(), 2U);
  EXPECT_EQ(again.record.curve[1].loss, 0.125);
  EXPECT_TRUE(at::equal(again.state.at("a_double"), file.state["a_double"]));
  EXPECT_TRUE(at::equal(again.state.at("an_integer"), file.state["an_integer"]));
  write_prior_file(second, again.record, again.state);
  EXPECT_EQ(read_file(first), read_file(second));
  EXPECT_EQ(read_prior_record(first).curve.size(), 2U);
}

TEST_F(PriorFileOnDisk, WhoseArraysDoNotFitTheParametersIsRefused) {
  for (const std::string name : {"latent_dims", "texture_dims", "template_grid"}) {
    PriorFile file = read_prior_file(path_);
    file.record.parameters[name] = 6;
    write_prior_file(path_, file.record, file.state);
    EXPECT_NE(refusal().find("array"), std::string::npos) << name;
    test::save_trained_prior(path_);
  }
}

TEST_F(PriorFileOnDisk, OfAnUnknownPluginOrAnotherVersionIsRefused) {
  rewrite("\"plugin\":\"mesh_autoencoder\"", "\"plugin\":\"mesh_autoencoda\"");
  try {
    load_prior(path_, test::registry());
    ADD_FAILURE() << "the file was taken";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("mesh_autoencoder"), std::string::npos);
  }
  test::save_trained_prior(path_);
  rewrite("monodr shape prior 2", "monodr shape prior 9");
  EXPECT_NE(refusal().find("prior 9"), std::string::npos);
  test::save_trained_prior(path_);
  rewrite("\"version\":\"", "\"version\":\"7");
  EXPECT_NE(refusal().find("version 7"), std::string::npos);
}

TEST_F(PriorFileOnDisk, ThatIsDamagedIsRefused) {
  const std::string content = read_file(path_);
  for (const size_t kept : {size_t{0}, size_t{10}, content.find('\n') + 1, content.size() - 1}) {
    write_file_atomically(path_, std::string_view(content).substr(0, kept));
    refusal();
  }
  std::string flipped = content;
  flipped[content.size() - 100] ^= 1;
  write_file_atomically(path_, flipped);
  EXPECT_NE(refusal().find("damaged"), std::string::npos);
  std::filesystem::remove(path_);
  refusal();
}

}  // namespace
}  // namespace monodr
