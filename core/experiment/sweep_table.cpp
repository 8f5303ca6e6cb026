// SPDX-License-Identifier: Apache-2.0
#include "experiment/sweep_table.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "base/toml_access.h"

namespace monodr {
namespace {

std::int64_t as_seed(const TomlNode& node) {
  const auto* seed = std::get_if<std::int64_t>(&node.value);
  if (seed == nullptr || *seed < 0)
    throw UserError(node.where,
                    fmt::format("a seed must be an integer of at least 0, not {}",
                                seed == nullptr ? describe_kind(node) : std::to_string(*seed)));
  return *seed;
}

std::vector<GivenValue> read_axis_values(const std::string& key, const TomlEntry& entry) {
  check_section(key, entry.key_where);
  const TomlNode::List single{entry.node};
  const TomlNode::List& values =
      entry.node.is_list() ? std::get<TomlNode::List>(entry.node.value) : single;
  if (values.empty())
    throw UserError(entry.node.where,
                    fmt::format("the axis '{}' has no values; remove it or name some", key));
  std::vector<GivenValue> points;
  for (const TomlNode& value : values) points.push_back(to_given_value(value, entry.key_where));
  return points;
}

bool is_same_value(const GivenValue& a, const GivenValue& b) {
  const auto number = [](const GivenValue& given) -> std::optional<double> {
    if (const auto* whole = std::get_if<std::int64_t>(&given.value))
      return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&given.value)) return *real;
    return std::nullopt;
  };
  return number(a) ? number(a) == number(b) : a.value == b.value;
}

/// 0.1, 0.10 and 1e-1 are one cell; two would be expected of them.
void refuse_equal_points(const Axis& axis) {
  for (size_t i = 0; i < axis.points.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (std::equal(
              axis.points[i].begin(), axis.points[i].end(), axis.points[j].begin(), is_same_value))
        throw UserError(axis.points[i].front().where,
                        fmt::format("{} of the axis '{}' is named twice; equal values are one cell",
                                    to_toml(axis.points[i].front().value),
                                    join(axis.keys, "', '")));
}

// [sweep] fit.hypotheses = [1, 2] and "fit.hypotheses" = [1, 2] are the same axis.
void read_axes(const TomlNode::Table& table,
               const std::string& prefix,
               bool may_not_repeat,
               std::vector<Axis>& axes) {
  for (const TomlEntry& entry : table) {
    const std::string key = prefix + entry.key;
    if (entry.node.is_table()) {
      read_axes(std::get<TomlNode::Table>(entry.node.value), key + ".", may_not_repeat, axes);
      continue;
    }
    Axis axis{{key}, {}};
    for (GivenValue& value : read_axis_values(key, entry))
      axis.points.push_back({std::move(value)});
    if (may_not_repeat) refuse_equal_points(axis);
    // A later mention (the command line) replaces an earlier one.
    const auto same = std::find_if(
        axes.begin(), axes.end(), [&](const Axis& other) { return other.keys == axis.keys; });
    if (same == axes.end())
      axes.push_back(std::move(axis));
    else
      *same = std::move(axis);
  }
}

Axis read_zip(const TomlNode& node) {
  std::vector<Axis> singles;
  read_axes(as_table(node, "sweep.zip"), "", false, singles);
  if (singles.empty()) throw UserError(node.where, "[[sweep.zip]] holds no axes");
  Axis zip;
  zip.points.resize(singles.front().points.size());
  for (const Axis& single : singles) {
    if (single.points.size() != zip.points.size())
      throw UserError(single.points.front().front().key_where,
                      fmt::format("axes in step must be equally long: '{}' has {} values, '{}' {}",
                                  single.keys.front(),
                                  single.points.size(),
                                  singles.front().keys.front(),
                                  zip.points.size()));
    zip.keys.push_back(single.keys.front());
    for (size_t i = 0; i < zip.points.size(); ++i)
      zip.points[i].push_back(single.points[i].front());
  }
  refuse_equal_points(zip);
  return zip;
}

CellPattern read_pattern(const TomlNode& node, const std::string& name) {
  CellPattern pattern;
  pattern.where = node.where;
  TomlNode::Table rest;
  for (const TomlEntry& entry : as_table(node, name)) {
    if (entry.key == "arm")
      pattern.arm = as_text(entry.node, name + ".arm");
    else if (entry.key == "seed")
      pattern.seed = as_seed(entry.node);
    else
      rest.push_back(entry);
  }
  add_settings(rest, "", pattern.settings);
  return pattern;
}

std::vector<std::int64_t> read_seeds(const TomlEntry& entry) {
  std::vector<std::int64_t> seeds;
  if (!entry.node.is_list()) return {as_seed(entry.node)};
  for (const TomlNode& node : std::get<TomlNode::List>(entry.node.value)) {
    seeds.push_back(as_seed(node));
    if (std::count(seeds.begin(), seeds.end(), seeds.back()) > 1)
      throw UserError(node.where, fmt::format("seed {} is named twice", seeds.back()));
  }
  if (seeds.empty()) throw UserError(entry.node.where, "'sweep.seed' names no seed: [0, 1, 2]");
  return seeds;
}

/// [sweep] holds its own keys and tables of settings: what is neither is told at once.
void refuse_unknown_tables(const TomlNode::Table& sweep) {
  std::vector<std::string> known = section_names();
  known.insert(known.begin(), {"seed", "zip", "include", "exclude"});
  TomlNode::Table heads = sweep;  // "fit.iterations" in quotes stands for the table fit
  for (TomlEntry& entry : heads) entry.key = entry.key.substr(0, entry.key.find('.'));
  refuse_unknown_keys(heads, "[sweep]", known);
}

}  // namespace

void read_sweep_table(const TomlNode& node, Experiment& experiment) {
  TomlNode::Table axes;
  refuse_unknown_tables(as_table(node, "sweep"));
  for (const TomlEntry& entry : as_table(node, "sweep")) {
    if (entry.key == "seed") {
      experiment.seeds = read_seeds(entry);
    } else if (entry.key == "zip") {
      for (const TomlNode& zip : as_list(entry.node, "sweep.zip", "[[sweep.zip]] tables"))
        experiment.axes.push_back(read_zip(zip));
    } else if (entry.key == "include" || entry.key == "exclude") {
      auto& patterns = entry.key == "include" ? experiment.include : experiment.exclude;
      const std::string name = "sweep." + entry.key;
      for (const TomlNode& item : as_list(entry.node, name, "[[" + name + "]] tables"))
        patterns.push_back(read_pattern(item, name));
    } else {
      axes.push_back(entry);
    }
  }
  std::vector<Axis> products;
  read_axes(axes, "", true, products);
  experiment.axes.insert(experiment.axes.end(), products.begin(), products.end());
}

}  // namespace monodr
