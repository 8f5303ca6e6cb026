// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "results/escape.h"
#include "results/table.h"

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

bool has_comparisons(const Table& table) {
  return !table.baseline.empty();
}

/// "-0.52 [-0.80, -0.24], p = 0.012", in the units of the table.
std::string comparison_text(const Table& table, const TableRow& row, size_t c) {
  const auto& comparison = row.entries[c].comparison;
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
  return text + (comparison->holm_p < 0.001 ? ", p < 0.001"
                                            : fmt::format(", p = {:.3f}", comparison->holm_p));
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

bool has_intervals(const Table& table) {
  for (const TableRow& row : table.rows)
    for (const TableEntry& entry : row.entries)
      if (!std::isnan(entry.interval.low)) return true;
  return false;
}

/// Whether some interval was made of so few seeds that it cannot be what it says.
bool has_few_seeds(const Table& table) {
  for (const TableRow& row : table.rows)
    for (const TableEntry& entry : row.entries)
      if (!std::isnan(entry.interval.low) && entry.n < fewest_for_interval) return true;
  return false;
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

Lines comparison_lines(const Table& table,
                       const std::function<std::string(const TableRow&)>& label) {
  Table others = table;
  std::erase_if(others.rows, [&](const TableRow& row) { return row.arm == table.baseline; });
  Lines lines = lines_of(
      others, label, [&](const TableRow& row, size_t c) { return comparison_text(table, row, c); });
  for (auto& line : lines) line.erase(line.begin() + 1);
  return lines;
}

std::string few_seeds_note() {
  return fmt::format(
      "an interval over fewer than {} seeds is narrower than it should be (3 seeds: it holds the "
      "mean "
      "at most 75 % of the time)",
      fewest_for_interval);
}

std::vector<std::string> notes_of(const Table& table) {
  std::vector<std::string> notes = {
      "mean ± standard deviation (n - 1) over seeds; the best of each column in bold"};
  if (has_intervals(table))
    notes.push_back("[...]: 95 % bootstrap interval of the mean over seeds");
  if (has_few_seeds(table)) notes.push_back(few_seeds_note());
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

/// A sign-flip test of few pairs cannot give a small p, however clear the difference.
std::string smallest_p_note(const Table& table) {
  int fewest = fewest_for_interval;
  for (const TableRow& row : table.rows)
    for (const TableEntry& entry : row.entries)
      if (entry.comparison && entry.comparison->difference.n > 0)
        fewest = std::min(fewest, entry.comparison->difference.n);
  if (fewest == fewest_for_interval) return "";
  return fmt::format(
      "; over {} pairs p is never below {:.3g}", fewest, std::ldexp(1.0, 1 - fewest));
}

std::string comparison_note(const Table& table) {
  bool over_frames = false;
  for (const TableRow& row : table.rows)
    for (const TableEntry& entry : row.entries)
      over_frames = over_frames || (entry.comparison && entry.comparison->paired_over == "frames");
  return fmt::format(
      "difference from \"{}\": mean over pairs of the same object and seed (errors, shares){} or "
      "the "
      "same seed ({}), [95 % bootstrap interval], p of a sign-flip permutation test, "
      "Holm-corrected{}",
      table.baseline,
      over_frames ? ", of the same frame (AP)" : "",
      over_frames ? "time" : "AP, time",
      smallest_p_note(table));
}

std::string as_text(const Table& table) {
  const auto label = [](const TableRow& row) { return row.label; };
  std::string text = pipe_table(lines_of(table, label, [&](const TableRow& row, size_t c) {
    return row.entries[c].shown.empty() ? no_value : entry_text(table, row, c);
  }));
  if (has_few_seeds(table)) text += "note: " + few_seeds_note() + "\n";
  if (has_comparisons(table))
    text += "\n" + pipe_table(comparison_lines(table, label)) + comparison_note(table) + "\n";
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
  if (has_comparisons(table))
    text += "\n" + pipe_table(escape_titles(comparison_lines(table, label))) + "\n" +
            escaped_markdown(comparison_note(table)) + "\n";
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// On one line, whatever the names in it: what a line break lets through would be typeset.
std::string latex_comment(const std::string& note) {
  return "% " + replaced(replaced(note, "\n", " "), "\r", " ") + "\n";
}

std::string latex_tabular(const Lines& lines) {
  std::string text =
      "\\begin{tabular}{l" + std::string(lines[0].size() - 1, 'r') + "}\n\\toprule\n";
  for (size_t l = 0; l < lines.size(); ++l)
    text += join(lines[l], " & ") + " \\\\\n" + (l == 0 ? "\\midrule\n" : "");
  return text + "\\bottomrule\n\\end{tabular}\n";
}

/// Signs as LaTeX sets them in numbers.
std::string latex_numbers(std::string text) {
  text = replaced(text, " ± ", " $\\pm$ ");
  if (text[0] == '-' && text != no_value) text = "$-$" + text.substr(1);
  return replaced(replaced(text, " -", " $-$"), "[-", "[$-$");
}

std::string latex_comparison(const Table& table, const TableRow& row, size_t c) {
  std::string text = comparison_text(table, row, c);
  for (const char* number : {"p < ", "p = "})
    text = replaced(text, number, std::string("$") + number[0] + number[2] + "$ ");
  return latex_numbers(text);
}

std::string as_latex(const Table& table) {
  const auto label = [](const TableRow& row) { return escaped_latex(row.title); };
  Lines lines = lines_of(table, label, [&](const TableRow& row, size_t c) -> std::string {
    const TableEntry& e = row.entries[c];
    if (e.shown.empty()) return "--";
    const std::string shown = latex_numbers(entry_text(table, row, c));
    return e.is_best ? "\\textbf{" + shown + "}" : shown;
  });
  for (std::string& title : lines[0]) title = escaped_latex(title);
  std::string text = "% \\usepackage{booktabs}\n% \\usepackage[T1]{fontenc}\n";
  for (const std::string& note : notes_of(table)) text += latex_comment(note);
  const std::string tabular = latex_tabular(lines);
  if (!has_comparisons(table)) return text + latex_definitions(tabular) + tabular;
  Table others = table;
  std::erase_if(others.rows, [&](const TableRow& row) { return row.arm == table.baseline; });
  Lines differences = lines_of(others, label, [&](const TableRow& row, size_t c) {
    return latex_comparison(table, row, c);
  });
  for (auto& line : differences) line.erase(line.begin() + 1);
  for (std::string& title : differences[0]) title = escaped_latex(title);
  const std::string compared = latex_tabular(differences);
  return text + latex_definitions(tabular + compared) + tabular + "\n" +
         latex_comment(comparison_note(table)) + compared;
}

nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

/// One entry in full precision and the metric's own unit; the one source of CSV and JSON.
nlohmann::ordered_json record_of(const Table& table, const TableRow& row, size_t c) {
  const MetricColumn& column = table.columns[c];
  const TableEntry& entry = row.entries[c];
  nlohmann::ordered_json record = {{"experiment", table.experiment},
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
                                   {"best", entry.is_best}};
  if (!has_comparisons(table)) return record;
  const Comparison comparison = entry.comparison.value_or(
      Comparison{{std::nan(""), {std::nan(""), std::nan("")}, std::nan(""), 0}, std::nan(""), ""});
  record["baseline"] = table.baseline;
  record["difference"] = number(comparison.difference.difference);
  record["difference_low"] = number(comparison.difference.interval.low);
  record["difference_high"] = number(comparison.difference.interval.high);
  record["p"] = number(comparison.difference.p);
  record["p_holm"] = number(comparison.holm_p);
  record["pairs"] = comparison.difference.n;
  record["paired_over"] = comparison.paired_over;
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

std::string format_table(const Table& table, TableFormat format) {
  switch (format) {
    case TableFormat::text:
      return as_text(table);
    case TableFormat::markdown:
      return as_markdown(table);
    case TableFormat::latex:
      return as_latex(table);
    case TableFormat::csv:
      return as_csv(table);
    case TableFormat::json:
      return as_json(table);
  }
  throw_check_failure("format", __FILE__, __LINE__, "unknown table format");
}

}  // namespace monodr
