// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "results/table.h"

namespace monodr {
namespace {

constexpr double small_p = 0.05;

void add_copies(const Table& table, std::vector<std::string>& remarks) {
  std::vector<std::string> titles;
  int most = 0;
  for (const TableRow& row : table.rows) {
    if (row.copies == 0) continue;
    titles.push_back("\"" + row.title + "\"");
    most = std::max(most, row.copies);
  }
  if (titles.empty()) return;
  remarks.push_back(
      fmt::format("{} found the same with every seed, to the last bit: {} equal copies count as "
                  "one and have no "
                  "deviation but that of times",
                  titles.size() == table.rows.size() ? "all rows" : join(titles, ", "),
                  most));
}

std::string what_was_drawn(const std::string& over, const std::string& count) {
  if (over == "seeds") return "(bootstrap) of the mean over " + count + " seeds";
  if (over == "objects")
    return "(Wilson) of a share of one seed, its objects taken for independent: " + count +
           " objects";
  return "(bootstrap) of one seed, over its objects, drawn by frame: " + count + " frames";
}

/// "[...]: 95 % interval over 3 seeds (of their mean); over 12 frames (of one seed)"
void add_intervals(const Table& table, std::vector<std::string>& remarks) {
  std::map<std::string, std::set<int>> counts;
  for (const TableRow& row : table.rows)
    for (const TableEntry& entry : row.entries)
      if (!entry.interval_over.empty()) counts[entry.interval_over].insert(entry.interval_n);
  if (counts.empty()) return;
  std::vector<std::string> parts;
  int fewest = fewest_for_interval;
  for (const auto& [over, numbers] : counts) {
    if (over != "objects") fewest = std::min(fewest, *numbers.begin());
    const std::string range = *numbers.begin() == *numbers.rbegin()
                                  ? fmt::format("{}", *numbers.begin())
                                  : fmt::format("{} to {}", *numbers.begin(), *numbers.rbegin());
    parts.push_back(what_was_drawn(over, range));
  }
  remarks.push_back("[...]: 95 % interval " + join(parts, "; or "));
  if (fewest < fewest_for_interval)
    remarks.push_back(fmt::format(
        "an interval over fewer than {} seeds or frames is narrower than it should be (3 seeds: it "
        "holds the mean at most 75 % of the time)",
        fewest_for_interval));
}

/// One line for all columns that have the same ceilings.
void add_ceilings(const Table& table, std::vector<std::string>& remarks) {
  std::map<std::string, std::vector<std::string>> columns;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    std::map<int, double> ceilings;
    for (const TableRow& row : table.rows) {
      const int labels = row.entries[c].labels;
      if (labels == 0 || row.entries[c].shown.empty()) continue;
      const double ceiling = average_precision_ceiling(labels, table.columns[c].recall_positions);
      if (ceiling < 100) ceilings[labels] = ceiling;
    }
    std::vector<std::string> parts;
    for (const auto& [labels, ceiling] : ceilings)
      parts.push_back(fmt::format("{:.{}f} with {} label{}",
                                  ceiling,
                                  table.columns[c].decimals,
                                  labels,
                                  labels == 1 ? "" : "s"));
    if (!parts.empty()) columns[join(parts, ", ")].push_back(table.columns[c].title);
  }
  for (const auto& [ceilings, titles] : columns)
    remarks.push_back(
        fmt::format("{}: perfect detections reach {}, for KITTI's protocol takes 41 samples of "
                    "recall and n labels "
                    "give at most n of them",
                    join(titles, ", "),
                    ceilings));
}

/// Rows of several experiments may count other labels in the same column.
void add_difficulties(const Table& table, std::vector<std::string>& remarks) {
  std::map<std::string, std::vector<std::string>> columns;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    std::map<std::string, std::set<std::string>> counted;
    for (const TableRow& row : table.rows)
      if (const TableEntry& entry = row.entries[c]; !entry.difficulty.empty())
        counted[entry.difficulty].insert("\"" + row.title + "\"");
    if (counted.size() < 2) continue;
    std::vector<std::string> parts;
    for (const auto& [difficulty, titles] : counted)
      parts.push_back(difficulty + " of " + join({titles.begin(), titles.end()}, ", "));
    columns[join(parts, "; ")].push_back(table.columns[c].title);
  }
  for (const auto& [parts, titles] : columns)
    remarks.push_back(join(titles, ", ") +
                      ": rows count labels of different difficulty and do not compare: " + parts);
}

}  // namespace

std::string p_text(const Comparison& comparison) {
  std::string text =
      comparison.holm_p < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", comparison.holm_p);
  if (comparison.holm_p <= small_p || comparison.least_holm_p() <= small_p) return text;
  return text + fmt::format(" ({} {}, {:.0f} test{}: at least {:.3f})",
                            comparison.difference.n,
                            comparison.difference.n == 1 ? comparison.paired_over.substr(
                                                               0, comparison.paired_over.size() - 1)
                                                         : comparison.paired_over,
                            comparison.holm_factor,
                            comparison.holm_factor == 1 ? "" : "s",
                            comparison.least_holm_p());
}

std::vector<std::string> remarks_on(const Table& table) {
  std::vector<std::string> remarks;
  if (std::ranges::any_of(table.rows, &TableRow::is_supervised))
    remarks.push_back(
        "(supervised): its predictor was trained with labels, which bounds what others can learn "
        "without, and is no result beside theirs");
  add_copies(table, remarks);
  add_intervals(table, remarks);
  add_ceilings(table, remarks);
  add_difficulties(table, remarks);
  return remarks;
}

}  // namespace monodr
