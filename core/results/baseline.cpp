// SPDX-License-Identifier: Apache-2.0
#include "results/baseline.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "results/axis_value.h"

namespace monodr {
namespace {

/// "arm" and axes -> the value that is asked for.
using Values = std::map<std::string, std::string>;

const std::string arm_key = "arm";

Values values_of(const TableRow& row) {
  Values values = row.axes;
  values[arm_key] = row.arm;
  return values;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

/// "0.4" is 0.40, and mean is "mean".
bool same_value(const std::string& asked, const std::string& there) {
  if (asked == there || "\"" + asked + "\"" == there) return true;
  const auto a = number_in(asked), b = number_in(there);
  return a && b && *a == *b;
}

bool agrees(const TableRow& row, const Values& asked) {
  const Values own = values_of(row);
  return std::ranges::all_of(asked, [&](const auto& one) {
    const auto found = own.find(one.first);
    return found != own.end() && (one.first == arm_key ? found->second == one.second
                                                       : same_value(one.second, found->second));
  });
}

/// Arms, and "axis = value" of all axes, in the order of the rows.
std::vector<std::string> names_in(const Table& table) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const TableRow& row : table.rows) add(row.arm);
  for (const TableRow& row : table.rows)
    for (const auto& [key, value] : row.axes) add(key + " = " + value);
  return names;
}

[[noreturn]] void throw_unknown(const Table& table, const std::string& part) {
  const std::vector<std::string> names = names_in(table);
  throw UserError(
      fmt::format("--baseline '{}': '{}' is no arm and no value of an axis of '{}'{}; there: {}",
                  table.baseline,
                  part,
                  table.experiment,
                  did_you_mean(part, names),
                  join(names, ", ")));
}

/// The value that one part of the text asks for.
std::pair<std::string, std::string> parsed_part(const Table& table, const std::string& part) {
  const auto any = [&](const std::string& key, const std::string& value) {
    return std::ranges::any_of(table.rows, [&](const TableRow& row) {
      return agrees(row, {{key, value}});
    });
  };
  if (any(arm_key, part)) return {arm_key, part};
  const size_t equals = part.find('=');
  if (equals == std::string::npos) throw_unknown(table, part);
  const std::string key = trimmed(part.substr(0, equals)), value = trimmed(part.substr(equals + 1));
  if (key == arm_key || !any(key, value)) throw_unknown(table, part);
  return {key, value};
}

Values parsed(const Table& table) {
  for (const TableRow& row : table.rows)
    if (row.arm == table.baseline) return {{arm_key, row.arm}};
  for (const TableRow& row : table.rows)
    if (row.title == table.baseline) return values_of(row);
  Values asked;
  for (size_t begin = 0; begin <= table.baseline.size();) {
    const size_t end = std::min(table.baseline.find(',', begin), table.baseline.size());
    asked.insert(parsed_part(table, trimmed(table.baseline.substr(begin, end - begin))));
    begin = end + 1;
  }
  return asked;
}

/// The row of the baseline that has everything else in common with `row`.
std::optional<size_t> baseline_of(const Table& table, const TableRow& row, const Values& asked) {
  Values wanted = values_of(row);
  for (const auto& [key, value] : asked) wanted[key] = value;
  std::vector<size_t> candidates;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    if (!table.rows[r].is_baseline) continue;
    if (agrees(table.rows[r], wanted)) return r;
    if (asked.count(arm_key) > 0 || table.rows[r].arm == row.arm) candidates.push_back(r);
  }
  // Axes in step, or a cell beside the axes: no row has these values and all others of `row`.
  const bool asks_an_axis = asked.size() > asked.count(arm_key);
  if (asks_an_axis && candidates.size() == 1) return candidates.front();
  return std::nullopt;
}

}  // namespace

void mark_baseline(Table& table) {
  if (table.rows.empty())
    throw UserError(
        fmt::format("--baseline '{}': no cell of '{}' is done, so that there is nothing "
                    "to compare; run the experiment first",
                    table.baseline,
                    table.experiment));
  const Values asked = parsed(table);
  std::vector<std::string> titles;
  for (TableRow& row : table.rows) {
    row.is_baseline = agrees(row, asked);
    titles.push_back(row.title);
  }
  if (std::ranges::none_of(table.rows, &TableRow::is_baseline))
    throw UserError(fmt::format("--baseline '{}': no row of '{}' has all these values; rows: {}",
                                table.baseline,
                                table.experiment,
                                join(titles, "; ")));
  for (TableRow& row : table.rows)
    if (!row.is_baseline) row.baseline = baseline_of(table, row, asked);
}

}  // namespace monodr
