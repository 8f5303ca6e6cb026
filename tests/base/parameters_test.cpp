// SPDX-License-Identifier: Apache-2.0
#include "base/parameters.h"

#include <gtest/gtest.h>

#include <cmath>

namespace monodr {
namespace {

ParameterSchema example_schema() {
  return {{"weight", 1.0, "1", "share in the sum", 0, 10},
          {"iterations", std::int64_t{100}, "1", "steps", 1},
          {"hindsight", false, "", "carry several hypotheses"},
          {"norm", std::string("l1"), "", "distance", {}, {}, {"l1", "l2", "huber"}},
          {"sizes", std::vector<double>{1.5, 1.6}, "m", "means", 0}};
}

/// The values given at line 4 and on, the key in column 1, the value in column 9.
std::map<std::string, GivenValue> given(const std::map<std::string, ParameterValue>& values) {
  std::map<std::string, GivenValue> result;
  int line = 4;
  for (const auto& [name, value] : values) {
    result[name] = {value, {"a.toml", line, 9}, {"a.toml", line, 1}};
    ++line;
  }
  return result;
}

std::string error_of(const std::map<std::string, ParameterValue>& values) {
  try {
    Parameters(example_schema(), given(values), "loss.mask");
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Parameters, DefaultsFillWhatWasNotGiven) {
  const Parameters parameters(example_schema(), given({{"weight", 2.5}}), "loss.mask");
  EXPECT_EQ(parameters.real("weight"), 2.5);
  EXPECT_EQ(parameters.integer("iterations"), 100);
  EXPECT_FALSE(parameters.boolean("hindsight"));
  EXPECT_EQ(parameters.text("norm"), "l1");
  EXPECT_EQ(parameters.reals("sizes"), (std::vector<double>{1.5, 1.6}));
  EXPECT_EQ(parameters.values().size(), 5u);
}

TEST(Parameters, AnIntegerServesWhereARealIsExpectedButNotTheOtherWay) {
  const Parameters parameters(example_schema(), given({{"weight", std::int64_t{3}}}), "");
  EXPECT_EQ(parameters.real("weight"), 3.0);
  EXPECT_TRUE(contains(error_of({{"iterations", 3.5}}), "'loss.mask.iterations' is 3.5"));
}

TEST(Parameters, AnUnknownKeyIsNamedAtItsPlaceWithTheNearest) {
  const std::string message = error_of({{"wieght", 1.0}});
  EXPECT_TRUE(contains(message, "a.toml:4:1: ")) << message;
  EXPECT_TRUE(contains(message, "unknown key 'wieght' in [loss.mask]")) << message;
  EXPECT_TRUE(contains(message, "did you mean 'weight'?")) << message;
}

TEST(Parameters, TypesRangesAndChoicesAreChecked) {
  const std::string type = error_of({{"weight", std::string("big")}});
  EXPECT_TRUE(contains(type, "a.toml:4:9: ")) << type;
  EXPECT_TRUE(contains(type, "a text, but must be a real number")) << type;
  EXPECT_TRUE(contains(error_of({{"weight", 10.5}}), "between 0 and 10"));
  EXPECT_TRUE(contains(error_of({{"weight", std::nan("")}}), "between 0 and 10"));
  EXPECT_TRUE(contains(error_of({{"iterations", std::int64_t{0}}}), "at least 1"));
  EXPECT_TRUE(contains(error_of({{"sizes", std::vector<double>{1, -1}}}), "at least 0 m"));
  const std::string choice = error_of({{"norm", std::string("l3")}});
  EXPECT_TRUE(contains(choice, "must be one of l1, l2, huber")) << choice;
  EXPECT_EQ(error_of({{"weight", 10.0}, {"norm", std::string("huber")}}), "no error");
}

TEST(Parameters, AskingForWhatIsNotThereIsABug) {
  const Parameters parameters(example_schema());
  EXPECT_THROW(parameters.real("wait"), CheckFailure);
  EXPECT_THROW(parameters.real("iterations"), CheckFailure);
}

TEST(Parameters, ValuesAreWrittenAsTomlReadsThem) {
  EXPECT_EQ(to_toml(true), "true");
  EXPECT_EQ(to_toml(std::int64_t{3}), "3");
  EXPECT_EQ(to_toml(3.0), "3.0") << "a real stays one";
  EXPECT_EQ(to_toml(0.1), "0.1");
  EXPECT_EQ(to_toml(1e30), "1e+30");
  EXPECT_EQ(to_toml(std::string("l1")), "\"l1\"");
  EXPECT_EQ(to_toml(std::vector<double>{1, 0.5}), "[1.0, 0.5]");
}

}  // namespace
}  // namespace monodr
