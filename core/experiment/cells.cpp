// SPDX-License-Identifier: Apache-2.0
#include "experiment/cells.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/sha256.h"
#include "base/text.h"
#include "settings/dataset.h"

namespace monodr {
namespace {

using Values = Resolver::Values;

/// A point of the axes: what it sets.
using Point = std::vector<std::pair<const std::string*, const GivenValue*>>;

std::vector<Point> product(const std::vector<Axis>& axes) {
  std::vector<Point> points(1);
  for (const Axis& axis : axes) {
    std::vector<Point> extended;
    extended.reserve(points.size() * axis.points.size());
    for (const Point& point : points) {
      for (const auto& values : axis.points) {
        extended.push_back(point);
        for (size_t k = 0; k < axis.keys.size(); ++k)
          extended.back().emplace_back(&axis.keys[k], &values[k]);
      }
    }
    points = std::move(extended);
  }
  return points;
}

Point as_point(const Settings& settings) {
  Point point;
  for (const auto& [key, value] : settings) point.emplace_back(&key, &value);
  return point;
}

bool same_number_or_value(const ParameterValue& a, const ParameterValue& b) {
  const auto number = [](const ParameterValue& value) -> const double* {
    return std::get_if<double>(&value);
  };
  if (const auto* whole = std::get_if<std::int64_t>(&a); whole && number(b))
    return static_cast<double>(*whole) == *number(b);
  if (const auto* whole = std::get_if<std::int64_t>(&b); whole && number(a))
    return static_cast<double>(*whole) == *number(a);
  return a == b;
}

bool matches(const CellPattern& pattern,
             const std::string& arm,
             std::int64_t seed,
             const Values& values) {
  if (pattern.arm && *pattern.arm != arm) return false;
  if (pattern.seed && *pattern.seed != seed) return false;
  for (const auto& [key, wanted] : pattern.settings) {
    const auto found = values.find(key);
    if (found == values.end() || !same_number_or_value(found->second->value, wanted.value))
      return false;
  }
  return true;
}

class Expansion {
 public:
  Expansion(const Experiment& experiment,
            const PluginCatalogue& catalogue,
            const DatasetFingerprint& fingerprint)
      : experiment_(experiment),
        code_hash_(catalogue.code_hash),
        resolver_(catalogue, fingerprint, experiment.files),
        exclusions_used_(experiment.exclude.size()) {
    for (const auto& [key, value] : experiment.settings) file_values_[key] = &value;
  }

  std::vector<Cell> run() {
    const std::vector<Point> points = product(experiment_.axes);
    for (const Arm& arm : experiment_.arms) {
      for (const Point& point : points) add(arm, point, experiment_.seeds);
      for (const CellPattern& pattern : experiment_.include) {
        if (pattern.arm && *pattern.arm != arm.name) continue;
        const std::vector<std::int64_t> one_seed{pattern.seed.value_or(0)};
        add(arm, as_point(pattern.settings), pattern.seed ? one_seed : experiment_.seeds);
      }
    }
    if (!wrong_.empty()) throw UserError(join(wrong_, "\n"));
    resolver_.refuse_idle_keys();
    for (size_t i = 0; i < exclusions_used_.size(); ++i)
      if (!exclusions_used_[i])
        throw UserError(experiment_.exclude[i].where,
                        "this [[sweep.exclude]] excludes nothing: no cell has all its values");
    if (cells_.empty())
      throw UserError(SourceLocation{experiment_.file}, "no cells are left: all are excluded");
    return std::move(cells_);
  }

 private:
  void add(const Arm& arm, const Point& point, const std::vector<std::int64_t>& seeds) {
    Values values = file_values_;
    for (const auto& [key, value] : arm.settings) values[key] = &value;
    for (const auto& [key, value] : point) values[*key] = value;
    const std::optional<Configuration> resolved = resolve(values, arm);
    if (!resolved) return;
    const Configuration& configuration = *resolved;
    for (const std::int64_t seed : seeds) {
      bool excluded = false;
      for (size_t i = 0; i < experiment_.exclude.size(); ++i) {
        if (!matches(experiment_.exclude[i], arm.name, seed, values)) continue;
        exclusions_used_[i] = true;
        excluded = true;
      }
      if (!excluded && !spare(arm, seed, configuration)) keep(arm, point, seed, configuration);
    }
  }

  /// Nothing where something is wrong, which is kept: all of it is told at once, each line once.
  std::optional<Configuration> resolve(const Values& values, const Arm& arm) {
    try {
      return resolver_.resolve(values, arm.where);
    } catch (const UserError& error) {
      std::istringstream lines(error.what());
      for (std::string line; std::getline(lines, line);)
        if (std::ranges::find(wrong_, line) == wrong_.end()) wrong_.push_back(line);
      return std::nullopt;
    }
  }

