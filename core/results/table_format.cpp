// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "results/escape.h"
#include "results/table.h"
#include "results/table_latex.h"

namespace monodr {
namespace {

using Lines = std::vector<std::vector<std::string>>;

constexpr const char* no_value = "-";

/// Number of characters, as a terminal shows them one cell each.
size_t width_of(const std::string& text) {
  size_t width = 0;
  for (const char byte : text) width += (byte & 0xC0) != 0x80;
  return width;
}

/// The layout of the sqlite3 shell's ".mode markdown": titles centred, all else to the left.
std::string pipe_table(const Lines& lines) {
  std::vector<size_t> widths(lines.front().size());
  for (const auto& line : lines)
    for (size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width_of(line[c]));
  std::string text;
  for (size_t l = 0; l < lines.size(); ++l) {
    for (size_t c = 0; c < widths.size(); ++c) {
      const size_t missing = widths[c] - width_of(lines[l][c]);
      const size_t left = l == 0 ? missing / 2 : 0;
      text += "| " + std::string(left, ' ') + lines[l][c] + std::string(missing - left + 1, ' ');
    }
    text += "|\n";
    if (l > 0) continue;
    for (const size_t width : widths) text += "|" + std::string(width + 2, '-');
    text += "|\n";
  }
  return text;
}

/// "-0.52 [-0.80, -0.24], p = 0.012", in the units of the table.
std::string comparison_text(const Table& table,
                            const std::optional<Comparison>& comparison,
                            size_t c) {
  if (!comparison || comparison->difference.n == 0) return no_value;
  const PairedDifference& d = comparison->difference;
  const double factor = table.columns[c].factor;
  const int decimals = table.columns[c].decimals;
  std::string text = fmt::format("{:+.{}f}", factor * d.difference, decimals);
  if (!std::isnan(d.interval.low))
    text += fmt::format(" [{:+.{}f}, {:+.{}f}]",
                        factor * d.interval.low,
                        decimals,
                        factor * d.interval.high,
                        decimals);
  return text + ", " + p_text(*comparison);
}

std::string one_line(const std::string& text) {
  std::string line = text;
  for (char& c : line)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  return line;
}

/// "2.8 ± 0.2", with " [2.6, 3.0]" behind it where intervals were asked for.
std::string entry_text(const Table& table, const TableRow& row, size_t c) {
  const TableEntry& entry = row.entries[c];
  if (entry.shown.empty() || std::isnan(entry.interval.low)) return entry.shown;
  return entry.shown + fmt::format(" [{1:.{0}f}, {2:.{0}f}]",
                                   table.columns[c].decimals,
                                   table.columns[c].factor * entry.interval.low,
                                   table.columns[c].factor * entry.interval.high);
}

/// Titles, then a line for each row; `entry` says what stands where.
Lines lines_of(const Table& table,
               const std::function<std::string(const TableRow&)>& label,
               const std::function<std::string(const TableRow&, size_t)>& entry) {
  Lines lines(1, {"arm", "seeds"});
  for (const MetricColumn& column : table.columns) lines[0].push_back(column.title);
  for (const TableRow& row : table.rows) {
    lines.push_back({label(row), row.seeds});
    for (size_t c = 0; c < table.columns.size(); ++c) lines.back().push_back(entry(row, c));
  }
  return lines;
}

/// A table below the table: what it says of itself, and its lines.
struct Contrasts {
  std::string note;
  Lines lines;
};

/// The rows of which `label` says something, with `contrast` of their entries.
Lines contrast_lines(const Table& table,
                     const std::function<std::string(const TableRow&)>& label,
                     const std::function<std::string(const TableRow&, size_t)>& contrast) {
  Table chosen = table;
  std::erase_if(chosen.rows, [&](const TableRow& row) { return label(row).empty(); });
  Lines lines = lines_of(chosen, label, contrast);
  for (auto& line : lines) line.erase(line.begin() + 1);  // the seeds
  return lines;
}

std::vector<std::string> notes_of(const Table& table) {
  std::vector<std::string> notes = {
      "mean ± standard deviation (n - 1) over seeds; the best of each column in bold"};
  for (const std::string& remark : remarks_on(table)) notes.push_back(remark);
  for (const MetricColumn& column : table.columns)
    notes.push_back(column.title + ": " +
                    (column.meaning.empty() ? column.path() : column.meaning));
  for (const MetricColumn& column : table.columns) {
    if (column.recall_positions > 0 || column.difficulty.empty()) continue;
    notes.push_back("all but AP: labels of difficulty \"" + column.difficulty + "\" and easier");
    break;
  }
  return notes;
}

/// "; over frames, ... ; over pairs of seeds: time [s]"
std::string units_note(const Table& table,
                       std::optional<Comparison> TableEntry::*contrast,
                       const std::string& exchanged) {
  std::vector<std::string> by_seeds;
  bool by_frames = false;
  int fewest = fewest_for_interval;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    bool has_seeds = false;
    for (const TableRow& row : table.rows) {
      const std::optional<Comparison>& made = row.entries[c].*contrast;
      if (!made || made->difference.n == 0) continue;
      by_frames = by_frames || made->paired_over == "frames";
      has_seeds = has_seeds || made->paired_over == "seeds";
      fewest = std::min(fewest, made->difference.n);
    }
    if (has_seeds) by_seeds.push_back(table.columns[c].title);
  }
  std::string note = "[95 % bootstrap interval], p of a permutation test, Holm-corrected";
  if (by_frames)
    note += "; over frames, the same drawn for all, " + exchanged + " exchanged in each";
  if (!by_seeds.empty()) note += "; over seeds: " + join(by_seeds, ", ");
  if (fewest < fewest_for_interval)
    note += fmt::format("; an interval over fewer than {} is narrower than it should be",
                        fewest_for_interval);
  return note;
}

std::string baseline_note(const Table& table) {
  return fmt::format("difference from \"{}\" in the numbers above, {}",
                     table.baseline,
                     units_note(table, &TableEntry::comparison, "the two"));
}

std::string trend_note(const Table& table) {
  return fmt::format("trend of the numbers above from one value of \"{}\" to the next (slope), {}",
                     table.trend_axis,
                     units_note(table, &TableEntry::trend, "the values"));
}

/// What was asked for below the table, with names of rows as `escaped` writes them and `text` of entries.
std::vector<Contrasts> contrasts_of(
    const Table& table,
    const std::function<std::string(const TableRow&)>& title,
    const std::function<std::string(const std::string&)>& escaped,
    const std::function<std::string(const std::optional<Comparison>&, size_t)>& text) {
  std::vector<Contrasts> contrasts;
  if (!table.baseline.empty())
    contrasts.push_back(
        {baseline_note(table),
         contrast_lines(
             table,
             [&](const TableRow& row) { return row.is_baseline ? "" : title(row); },
             [&](const TableRow& row, size_t c) { return text(row.entries[c].comparison, c); })});
  if (!table.trend_axis.empty())
    contrasts.push_back(
        {trend_note(table),
         contrast_lines(
             table,
             [&](const TableRow& row) { return escaped(row.trend_title); },
             [&](const TableRow& row, size_t c) { return text(row.entries[c].trend, c); })});
  return contrasts;
}

std::string as_text(const Table& table) {
  const auto label = [](const TableRow& row) { return row.label; };
  std::string text = pipe_table(lines_of(table, label, [&](const TableRow& row, size_t c) {
    return row.entries[c].shown.empty() ? no_value : entry_text(table, row, c);
  }));
  for (const std::string& remark : remarks_on(table)) text += "note: " + remark + "\n";
  const auto contrast = [&](const std::optional<Comparison>& made, size_t c) {
    return comparison_text(table, made, c);
  };
  for (const Contrasts& below : contrasts_of(table, label, one_line, contrast))
    text += "\n" + pipe_table(below.lines) + below.note + "\n";
  return text;
}

std::string as_markdown(const Table& table) {
  const auto label = [](const TableRow& row) { return escaped_markdown(row.title); };
  const auto entry = [&](const TableRow& row, size_t c) -> std::string {
    const TableEntry& e = row.entries[c];
    if (e.shown.empty()) return no_value;
    const std::string text = entry_text(table, row, c);
    return e.is_best ? "**" + text + "**" : text;
  };
  const auto escape_titles = [](Lines lines) {
    for (std::string& title : lines[0]) title = escaped_markdown(title);
    return lines;
  };
  std::string text = pipe_table(escape_titles(lines_of(table, label, entry)));
  for (const std::string& note : notes_of(table)) text += "\n- " + escaped_markdown(note);
  text += "\n";
  const auto contrast = [&](const std::optional<Comparison>& made, size_t c) {
    return comparison_text(table, made, c);
  };
  for (const Contrasts& below : contrasts_of(table, label, escaped_markdown, contrast))
    text +=
        "\n" + pipe_table(escape_titles(below.lines)) + "\n" + escaped_markdown(below.note) + "\n";
  return text;
}

std::string as_latex(const Table& table, TableWidth width) {
  std::vector<LatexContrast> contrasts;
  if (!table.baseline.empty()) {
    contrasts.push_back({baseline_note(table), {}, &TableEntry::comparison});
    for (const TableRow& row : table.rows)
      contrasts.back().titles.push_back(row.is_baseline ? "" : row.title);
  }
  if (!table.trend_axis.empty()) {
    contrasts.push_back({trend_note(table), {}, &TableEntry::trend});
    for (const TableRow& row : table.rows) contrasts.back().titles.push_back(row.trend_title);
  }
  return latex_table(table, notes_of(table), contrasts, width);
}

/// The AP of perfect detections; NaN for all else and where the labels are not known.
double ceiling_of(const MetricColumn& column, const TableEntry& entry) {
  return column.recall_positions > 0 && entry.labels > 0
             ? average_precision_ceiling(entry.labels, column.recall_positions)
             : std::nan("");
}

nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

/// "difference", "difference_low", "difference_high", "p", ...; "trend", ..., "trend_p", ...
void add_contrast(const std::optional<Comparison>& made,
                  const std::string& name,
                  const std::string& prefix,
                  nlohmann::ordered_json& record) {
  const double none = std::nan("");
  const Comparison contrast =
      made.value_or(Comparison{{none, {none, none}, none, 0, none}, none, none, ""});
  record[name] = number(contrast.difference.difference);
  record[name + "_low"] = number(contrast.difference.interval.low);
  record[name + "_high"] = number(contrast.difference.interval.high);
  record[prefix + "p"] = number(contrast.difference.p);
  record[prefix + "p_holm"] = number(contrast.holm_p);
  record[prefix + "p_holm_least"] = number(contrast.least_holm_p());
  record[prefix + "pairs"] = contrast.difference.n;
  record[prefix + "paired_over"] = contrast.paired_over;
}

/// One entry in full precision and the metric's own unit; the one source of CSV and JSON.
nlohmann::ordered_json record_of(const Table& table, const TableRow& row, size_t c) {
  const MetricColumn& column = table.columns[c];
  const TableEntry& entry = row.entries[c];
  nlohmann::ordered_json record = {
      {"experiment", row.experiment},
      {"arm", row.arm},
      {"point", row.point},
      {"metric", column.metric},
      {"category", column.category},
      {"difficulty", column.difficulty},
      {"iou", column.iou},
      {"recall_positions", column.recall_positions},
      {"unit", column.unit},
      {"n", entry.n},
      {"mean", number(entry.mean)},
      {"deviation", number(entry.deviation)},
      {"low", number(entry.interval.low)},
      {"high", number(entry.interval.high)},
      {"interval_over", entry.interval_over},
      {"copies", row.copies},
      {"labels",
       column.recall_positions > 0 ? nlohmann::ordered_json(entry.labels)
                                   : nlohmann::ordered_json(nullptr)},
      {"ceiling", number(ceiling_of(column, entry))},
      {"best", entry.is_best},
      {"supervised", row.is_supervised}};
  if (!table.baseline.empty()) {
    record["baseline"] = table.baseline;
    add_contrast(entry.comparison, "difference", "", record);
  }
  if (!table.trend_axis.empty()) {
    record["trend_axis"] = table.trend_axis;
    add_contrast(entry.trend, "trend", "trend_", record);
  }
  return record;
}

std::vector<nlohmann::ordered_json> records_of(const Table& table) {
  std::vector<nlohmann::ordered_json> records;
  for (const TableRow& row : table.rows)
    for (size_t c = 0; c < table.columns.size(); ++c) records.push_back(record_of(table, row, c));
  return records;
}

std::string as_json(const Table& table) {
  return nlohmann::ordered_json(records_of(table))
             .dump(1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

/// An absent number is an empty field.
std::string csv_field(const nlohmann::ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? escaped_csv(value.get<std::string>()) : value.dump();
}

std::string as_csv(const Table& table) {
  std::string text;
  for (const auto& record : records_of(table)) {
    std::vector<std::string> names, fields;
    for (const auto& [name, value] : record.items()) {
      names.push_back(name);
      fields.push_back(csv_field(value));
    }
    if (text.empty()) text = join(names, ",") + "\n";
    text += join(fields, ",") + "\n";
  }
  return text;
}

}  // namespace

TableFormat table_format_from(const std::string& name) {
  const std::vector<std::string> names = {"text", "markdown", "latex", "csv", "json"};
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<TableFormat>(i);
  throw UserError(fmt::format("--format is '{}', but must be one of {}{}",
                              name,
                              join(names, ", "),
                              did_you_mean(name, names)));
}

TableWidth table_width_from(const std::string& name) {
  if (name == "column") return TableWidth::column;
  if (name == "page") return TableWidth::page;
  throw UserError(fmt::format("--width is '{}', but must be column or page{}",
                              name,
                              did_you_mean(name, {"column", "page"})));
}

std::string format_table(const Table& table, TableFormat format, TableWidth width) {
  switch (format) {
    case TableFormat::text:
      return as_text(table);
    case TableFormat::markdown:
      return as_markdown(table);
    case TableFormat::latex:
      return as_latex(table, width);
    case TableFormat::csv:
      return as_csv(table);
    case TableFormat::json:
      return as_json(table);
  }
  throw_check_failure("format", __FILE__, __LINE__, "unknown table format");
}

}  // namespace monodr
