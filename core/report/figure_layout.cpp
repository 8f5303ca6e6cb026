// SPDX-License-Identifier: Apache-2.0
#include "report/figure_layout.h"

#include <algorithm>

#include "base/text.h"

namespace monodr {
namespace {

const TextStyle kTitle{Anchor::start, 11, true};
const TextStyle kNote{Anchor::start, 8.5, false, false, "#444444"};
constexpr double kNoteLine = 10.5;

std::vector<std::string> parts_of(const std::string& label) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at; (at = label.find(", ", from)) != std::string::npos; from = at + 2)
    parts.push_back(label.substr(from, at - from));
  parts.push_back(label.substr(from));
  return parts;
}

}  // namespace

void draw_lines(Svg& svg,
                Point at,
                const std::vector<std::string>& lines,
                const TextStyle& style,
                double distance) {
  for (const std::string& line : lines) {
    svg.text(at, line, style);
    (style.upward ? at.x : at.y) += distance;
  }
}

double draw_title(Svg& svg, const std::string& title, const FigureStyle& style) {
  if (!style.has_title || title.empty()) return 8;
  const auto lines = wrapped_text(title, svg.width() - 16, kTitle.size, true);
  draw_lines(svg, {8, 15}, lines, kTitle, 14);
  return 26 + 14 * static_cast<double>(lines.size() - 1);
}

double draw_note(Svg& svg, Point corner, double width, const std::string& note) {
  if (note.empty()) return corner.y;
  const auto lines = wrapped_text(note, width, kNote.size);
  draw_lines(svg, {corner.x, corner.y + kNote.size}, lines, kNote, kNoteLine);
  return corner.y + kNoteLine * static_cast<double>(lines.size()) + 3;
}

ToldApart told_apart(const std::vector<std::string>& labels) {
  ToldApart result{labels, ""};
  if (labels.size() < 2) return result;
  std::vector<std::vector<std::string>> parts;
  for (const std::string& label : labels) parts.push_back(parts_of(label));
  size_t shared = 0;
  while (std::ranges::all_of(parts, [&](const auto& own) {
    return shared + 1 < own.size() && own[shared] == parts[0][shared];
  }))
    ++shared;
  if (shared == 0) return result;
  const auto joined = [](auto from, auto to) {
    return join(std::vector<std::string>(from, to), ", ");
  };
  result.common = "In all: " + joined(parts[0].begin(), parts[0].begin() + shared);
  for (size_t i = 0; i < labels.size(); ++i)
    result.labels[i] = joined(parts[i].begin() + shared, parts[i].end());
  return result;
}

Legend legend_of(const std::vector<std::string>& labels, Point corner, double width) {
  Legend legend{{}, corner.y};
  Point next = corner;
  double lowest = corner.y;
  for (const std::string& label : labels) {
    const double needed = legend_sample + text_width(label);
    if (next.x > corner.x && next.x + needed > corner.x + width) next = {corner.x, lowest + 14};
    legend.entries.push_back(
        {next, wrapped_text(label, corner.x + width - next.x - legend_sample)});
    const double below = text_line * static_cast<double>(legend.entries.back().lines.size() - 1);
    lowest = std::max(lowest, next.y + below);
    next.x += needed + 14;
  }
  legend.bottom = labels.empty() ? corner.y - 14 : lowest + 5;
  return legend;
}

}  // namespace monodr