  /// Whether a cell that is there already says all that one with this seed would.
  bool spare(const Arm& arm, std::int64_t seed, const Configuration& configuration) {
    if (configuration.uses_seed) return false;
    const auto [known, is_new] =
        seedless_.try_emplace(arm.name + "\n" + configuration.identity, cells_.size());
    if (is_new) return false;
    Cell& cell = cells_[known->second];
    if (seed != cell.seed && std::ranges::count(cell.spared_seeds, seed) == 0)
      cell.spared_seeds.push_back(seed);
    return true;
  }

  void keep(const Arm& arm,
            const Point& point,
            std::int64_t seed,
            const Configuration& configuration) {
    Cell cell;
    cell.id = sha256(fmt::format("{}\ncode={}\nseed={}", configuration.identity, code_hash_, seed));
    cell.code_hash = code_hash_;
    cell.arm = arm.name;
    cell.seed = seed;
    for (const auto& [key, value] : point) cell.axes[*key] = to_toml(value->value);
    const auto [known, is_new] = by_id_.emplace(cell.id, cells_.size());
    if (is_new) {
      cell.config = configuration.json;
      cell.plugins = configuration.plugins;
      cells_.push_back(std::move(cell));
    } else if (const Cell& twin = cells_[known->second]; twin.arm != cell.arm) {
      throw UserError(arm.where,
                      fmt::format("nothing distinguishes '{}' from '{}'; change or remove one arm",
                                  describe(cell),
                                  describe(twin)));
    }
  }

  const Experiment& experiment_;
  std::string code_hash_;
  Resolver resolver_;
  Values file_values_;
  std::vector<bool> exclusions_used_;
  std::vector<Cell> cells_;
  std::vector<std::string> wrong_;
  std::unordered_map<std::string, size_t> by_id_;
  std::unordered_map<std::string, size_t> seedless_;  ///< arm and configuration -> its one cell
};

}  // namespace

std::vector<Cell> expand_cells(const Experiment& experiment,
                               const PluginCatalogue& catalogue,
                               const DatasetFingerprint& fingerprint) {
  return Expansion(experiment, catalogue, fingerprint).run();
}

std::string spared_seeds_note(const std::vector<Cell>& cells) {
  const Cell* first = nullptr;
  size_t count = 0;
  for (const Cell& cell : cells) {
    if (cell.spared_seeds.empty()) continue;
    if (first == nullptr) first = &cell;
    ++count;
  }
  if (first == nullptr) return "";
  const std::string which =
      count == cells.size() ? "no cell" : fmt::format("{} of the cells do not", count);
  std::vector<std::string> spared;
  for (const std::int64_t seed : first->spared_seeds) spared.push_back(fmt::format("{}", seed));
  return fmt::format(
      "{} depend{} on the seed, since no fault of the data is drawn: {} with seed {} alone, {} "
      "would "
      "give the same bits",
      which,
      count == cells.size() ? "s" : "",
      count == cells.size() ? "each runs" : "they run",
      first->seed,
      join(spared, ", "));
}

const Cell& find_cell(const std::vector<Cell>& cells, const std::string& prefix) {
  const Cell* found = nullptr;
  for (const Cell& cell : cells) {
    if (prefix.empty() || cell.id.compare(0, prefix.size(), prefix) != 0) continue;
    if (found != nullptr)
      throw UserError(fmt::format("more than one cell begins with '{}'; write more of it", prefix));
    found = &cell;
  }
  if (found == nullptr)
    throw UserError(fmt::format("no cell begins with '{}'; --dry-run lists them", prefix));
  return *found;
}

std::vector<CellRecord> make_records(const Experiment& experiment, const std::vector<Cell>& cells) {
  std::map<std::string, int> order;
  for (const Arm& arm : experiment.arms) order.emplace(arm.name, static_cast<int>(order.size()));
  std::vector<CellRecord> records;
  records.reserve(cells.size());
  for (const Cell& cell : cells) {
    CellRecord record{cell.id,
                      experiment.name,
                      cell.arm,
                      order.at(cell.arm),
                      cell.seed,
                      cell.axes,
                      cell.config,
                      {},
                      cell.code_hash};
    for (const PluginInfo* plugin : cell.plugins)
      record.plugins.push_back(
          {std::string(to_string(plugin->kind)), plugin->name, plugin->version, plugin->file_hash});
    records.push_back(std::move(record));
  }
  return records;
}

namespace {

std::string describe(const std::string& arm,
                     const std::map<std::string, std::string>& axes,
                     std::int64_t seed) {
  std::string text = arm;
  for (const auto& [key, value] : axes) text += fmt::format(", {} = {}", key, value);
  return text + fmt::format(", seed {}", seed);
}

}  // namespace

std::string describe(const Cell& cell) {
  return describe(cell.arm, cell.axes, cell.seed);
}

std::string describe(const CellRecord& record) {
  return describe(record.arm, record.axes, record.seed);
}

}  // namespace monodr
