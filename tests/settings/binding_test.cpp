// SPDX-License-Identifier: Apache-2.0
// What an experiment file may say, bound once: every key of every section goes from a text to the struct and back.
#include "settings/binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "settings/sections.h"

namespace monodr {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Another value than the default that the schema allows, so that a key that is not read shows.
json other_value(const Parameter& parameter) {
  const auto within = [&](double value) {
    if (value <= parameter.maximum && value >= parameter.minimum) return value;
    return parameter.minimum;
  };
  switch (parameter.type()) {
    case ParameterType::boolean:
      return !std::get<bool>(parameter.default_value);
    case ParameterType::integer:
      return static_cast<std::int64_t>(
          within(static_cast<double>(std::get<std::int64_t>(parameter.default_value)) + 1));
    case ParameterType::real:
      return within(std::get<double>(parameter.default_value) / 2 + 0.25);
    case ParameterType::text:
      return parameter.choices.empty() ? "other" : parameter.choices.back();
    case ParameterType::real_list:
      return std::vector<double>(
          std::max<size_t>(1, std::get<std::vector<double>>(parameter.default_value).size()),
          within(1));
    case ParameterType::text_list:
      return std::vector<std::string>{"one", "two"};
  }
  return nullptr;
}

template <typename Settings>
void expect_round_trips(const Binding<Settings>& binding) {
  const Parameters defaults(binding.schema());
  EXPECT_EQ(binding.write(Settings{}), to_json(defaults)) << binding.name();
  for (const Parameter& parameter : binding.schema()) {
    EXPECT_FALSE(parameter.meaning.empty()) << binding.name() << "." << parameter.name;
    json table = binding.write(Settings{});
    table[parameter.name] = other_value(parameter);
    Settings settings;
    try {
      settings = binding.read(table);
    } catch (const UserError&) {
      continue;  // a rule over several keys forbids this one alone
    }
    EXPECT_EQ(binding.write(settings), table) << binding.name() << "." << parameter.name;
  }
}

TEST(Bindings, EveryKeyGoesToItsMemberAndBack) {
  expect_round_trips(dataset_binding());
  expect_round_trips(method_binding());
  expect_round_trips(shape_prior_binding());
  expect_round_trips(corpus_binding());
  expect_round_trips(renderer_binding());
  expect_round_trips(rule_binding());
  expect_round_trips(fit_binding());
  expect_round_trips(confidence_binding());
  expect_round_trips(evaluation_binding());
}

TEST(Bindings, NoTwoKeysOfASectionShareANameOrAMember) {
  for (const Section& section : core_sections()) {
    std::set<std::string> names;
    for (const Parameter& parameter : section.parameters)
      EXPECT_TRUE(names.insert(parameter.name).second) << section.name << "." << parameter.name;
  }
  // A member that two keys shared would take the second's value.
  json table = fit_binding().write({});
  for (const Parameter& parameter : fit_binding().schema())
    if (parameter.type() == ParameterType::real) table[parameter.name] = other_value(parameter);
  EXPECT_EQ(fit_binding().write(fit_binding().read(table)), table);
}

TEST(Bindings, NamesOfEnumsAreTheChoices) {
  for (const Parameter& parameter : dataset_binding().schema()) {
    if (parameter.name != "masks") continue;
    EXPECT_EQ(parameter.choices,
              (std::vector<std::string>{"auto", "instance", "png", "coco", "grabcut", "network"}));
  }
  for (const auto& [value, name] : EnumNames<DepthKind>::list) {
    EXPECT_EQ(enum_named<DepthKind>(name), value);
    EXPECT_EQ(name_of(value), name);
  }
  EXPECT_THROW(enum_named<DepthKind>("sonar"), CheckFailure);
}

TEST(Bindings, AListOfAnotherLengthIsRefused) {
  json table = category_binding().write({});
  table["size_mean"] = {1.5, 1.6};
  try {
    category_binding().read(table);
    FAIL() << "no exception";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'category.size_mean' has 2 values, but must have 3"));
  }
}

TEST(Rules, ContradictionsAreToldWithTheirRemedy) {
  const auto message = [](const json& changes) -> std::string {
    json table = fit_binding().write({});
    table.update(changes);
    try {
      fit_binding().read(table);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(json::object()), "");
  EXPECT_THAT(message({{"prune_keep", {2.0}}}), HasSubstr("they go in pairs"));
  EXPECT_THAT(message({{"share", "all_but_heading"}, {"explore_every", 10}}),
              HasSubstr("set one of the two back"));
  EXPECT_THAT(message({{"start", "detections"}}), HasSubstr("'fit.start_detections' is empty"));
  EXPECT_THAT(message({{"prune_steps", {20.5, 40}}}), HasSubstr("'fit.prune_steps' holds 20.5"));
}

TEST(Rules, MadeUpScenesHaveNeitherLidarNorMasksOfANetwork) {
  const auto read = [](const json& table) { return dataset_binding().read(table); };
  EXPECT_NO_THROW(read({{"depth", "none"}, {"masks", "grabcut"}}));
  EXPECT_NO_THROW(read({{"source", "kitti"}, {"depth", "velodyne"}, {"masks", "coco"}}));
  EXPECT_THROW(read({{"depth", "velodyne"}}), UserError);
  EXPECT_THROW(read({{"masks", "coco"}}), UserError);
}

TEST(Rules, SeveralViewsOfAnObjectAreMadeUpPlainAndRendered) {
  const auto message = [](const json& changes) -> std::string {
    json table = train_binding().write({});
    table.update({{"views", 5}, {"scene_look", "plain"}});
    table.update(changes);
    try {
      train_binding().read(table);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(json::object()), "");
  EXPECT_EQ(message({{"views", 1}, {"scene_look", "street"}}), "");
  for (const char* frames : {"real", "both"})
    EXPECT_THAT(message({{"frames", frames}, {"root", "x"}}),
                testing::AllOf(HasSubstr("'train.views' is 5"), HasSubstr("\"made_up\"")));
  EXPECT_THAT(message({{"scene_look", "street"}}),
              testing::AllOf(HasSubstr("'train.views' is 5"), HasSubstr("\"plain\"")));
}

/// The names of the keys that a table makes idle.
template <typename Settings>
std::set<std::string> idle(const Binding<Settings>& binding, const json& table) {
  std::set<std::string> names;
  for (const IdleKey& key : binding.idle(binding.read(table))) names.insert(key.key);
  return names;
}

TEST(IdleKeys, AreThoseThatTheOtherKeysSwitchOff) {
  using testing::Contains;
  using testing::Not;
  EXPECT_EQ(idle(dataset_binding(), {}),
            (std::set<std::string>{"root",
                                   "split",
                                   "on_error",
                                   "boxes",
                                   "missing_mask",
                                   "depth_unit",
                                   "depth_invalid",
                                   "minimum_score",
                                   "sequence_motion"}));
  const auto kitti = idle(dataset_binding(), {{"source", "kitti"}});
  EXPECT_THAT(kitti, Contains("scene_seed"));
  EXPECT_THAT(kitti, Contains("mask_erosion"));
  EXPECT_THAT(kitti, Not(Contains("masks")));
  EXPECT_EQ(idle(dataset_binding(), {{"source", "kitti"}, {"faults", "always"}}),
            (std::set<std::string>{
                "missing_mask", "scene_seed", "frames_per_sequence", "sequence_motion"}));
  EXPECT_THAT(idle(dataset_binding(), {{"faults", "never"}}), Contains("depth_noise"));
  EXPECT_THAT(idle(dataset_binding(), {{"source", "manifest"}}), Contains("depth"));
  EXPECT_THAT(idle(train_binding(), {{"supervision", "labels"}}), Contains("views"));
  EXPECT_THAT(idle(train_binding(), {{"supervision", "render"}}), Not(Contains("views")));
  EXPECT_THAT(idle(fit_binding(), {}), Contains("start_detections"));
  EXPECT_THAT(idle(fit_binding(), {}), Contains("search_headings"));
  EXPECT_THAT(idle(fit_binding(), {{"start", "search"}}), Not(Contains("search_headings")));
  EXPECT_EQ(idle(corpus_binding(), {}), std::set<std::string>{"repair"});
  EXPECT_EQ(idle(corpus_binding(), {{"root", "meshes"}}),
            (std::set<std::string>{"cars", "held_out"}));
  EXPECT_EQ(idle(method_binding(), {{"name", "boxes"}, {"detections", "x"}}),
            std::set<std::string>{});
}

TEST(Category, NamesAreComparedWithoutRegardToCase) {
  CategoryModel car;
  car.name = "Car";
  car.also = {"Taxi"};
  car.neighbours = {"Van"};
  EXPECT_TRUE(car.includes("car"));
  EXPECT_TRUE(car.includes("TAXI"));
  EXPECT_FALSE(car.includes("Van"));
  EXPECT_TRUE(car.is_neighbour("van"));
}

TEST(Category, SaysHowItsMeshesStandOrThatTheyAreToBeTurned) {
  json table = category_binding().write({});
  table["name"] = "Tram";
  table["size_mean"] = table["size_deviation"] = {1, 1, 1};
  for (const char* good : {"likeness", "-y +x", "+z -y", "+y +z"}) {
    table["mesh_axes"] = good;
    EXPECT_EQ(category_binding().read(table).mesh_axes, good);
  }
  for (const char* bad : {"", "+y", "+y +y", "+y -y", "y x", "+y  x", "+Y +X", "-y +x "}) {
    table["mesh_axes"] = bad;
    EXPECT_THROW(category_binding().read(table), UserError) << bad;
  }
}

TEST(CellSettings, TakeTheCategorysSizeIntoTheFit) {
  json config = {{"category", category_binding().write({})}};
  config["category"]["name"] = "Tram";
  config["category"]["size_mean"] = {3.5, 2.5, 16.0};
  config["category"]["size_deviation"] = {0.05, 0.09, 0.5};
  const CellSettings settings = cell_settings(config);
  EXPECT_EQ(settings.fit.size_mean[2], 16.0);
  EXPECT_EQ(settings.fit.size_deviation[0], 0.05);
  EXPECT_EQ(settings.dataset.objects, 64) << "tables that are not there have their defaults";
}

}  // namespace
}  // namespace monodr
