// SPDX-License-Identifier: Apache-2.0
// A class of objects is a file: its values are the defaults of [category].
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "experiment/category_file.h"
#include "experiment/cells.h"
#include "launch/stand_in_plugins.h"
#include "shared_files.h"

namespace monodr {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Category : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) {
    write_file_atomically(folder_.file(name), content);
  }

  Cell cell(const std::string& dataset_and_more) {
    write("e.toml", "[loss.mask]\n" + dataset_and_more);
    const Experiment experiment = load_experiment(folder_.file("e.toml"), {});
    static const PluginCatalogue catalogue = stand_in_catalogue();
    return expand_cells(experiment, catalogue, [](const Parameters&) { return "data"; }).at(0);
  }
  json category(const std::string& text) { return json::parse(cell(text).config).at("category"); }

  std::string message(const std::string& text) {
    try {
      cell(text);
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder folder_;
};

const std::string tram =
    "name = \"Tram\"\nsize_mean = [3.5, 2.5, 16.0]\nsize_deviation = [0.1, 0.1, 0.3]\n";

TEST_F(Category, ACarIsWhereNothingElseIsSaid) {
  const json car = category("");
  EXPECT_EQ(car.at("name"), "Car");
  EXPECT_EQ(car.at("neighbours"), json{"Van"});
  EXPECT_EQ(cell("[dataset]\ncategory = \"car\"\n").id, cell("").id);
  EXPECT_NE(cell("[dataset]\ncategory = \"van\"\n").id, cell("").id);
}

TEST_F(Category, AFileBesideTheExperimentIsFoundAndSingleValuesAreOverridden) {
  std::filesystem::create_directories(folder_.file("categories"));
  write("categories/tram.toml", tram);
  const json found = category("[dataset]\ncategory = \"tram\"\n[category]\nalso = [\"Train\"]\n");
  EXPECT_EQ(found.at("name"), "Tram");
  EXPECT_EQ(found.at("size_mean"), (json{3.5, 2.5, 16.0}));
  EXPECT_EQ(found.at("also"), json{"Train"});
  // What it says makes the cell, not where it stands.
  write("elsewhere.toml", tram);
  EXPECT_EQ(cell("[dataset]\ncategory = \"elsewhere.toml\"\n").id,
            cell("[dataset]\ncategory = \"tram\"\n").id);
  write("elsewhere.toml", tram + "also = [\"Train\"]\n");
  EXPECT_NE(cell("[dataset]\ncategory = \"elsewhere.toml\"\n").id,
            cell("[dataset]\ncategory = \"tram\"\n").id);
}

TEST_F(Category, ItsFaultsAreToldInItsFile) {
  const std::string use = "[dataset]\ncategory = \"bad.toml\"\n";
  write("bad.toml", tram + "neighbour = [\"Bus\"]\n");
  EXPECT_THAT(message(use),
              HasSubstr("bad.toml:4:1: unknown key 'neighbour' in [category]; did you mean "
                        "'neighbours'?"));
  write("bad.toml", "name = \"Tram\"\nsize_mean = [3.5, 2.5]\nsize_deviation = [1, 1, 1]\n");
  EXPECT_THAT(message(use), HasSubstr("bad.toml:2:13: 'category.size_mean' has 2 values"));
  write("bad.toml", "name = \"Tram\"\nsize_deviation = [1, 1, 1]\n");
  EXPECT_THAT(message(use), HasSubstr("bad.toml: the category has no 'size_mean'"));
  write("bad.toml", "name = \"Tram\"\nsize_mean = [1, 0, 1]\nsize_deviation = [1, 1, 1]\n");
  EXPECT_THAT(message(use),
              HasSubstr("bad.toml:2:13: 'category.size_mean' must have three values"));
  EXPECT_THAT(message("[dataset]\ncategory = \"cra\"\n"),
              HasSubstr("e.toml:3:12: 'dataset.category'"));
}

}  // namespace
}  // namespace monodr
