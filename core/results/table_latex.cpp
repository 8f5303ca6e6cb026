// SPDX-License-Identifier: Apache-2.0
#include "results/table_latex.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "results/escape.h"

namespace monodr {
namespace {

// Widths are in points and estimated for 8 pt Computer Modern, \footnotesize of a paper of 10 pt, from above.
constexpr double column_separation = 2;  // \tabcolsep, on each side of a column
constexpr double unicode_width = 46;     // "[U+1F600]", where the engine lacks the character
constexpr double title_width = 50;       // where titles break
constexpr double unbroken_width = 50;    // where words break that have no better place
constexpr double difference_width = 40;  // "difference"
constexpr double p_on_one_line = 62;     // "1.000 (>= 0.500)"
constexpr double p_on_two_lines = 39;

/// What is set aside for a table of each width.
struct Measure {
  double all = 0;    ///< the narrowest of the usual papers: 3.25 in, 6.875 in
  double label = 0;  ///< the least that is left for the names of rows
};

Measure measure_of(TableWidth width) {
  return width == TableWidth::column ? Measure{234, 50} : Measure{495, 110};
}

std::vector<std::string> characters_of(const std::string& text) {
  std::vector<std::string> characters;
  for (const char byte : text) {
    if ((byte & 0xC0) == 0x80 && !characters.empty())
      characters.back() += byte;
    else
      characters.emplace_back(1, byte);
  }
  return characters;
}

double character_width(const std::string& character) {
  if (character.size() > 1)
    return escaped_latex(character).find("unicodecharacter") != std::string::npos ? unicode_width
                                                                                  : 8.5;
  if (std::string("il.,:;|!'()[] ").find(character) != std::string::npos) return 3.4;
  if (std::string("mwMW%@+<>=~^&\\").find(character) != std::string::npos) return 9;
  if (character == "-") return 6.7;  // a minus
  if (std::isdigit(static_cast<unsigned char>(character[0]))) return 4.3;
  return std::isupper(static_cast<unsigned char>(character[0])) ? 6.8 : 5;
}

double width_of(const std::string& text) {
  double width = 0;
  for (const std::string& character : characters_of(text)) width += character_width(character);
  return width;
}

bool is_blank(const std::string& character) {
  return character == " " || character == "\t" || character == "\n" || character == "\r";
}

/// The text in pieces between which a line may end: after blanks, signs between the parts of a key, and
/// in words that go on for too long.
std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> pieces(1);
  double unbroken = 0;
  const std::vector<std::string> characters = characters_of(text);
  for (size_t i = 0; i < characters.size(); ++i) {
    const std::string& character = characters[i];
    const double width = character_width(character);
    if (unbroken > 0 && unbroken + width > unbroken_width) {
      pieces.emplace_back();
      unbroken = 0;
    }
    pieces.back() += is_blank(character) ? " " : character;
    unbroken += width;
    const bool is_sign = std::string("._/").find(character) != std::string::npos;
    const bool digit_follows =
        i + 1 < characters.size() && std::isdigit(static_cast<unsigned char>(characters[i + 1][0]));
    if (!is_blank(character) && (!is_sign || digit_follows)) continue;
    pieces.emplace_back();
    unbroken = 0;
  }
  return pieces;
}

/// For a cell of a column of fixed width.
std::string breakable(const std::string& text) {
  std::string latex;
  for (const std::string& piece : pieces_of(text)) {
    // A blank is a place to break, and one behind \allowbreak would be lost.
    if (!latex.empty() && latex.back() != ' ' && !piece.starts_with(' ')) latex += "\\allowbreak ";
    latex += escaped_latex(piece);
  }
  // "\\" takes a star that follows it for its own.
  return latex.starts_with("*") ? "{}" + latex : latex;
}

std::vector<std::string> lines_of_title(const std::string& title) {
  std::vector<std::string> lines(1);
  for (const std::string& piece : pieces_of(title)) {
    if (!lines.back().empty() && width_of(lines.back() + piece) > title_width) lines.emplace_back();
    lines.back() += piece;
  }
  return lines;
}

std::string latex_title(const std::string& title) {
  std::vector<std::string> lines;
  for (const std::string& line : lines_of_title(title)) lines.push_back("{}" + escaped_latex(line));
  return "{\\shortstack{" + join(lines, "\\\\") + "}}";
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

/// Most digits before the point, and behind it; of a number as it is printed.
struct Digits {
  size_t before = 0, behind = 0;
  bool negative = false;

  void add(std::string number) {
    if (number.starts_with("-") || number.starts_with("+")) {
      negative = true;
      number = number.substr(1);
    }
    const size_t point = std::min(number.find('.'), number.size());
    before = std::max(before, point);
    behind = std::max(behind, point == number.size() ? 0 : number.size() - point - 1);
  }
  std::string text() const {
    return fmt::format("{}{}.{}", negative ? "-" : "", std::max<size_t>(before, 1), behind);
  }
  double width() const {
    return 4.3 * (before + behind) + (behind > 0 ? 2.5 : 0) + (negative ? 8 : 0);
  }
};

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("+-.0123456789") == std::string::npos;
}

/// Mean and deviation of "1.74 ± 0.20"; the deviation is "" where there is none.
std::pair<std::string, std::string> parts_of(const std::string& shown) {
  const std::string sign = " ± ";
  const size_t at = shown.find(sign);
  if (at == std::string::npos) return {shown, ""};
  return {shown.substr(0, at), shown.substr(at + sign.size())};
}

std::string interval_text(const Interval& interval, double factor, int decimals) {
  return fmt::format(
      "[{1:.{0}f}, {2:.{0}f}]", decimals, factor * interval.low, factor * interval.high);
}

/// Signs as LaTeX sets them in text, and brackets that "\\" does not take for its own.
std::string latex_interval(const std::string& text) {
  return "{" + replaced(replaced(text, "[", "{[}"), "-", "$-$") + "}";
}

/// One column of numbers: its specification, its cells, and the second lines of these.
struct NumberColumn {
  std::string specification, title;
  std::vector<std::string> cells, below;
  double width = 0;
};

NumberColumn number_column(const Table& table, size_t c) {
  const MetricColumn& metric = table.columns[c];
  NumberColumn column;
  column.title = latex_title(metric.title);
  for (const std::string& line : lines_of_title(metric.title))
    column.width = std::max(column.width, width_of(line));
  Digits mean, deviation;
  for (const TableRow& row : table.rows) {
    const TableEntry& entry = row.entries[c];
    const auto [value, spread] = parts_of(entry.shown);
    std::string cell = value.empty() ? "{--}" : "{" + escaped_latex(entry.shown) + "}";
    if (is_number(value)) {
      mean.add(value);
      cell = (entry.is_best ? "\\bfseries " : "") + value;
      if (is_number(spread)) {
        deviation.add(spread);
        cell += " \\pm " + spread;
      }
    }
    column.cells.push_back(cell);
    const std::string interval =
        std::isnan(entry.interval.low)
            ? ""
            : interval_text(entry.interval, metric.factor, metric.decimals);
    column.below.push_back(interval.empty() ? "" : latex_interval(interval));
    column.width = std::max(column.width, width_of(interval));
  }
  const double number = mean.width() + (deviation.before > 0 ? deviation.width() + 11 : 0);
  column.width = std::max(column.width, 1.13 * number);  // in bold
  column.specification =
      fmt::format("S[table-format={}{}]",
                  mean.text(),
                  deviation.before > 0 ? fmt::format("({})", deviation.before + deviation.behind)
                                       : std::string());
  return column;
}

std::string fixed_column(double width) {
  return fmt::format(">{{\\raggedright\\arraybackslash}}p{{{:.0f}pt}}", width);
}

std::string tabular(const std::string& specification, const std::string& title, std::string body) {
  return "\\begingroup\\footnotesize\\setlength{\\tabcolsep}{2pt}%\n"
         "\\sisetup{separate-uncertainty=true,detect-weight=true,mode=text}%\n"
         "\\begin{tabular}{@{}" +
         specification + "@{}}\n\\toprule\n" + title + " \\\\\n\\midrule\n" + body +
         "\\bottomrule\n\\end{tabular}\\par\\endgroup\n";
}

/// All rows have the same, which then needs no column.
bool same_seeds(const Table& table) {
  return std::ranges::all_of(table.rows,
                             [&](const TableRow& row) { return row.seeds == table.rows[0].seeds; });
}

double seeds_width(const Table& table) {
  double width = width_of("seeds");
  for (const TableRow& row : table.rows)
    for (const std::string& piece : pieces_of(row.seeds)) width = std::max(width, width_of(piece));
  return width;
}

/// The numbers of `columns`, which fit.
std::string part_of_table(const Table& table,
                          const std::vector<NumberColumn>& columns,
                          double label) {
  const bool has_seeds = !same_seeds(table);
  std::string specification = fixed_column(label);
  std::string title = "arm", body;
  if (has_seeds) {
    specification += fixed_column(seeds_width(table));
    title += " & seeds";
  }
  for (const NumberColumn& column : columns) {
    specification += column.specification;
    title += " & " + column.title;
  }
  for (size_t r = 0; r < table.rows.size(); ++r) {
    std::string below;
    bool has_interval = false;
    body += breakable(table.rows[r].title);
    if (has_seeds) {
      body += " & " + breakable(table.rows[r].seeds);
      below += " & ";
    }
    for (const NumberColumn& column : columns) {
      body += " & " + column.cells[r];
      below += " & " + column.below[r];
      has_interval = has_interval || !column.below[r].empty();
    }
    body += " \\\\\n";
    if (has_interval) body += below + " \\\\\n";
  }
  return tabular(specification, title, body);
}

/// As many columns in each tabular as find place.
std::string number_tables(const Table& table, const Measure& measure) {
  const double beside = same_seeds(table) ? 0 : seeds_width(table) + 2 * column_separation;
  std::string text;
  for (size_t c = 0; c < table.columns.size();) {
    std::vector<NumberColumn> columns;
    double left = measure.all - beside;
    while (c < table.columns.size()) {
      NumberColumn column = number_column(table, c);
      const double width = column.width + 2 * column_separation;
      if (!columns.empty() && left - width < measure.label) break;
      left -= width;
      columns.push_back(std::move(column));
      ++c;
    }
    double longest = width_of("arm");
    for (const TableRow& row : table.rows) longest = std::max(longest, width_of(row.title));
    if (!text.empty()) text += "\n\\medskip\\noindent\n";
    text += part_of_table(table, columns, std::min(left, longest));
  }
  return text;
}

/// "0.012", "$<$ 0.001", "1.000 ($\\ge$~0.500)" where few pairs keep it from being small.
std::string latex_p(const Comparison& comparison) {
  const std::string text = p_text(comparison);
  if (text.starts_with("p < ")) return "$<$ " + text.substr(4);
  const size_t reason = text.find(" (");
  if (reason == std::string::npos) return text.substr(4);
  return fmt::format("{} ($\\ge$~{:.3f})", text.substr(4, reason - 4), comparison.least_holm_p());
}

std::string contrast_table(const Table& table, const LatexContrast& contrast, const Measure& all) {
  Digits digits;
  double interval_width = width_of("95 % interval"), longest = width_of("metric");
  std::string body;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    if (contrast.titles[r].empty()) continue;
    body += fmt::format(
        "\\multicolumn{{4}}{{@{{}}>{{\\raggedright\\arraybackslash\\itshape}}p{{{:.0f}pt}}@{{}}}}"
        "{{{}}} \\\\\n",
        std::min(all.all, width_of(contrast.titles[r])),
        breakable(contrast.titles[r]));
    for (size_t c = 0; c < table.columns.size(); ++c) {
      const std::optional<Comparison>& made = table.rows[r].entries[c].*contrast.entry;
      const MetricColumn& metric = table.columns[c];
      body += breakable(metric.title);
      longest = std::max(longest, width_of(metric.title));
      if (!made || made->difference.n == 0) {
        body += " & {--} & & \\\\\n";
        continue;
      }
      const std::string difference =
          fmt::format("{:+.{}f}", metric.factor * made->difference.difference, metric.decimals);
      digits.add(difference);
      const Interval& drawn = made->difference.interval;
      const std::string interval =
          std::isnan(drawn.low) ? "" : interval_text(drawn, metric.factor, metric.decimals);
      interval_width = std::max(interval_width, width_of(interval));
      body += fmt::format(" & {} & {} & {} \\\\\n",
                          is_number(difference) ? difference : "{" + difference + "}",
                          interval.empty() ? "" : latex_interval(interval),
                          latex_p(*made));
    }
  }
  const double left =
      all.all - std::max(digits.width(), difference_width) - interval_width - 6 * column_separation;
  const double p_width =
      left - p_on_one_line < std::min(longest, unbroken_width) ? p_on_two_lines : p_on_one_line;
  const std::string specification = fixed_column(std::min(left - p_width, longest)) +
                                    "S[table-format=" + digits.text() +
                                    ",retain-explicit-plus=true]r" + fixed_column(p_width);
  return tabular(specification, "metric & {difference} & 95\\,\\% interval & $p$", body);
}

}  // namespace

std::string latex_table(const Table& table,
                        const std::vector<std::string>& notes,
                        const std::vector<LatexContrast>& contrasts,
                        TableWidth width) {
  const Measure measure = measure_of(width);
  std::string text =
      "% \\usepackage{booktabs}\n% \\usepackage{siunitx}\n% \\usepackage[T1]{fontenc}\n";
  text += fmt::format("% fits {:.0f} pt, {}\n",
                      measure.all,
                      width == TableWidth::column ? "a column" : "a page of two columns (table*)");
  if (!table.rows.empty() && same_seeds(table))
    text += latex_comment("seeds of each row: " + table.rows[0].seeds);
  for (const std::string& note : notes) text += latex_comment(note);
  std::string tabulars = number_tables(table, measure);
  for (const LatexContrast& contrast : contrasts)
    tabulars += "\n" + latex_comment(contrast.note) +
                latex_comment("p (>= q): with so few pairs and so many tests p is never below q") +
                "\\medskip\\noindent\n" + contrast_table(table, contrast, measure);
  return text + latex_definitions(tabulars) + "\\noindent\n" + tabulars;
}

}  // namespace monodr
