// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.h"
#include "shape_priors/trained_prior.h"

namespace monodr {
namespace {

class PriorFile : public testing::Test {
 protected:
  PriorFile()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("monodr_prior_file_{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "car.prior";
    test::trained_prior().save(path_);
  }
  ~PriorFile() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // The message with which the file is refused.
  std::string refusal(const test::Given& given = test::quick()) {
    try {
      test::mesh_autoencoder(given)->load(path_);
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

TEST_F(PriorFile, GivesBackTheSameBits) {
  const auto loaded = test::mesh_autoencoder();
  loaded->load(path_);
  const at::Tensor shape = at::full({2, 8}, 0.7), texture = at::full({2, 4}, -0.3);
  const DecodedShape before = test::trained_prior().decode(shape, texture);
  const DecodedShape after = loaded->decode(shape, texture);
  EXPECT_TRUE(at::equal(before.vertices, after.vertices));
  EXPECT_TRUE(at::equal(before.colours, after.colours));
  EXPECT_TRUE(at::equal(before.faces, after.faces));
  const at::Tensor paint = at::full({1, 3}, 0.4);
  EXPECT_TRUE(at::equal(test::trained_prior().texture_from_paint(paint),
                        loaded->texture_from_paint(paint)));
  const std::string again = folder_ / "again.prior";
  loaded->save(again);
  EXPECT_EQ(read_file(path_), read_file(again));
}

TEST_F(PriorFile, OfOtherDimensionsIsRefused) {
  test::Given given = test::quick();
  given["latent_dims"] = std::int64_t{6};
  EXPECT_NE(refusal(given).find("latent_dims = 8"), std::string::npos);
  given = test::quick();
  given["texture_dims"] = std::int64_t{5};
  EXPECT_NE(refusal(given).find("texture_dims"), std::string::npos);
  given = test::quick();
  given["template_grid"] = std::int64_t{11};
  EXPECT_NE(refusal(given).find("template_grid"), std::string::npos);
}

TEST_F(PriorFile, OfAnotherPluginOrVersionIsRefused) {
  rewrite("\"plugin\":\"mesh_autoencoder\"", "\"plugin\":\"tsdf_pca\"");
  EXPECT_NE(refusal().find("tsdf_pca"), std::string::npos);
  test::trained_prior().save(path_);
  rewrite("\"version\":1", "\"version\":99");
  EXPECT_NE(refusal().find("99"), std::string::npos);
}

TEST_F(PriorFile, ThatIsDamagedIsRefused) {
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
