// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/options.h"
#include "metrics/metric_definitions.h"
#include "results/stored_result.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
using nlohmann::ordered_json;

const CommandUsage usage = {
    "runexp diff",
    "CELL CELL [options]",
    R"(What sets two cells apart: configuration (defaults included), code (program, plugins, machine) and
metrics. A cell is named by the beginning of its id, as 'runexp status' prints it. What is the same
in both is not shown. Metrics are rounded as in tables, with the change behind; json has all digits.

Examples:
  runexp diff 3f2a 81c0
  runexp diff 3f2a 81c0 --format json
)"};

using Facts = std::map<std::string, std::string>;

struct Difference {
  std::string section, name, first, second;  ///< with all digits
  std::string shown = {};  ///< "6.3 -> 4.8 deg (-1.5)" of numbers; "" = as they are
};

void add_leaves(const std::string& path, const nlohmann::json& value, Facts& facts) {
  if (!value.is_object()) {
    facts[path] = value.dump();
    return;
  }
  for (const auto& [key, inner] : value.items())
    add_leaves(path.empty() ? key : path + "." + key, inner, facts);
}

Facts configuration_of(const StoredResult& cell) {
  Facts facts{{"seed", fmt::format("{}", cell.record.seed)}};
  if (!cell.record.config.empty()) add_leaves("", nlohmann::json::parse(cell.record.config), facts);
  return facts;
}

// A diff of the source is too long for a line; that it is another one is what counts.
std::string on_one_line(const std::string& text) {
  const size_t end = text.find('\n');
  if (end == std::string::npos) return text;
  return fmt::format("{} ... ({} characters)", text.substr(0, end), text.size());
}

Facts code_of(const StoredResult& cell) {
  Facts facts = cell.result.provenance;
  for (const PluginRecord& plugin : cell.record.plugins)
    facts[plugin.kind + " " + plugin.name] =
        fmt::format("{} ({})", plugin.version, plugin.file_hash.substr(0, 12));
  return facts;
}

Facts metrics_of(const StoredResult& cell) {
  Facts facts{{"state", cell.result.state}};
  for (const MetricValue& metric : cell.result.metrics)
    facts[metric_title(metric)] =
        fmt::format("{}{}", metric.value, metric.unit == "1" ? "" : " " + metric.unit);
  return facts;
}

/// "6.3  ->  4.8 deg  (-1.5)", rounded as tables round. A change too small for that has two digits of its own.
std::string shown_change(const MetricValue& first, const MetricValue& second) {
  const MetricDefinition* metric = find_metric(first.name);
  const double factor = metric != nullptr ? metric->factor : 1;
  const int decimals = metric != nullptr ? metric->decimals : 3;
  const std::string unit = metric != nullptr ? metric->shown_unit() : first.unit;
  const double change = factor * (second.value - first.value);
  const bool is_small = std::abs(change) < 0.5 * std::pow(10.0, -decimals);
  return fmt::format(
      "{:.{}f}  ->  {:.{}f}{}  ({})",
      factor * first.value,
      decimals,
      factor * second.value,
      decimals,
      unit.empty() || unit == "1" ? "" : " " + unit,
      is_small ? fmt::format("{:+.1e}", change) : fmt::format("{:+.{}f}", change, decimals));
}

/// Gives the metrics among the differences the form in which people read them.
void round_metrics(const StoredResult& first,
                   const StoredResult& second,
                   std::vector<Difference>& differences) {
  std::map<std::string, const MetricValue*> of_second;
  for (const MetricValue& metric : second.result.metrics) of_second[metric_title(metric)] = &metric;
  std::map<std::string, std::string> shown;
  for (const MetricValue& metric : first.result.metrics)
    if (const auto other = of_second.find(metric_title(metric)); other != of_second.end())
      if (std::isfinite(metric.value) && std::isfinite(other->second->value))
        shown[other->first] = shown_change(metric, *other->second);
  for (Difference& difference : differences)
    if (difference.section == "metrics") difference.shown = shown[difference.name];
}

void compare(const std::string& section,
             const Facts& first,
             const Facts& second,
             std::vector<Difference>& differences) {
  const auto value = [](const Facts& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string("-") : found->second;
  };
  Facts names = first;
  names.insert(second.begin(), second.end());
  for (const auto& [name, ignored] : names)
    if (value(first, name) != value(second, name))
      differences.push_back({section, name, value(first, name), value(second, name), ""});
}

std::string heading(const StoredResult& cell) {
  return fmt::format(
      "{}  {}: {}", cell.record.id.substr(0, 12), cell.record.experiment, cell.description());
}

void print_text(const StoredResult& first,
                const StoredResult& second,
                const std::vector<Difference>& differences) {
  std::cout << "first   " << heading(first) << "\nsecond  " << heading(second) << "\n";
  size_t width = 0;
  for (const Difference& difference : differences) width = std::max(width, difference.name.size());
  std::string section;
  for (const Difference& difference : differences) {
    if (difference.section != section) std::cout << "\n" << difference.section << "\n";
    section = difference.section;
    const std::string plain =
        on_one_line(difference.first) + "  ->  " + on_one_line(difference.second);
    std::cout << fmt::format("  {:<{}}  {}\n",
                             difference.name,
                             width,
                             difference.shown.empty() ? plain : difference.shown);
  }
  if (differences.empty()) std::cout << "\nnothing differs\n";
}

void print_json(const StoredResult& first,
                const StoredResult& second,
                const std::vector<Difference>& differences) {
  ordered_json document{{"first", first.record.id},
                        {"second", second.record.id},
                        {"configuration", ordered_json::object()},
                        {"code", ordered_json::object()},
                        {"metrics", ordered_json::object()}};
  for (const Difference& difference : differences)
    document[difference.section][difference.name] = {difference.first, difference.second};
  std::cout << document.dump(1, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace

int run_diff(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  auto add = options.add_options();
  add("format",
      po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json");
  options.add_options()("word", po::value<std::vector<std::string>>(), "the two cells");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", -1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  const auto format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UserError(fmt::format("--format is '{}', but must be text or json", format));
  std::vector<std::string> words;
  if (values.count("word") > 0) words = values["word"].as<std::vector<std::string>>();
  if (words.size() != 2)
    throw UserError(fmt::format(
        "'runexp diff' compares two cells, not {}; see 'runexp diff --help'", words.size()));

  const Database database(results_file(values), Database::Access::read_only);
  const StoredResult first = find_stored_result(database, words[0]);
  const StoredResult second = find_stored_result(database, words[1]);
  std::vector<Difference> differences;
  compare("configuration", configuration_of(first), configuration_of(second), differences);
  compare("code", code_of(first), code_of(second), differences);
  compare("metrics", metrics_of(first), metrics_of(second), differences);
  round_metrics(first, second, differences);
  if (format == "json")
    print_json(first, second, differences);
  else
    print_text(first, second, differences);
  return 0;
}

}  // namespace monodr
