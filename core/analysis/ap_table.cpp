// SPDX-License-Identifier: Apache-2.0
#include "analysis/ap_table.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "evaluation/precision.h"
#include "metrics/metric_definitions.h"

namespace monodr {
namespace {

/// To 1e-6 percent: what a sum over 41 samples of exact counts is good for.
double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

bool same_line(const ApRow& a, const ApRow& b) {
  return a.category == b.category && a.metric == b.metric && a.iou == b.iou;
}

/// Of the labels that some line has too few of: what the protocol grants at most, and why.
std::string ceiling_note(const std::vector<ApRow>& rows) {
  std::map<int, std::string> ceilings;
  for (const ApRow& row : rows)
    if (row.labels > 0 && row.labels < recall_samples)
      ceilings[row.labels] = fmt::format("{} label{}: AP40 {:.4f}, AP11 {:.4f}",
                                         row.labels,
                                         row.labels == 1 ? "" : "s",
                                         average_precision_ceiling(row.labels, 40),
                                         average_precision_ceiling(row.labels, 11));
  if (ceilings.empty()) return "";
  std::string text = fmt::format(
      "Fewer than {} labels reach fewer than KITTI's {} samples of recall, and these are all that\n"
      "perfect detections get:\n",
      recall_samples,
      recall_samples);
  for (const auto& [labels, line] : ceilings) text += "  " + line + "\n";
  return text;
}

}  // namespace

std::string ap_rows_as_table(const std::vector<ApRow>& rows) {
  std::string text = fmt::format("{:<11}{:<7}{:>5} |{:^30}|{:^30}|{:^22}\n{:<23} |",
                                 "class",
                                 "metric",
                                 "IoU",
                                 "AP40 (%)",
                                 "AP11 (%)",
                                 "labels",
                                 "");
  for (int i = 0; i < 2; ++i)
    text += fmt::format("{:>10}{:>10}{:>10}|", "easy", "moderate", "hard");
  text += fmt::format("{:>6}{:>9}{:>6}\n", "easy", "moderate", "hard");
  for (size_t first = 0, last = 0; first < rows.size(); first = last) {
    std::map<std::pair<int, Difficulty>, const ApRow*> cells;
    for (; last < rows.size() && same_line(rows[first], rows[last]); ++last)
      cells[{rows[last].recall_positions, rows[last].difficulty}] = &rows[last];
    const ApRow& row = rows[first];
    text += fmt::format("{:<11}{:<7}{:>5.2f} |", row.category, row.metric, row.iou);
    for (int positions : {40, 11}) {
      for (Difficulty difficulty : difficulties) {
        const ApRow& cell = *cells.at({positions, difficulty});
        text += cell.labels > 0 ? fmt::format("{:>10.4f}", cell.value) : fmt::format("{:>10}", "-");
      }
      text += '|';
    }
    text += fmt::format("{:>6}{:>9}{:>6}\n",
                        cells.at({40, Difficulty::easy})->labels,
                        cells.at({40, Difficulty::moderate})->labels,
                        cells.at({40, Difficulty::hard})->labels);
  }
  return text + ceiling_note(rows);
}

std::string ap_rows_as_json(const std::vector<ApRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ApRow& row : rows)
    list.push_back({{"class", row.category},
                    {"metric", row.metric},
                    {"difficulty", to_string(row.difficulty)},
                    {"iou", row.iou},
                    {"recall_positions", row.recall_positions},
                    {"value", rounded(row.value)},
                    {"labels", row.labels}});
  return list.dump(1) + "\n";
}

std::string ap_rows_as_csv(const std::vector<ApRow>& rows) {
  std::string text = "class,metric,difficulty,iou,recall_positions,value,labels\n";
  for (const ApRow& row : rows)
    text += fmt::format("{},{},{},{},{},{:.6f},{}\n",
                        row.category,
                        row.metric,
                        to_string(row.difficulty),
                        row.iou,
                        row.recall_positions,
                        row.value,
                        row.labels);
  return text;
}

}  // namespace monodr
