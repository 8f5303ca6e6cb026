// SPDX-License-Identifier: Apache-2.0
#include "plugin/predictor_file.h"

#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

class PredictorFileTest : public testing::Test {
 protected:
  Registry registry_{{std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"}};
  ScratchFolder folder_;
  std::string path_ = folder_.path() + "/my.predictor";

  std::unique_ptr<Predictor> written() {
    const PluginInfo& info = registry_.find(PluginKind::predictor, "resnet_predictor").info;
    auto predictor = registry_.make<Predictor>(info.name, Parameters(info.parameters));
    predictor->begin({2, 3, 4}, 11);
    PredictorRecord record{info.name, info.version, {}, {2, 3, 4}, {{"objects", 5}}, 11, 2.5, {}};
    record.parameters = nlohmann::json::object();
    record.curve = {{0, 3.5, std::nan("")}, {1, 2.5, 2.75}};
    TensorTable table = predictor->weights();
    table["training.step"] = at::full({1}, 7, at::kLong);
    write_predictor_file(path_, record, table);
    return predictor;
  }
};

TEST_F(PredictorFileTest, KeepsAllThatWasLearned) {
  const auto predictor = written();
  const auto read = load_predictor(path_, registry_);
  for (const auto& [name, tensor] : predictor->weights())
    EXPECT_TRUE(tensor.equal(read->weights().at(name))) << name;
  const PredictorRecord record = read_predictor_record(path_);
  EXPECT_EQ(record.layout.proposals, 2);
  EXPECT_EQ(record.layout.columns(), 14);
  EXPECT_EQ(record.training.at("objects"), 5);
  ASSERT_EQ(record.curve.size(), 2u);
  EXPECT_TRUE(std::isnan(record.curve[0].validation));
  EXPECT_EQ(record.curve[1].validation, 2.75);
  EXPECT_EQ(read_predictor_file(path_).table.at("training.step").item<int64_t>(), 7);
}

TEST_F(PredictorFileTest, ADamagedOneIsNamed) {
  written();
  std::string content = read_file(path_);
  content.back() = static_cast<char>(content.back() ^ 1);
  write_file_atomically(path_, content);
  try {
    load_predictor(path_, registry_);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr(path_), testing::HasSubstr("damaged")));
  }
  write_file_atomically(path_, "{\"format\": \"monodr shape prior 2\", \"plugin\": \"x\"}\n");
  EXPECT_THROW(read_predictor_record(path_), UserError);
}

}  // namespace
}  // namespace monodr
