// SPDX-License-Identifier: Apache-2.0
#include "report/html_report.h"

#include <fmt/format.h>

#include <cmath>

#include "report/png.h"
#include "results/escape.h"

namespace monodr {
namespace {

// Two widths it is made for: a phone's (390 px) and a laptop's (1280 px). Tables of numbers scroll inside their frame
// with the first column held; tables of facts fold to one column on a phone; figures and pictures wrap.
constexpr const char* kStyle = R"(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.5 "Helvetica Neue", Helvetica, Arial, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 1360px; margin: 2rem auto; padding: 0 1.2rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem;
  border-bottom: 1px solid #ccc; padding-bottom: .2rem; } h3 { font-size: .95rem; margin: 1.2rem 0 .5rem; }
.question { font-size: 1.15rem; margin: .3rem 0; } .note { color: #555; font-size: .85rem; }
.wide { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #e4e4e4; overflow-wrap: normal; }
td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
thead th { border-bottom: 1.5px solid #333; vertical-align: bottom; }
table.sortable th { cursor: pointer; } th[aria-sort=ascending]::after { content: " \25B2"; }
th[aria-sort=descending]::after { content: " \25BC"; }
.best { font-weight: 700; } .interval { display: block; color: #666; font-size: .75rem; font-weight: 400; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 1.2rem; }
figure { margin: 0; min-width: 0; } figure svg, img { max-width: 100%; height: auto; }
figcaption { color: #555; font-size: .8rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 320px)); gap: 1.2rem; }
.cards img { display: block; border-radius: 3px; }
.seen { display: flex; gap: 4px; margin: 4px 0; } .seen > figure { flex: 0 1 106px; }
.seen figcaption { font-size: .7rem; line-height: 1.3; }
.facts th { text-align: left; }
.facts td { text-align: left; white-space: pre-wrap; overflow-wrap: anywhere; vertical-align: top; }
.facts td:first-child { white-space: nowrap; color: #555; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .75rem; margin: 0; }
@media (max-width: 640px) {
  body { margin: 1rem auto; padding: 0 .9rem; font-size: 14px; } h1 { font-size: 1.35rem; }
  .wide td:first-child, .wide th:first-child { min-width: 32vw; white-space: normal; overflow-wrap: anywhere; }
  .facts, .facts tbody, .facts tr, .facts td, .facts thead, .facts th { display: block; max-width: none; }
  .facts td { border: 0; padding: .1rem 0; } .facts tr { border-bottom: 1px solid #e4e4e4; padding: .3rem 0; }
  .facts td:first-child, .wide .facts td:first-child { position: static; min-width: 0; white-space: normal; }
  .facts thead { display: none; }
}
@media print { body { margin: 0; max-width: none; } h2, figure, tr { break-inside: avoid; } .wide { overflow: visible; }
  th:first-child, td:first-child { position: static; } }
)";

// A click (or Enter) on a column's head sorts by it, a second one the other way round; rows without
// a value stay at the end.
constexpr const char* kScript = R"(
for (const table of document.querySelectorAll("table.sortable")) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    const key = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const sort = () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("thead th").forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = table.tBodies[0];
      [...body.rows].sort((a, b) => {
        const x = key(a), y = key(b);
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
        return up ? order : -order;
      }).forEach(row => body.append(row));
    };
    head.tabIndex = 0;
    head.addEventListener("click", sort);
    head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
  });
}
)";

std::string finite_text(double value) {
  return std::isfinite(value) ? fmt::format("{:.17g}", value) : "";
}

std::string head_cells(const Table& table, bool with_seeds) {
  std::string text = "<thead><tr><th scope=\"col\">arm</th>";
  if (with_seeds) text += "<th scope=\"col\">seeds</th>";
  for (const MetricColumn& column : table.columns)
    text += fmt::format("<th scope=\"col\" title=\"{}\">{}</th>",
                        escaped_html(column.meaning.empty() ? column.path() : column.meaning),
                        escaped_html(column.title));
  return text + "</tr></thead>\n";
}

std::string entry_cell(const Table& table, const TableEntry& entry, size_t c) {
  if (entry.shown.empty()) return "<td data-value=\"\">&ndash;</td>";
  std::string text = fmt::format("<td data-value=\"{}\"{}>{}",
                                 finite_text(entry.mean),
                                 entry.is_best ? " class=\"best\"" : "",
                                 escaped_html(entry.shown));
  if (std::isfinite(entry.interval.low))
    text += fmt::format("<span class=\"interval\">[{:.{}f}, {:.{}f}]</span>",
                        table.columns[c].factor * entry.interval.low,
                        table.columns[c].decimals,
                        table.columns[c].factor * entry.interval.high,
                        table.columns[c].decimals);
  return text + "</td>";
}

std::string main_table(const Table& table) {
  std::string text = "<div class=\"wide\"><table class=\"sortable\" id=\"results\">\n";
  text += head_cells(table, true) + "<tbody>\n";
  for (const TableRow& row : table.rows) {
    text +=
        fmt::format("<tr><td>{}</td><td>{}</td>", escaped_html(row.title), escaped_html(row.seeds));
    for (size_t c = 0; c < table.columns.size(); ++c) text += entry_cell(table, row.entries[c], c);
    text += "</tr>\n";
  }
  text +=
      "</tbody></table></div>\n<p class=\"note\">Mean ± standard deviation over seeds; the best of "
      "each column in bold. A click on a column's head sorts.</p>\n";
  for (const std::string& remark : remarks_on(table))
    text += "<p class=\"note\">" + escaped_html(remark) + ".</p>\n";
  return text;
}

std::string comparison_cell(const Table& table, const TableEntry& entry, size_t c) {
  if (!entry.comparison || entry.comparison->difference.n == 0)
    return "<td data-value=\"\">&ndash;</td>";
  const PairedDifference& d = entry.comparison->difference;
  const double factor = table.columns[c].factor;
  const int decimals = table.columns[c].decimals;
  std::string interval;  // of one pair there is none
  if (std::isfinite(d.interval.low))
    interval = fmt::format("[{1:+.{0}f}, {2:+.{0}f}]<br>",
                           decimals,
                           factor * d.interval.low,
                           factor * d.interval.high);
  return fmt::format(
      "<td data-value=\"{}\"{}>{:+.{}f}<span class=\"interval\">{}{}, n = {} {}</span></td>",
      finite_text(d.difference),
      entry.comparison->holm_p < 0.05 ? " class=\"best\"" : "",
      factor * d.difference,
      decimals,
      interval,
      escaped_html(p_text(*entry.comparison)),
      d.n,
      entry.comparison->paired_over);
}

std::string comparison_table(const Table& table) {
  if (table.baseline.empty()) return "";
  std::string text = fmt::format(
      "<h2>Differences from “{}”</h2>\n<div class=\"wide\"><table "
      "class=\"sortable\" id=\"differences\">\n",
      escaped_html(table.baseline));
  text += head_cells(table, false) + "<tbody>\n";
  for (const TableRow& row : table.rows) {
    if (row.is_baseline) continue;
    text += fmt::format("<tr><td>{}</td>", escaped_html(row.title));
    for (size_t c = 0; c < table.columns.size(); ++c)
      text += comparison_cell(table, row.entries[c], c);
    text += "</tr>\n";
  }
  return text +
         "</tbody></table></div>\n<p class=\"note\">Difference of the numbers above with its 95 % "
         "bootstrap interval and the p of a permutation test, Holm-corrected, below 0.05 in bold: "
         "over "
         "frames that are drawn and exchanged, or over pairs of seeds.</p>\n";
}

std::string figures(const std::vector<ReportFigure>& all) {
  if (all.empty()) return "";
  std::string text = "<h2>Figures</h2>\n<div class=\"figures\">\n";
  for (const ReportFigure& figure : all)
    text += "<figure>" + figure.svg + "<figcaption>" + escaped_html(figure.caption) +
            "</figcaption></figure>\n";
  return text + "</div>\n";
}

std::string image(const ReportPicture& picture, int width) {
  if (picture.png.empty()) return "";
  return fmt::format("<img width=\"{}\" alt=\"{}\" src=\"data:image/png;base64,{}\">",
                     width,
                     escaped_html(picture.heading + ": " + picture.caption),
                     base64(picture.png));
}

std::string card(const ReportPicture& picture) {
  std::string text = "<figure class=\"card\">" + image(picture, report_picture_width);
  if (!picture.evidence.empty()) text += "<div class=\"seen\">";
  for (const ReportPicture& part : picture.evidence)
    text += fmt::format("<figure>{}<figcaption>{}: {}</figcaption></figure>",
                        image(part, report_picture_width / 3),
                        escaped_html(part.heading),
                        escaped_html(part.caption));
  if (!picture.evidence.empty()) text += "</div>";
  return text + fmt::format("<figcaption><b>{}</b> {}</figcaption></figure>\n",
                            escaped_html(picture.heading),
                            escaped_html(picture.caption));
}

std::string pictures(const std::string& title,
                     const std::string& note,
                     const std::vector<ReportPictureRow>& rows) {
  if (rows.empty()) return "";
  std::string text = "<h2>" + title + "</h2>\n<p class=\"note\">" + escaped_html(note) + "</p>\n";
  for (const ReportPictureRow& row : rows) {
    text += "<h3>" + escaped_html(row.label) + "</h3>\n<div class=\"cards\">\n";
    for (const ReportPicture& picture : row.pictures) text += card(picture);
    text += "</div>\n";
  }
  return text;
}

std::string failures(const std::vector<ReportFailure>& all) {
  if (all.empty()) return "<h2>Failures</h2>\n<p>None.</p>\n";
  std::string text =
      "<h2>Failures</h2>\n<div class=\"wide\"><table class=\"facts sortable\"><thead><tr><th>what"
      "</th><th>why</th></tr></thead><tbody>\n";
  for (const ReportFailure& failure : all)
    text += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n",
                        escaped_html(failure.what),
                        escaped_html(failure.reason));
  return text + "</tbody></table></div>\n";
}

std::string facts(const std::string& title, const std::vector<ReportFact>& all) {
  if (all.empty()) return "";
  constexpr size_t folded_from = 300;
  std::string text = "<h2>" + title + "</h2>\n<div class=\"wide\"><table class=\"facts\"><tbody>\n";
  for (const ReportFact& fact : all) {
    const std::string value = escaped_html(fact.value);
    text += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n",
                        escaped_html(fact.key),
                        fact.value.size() < folded_from
                            ? value
                            : fmt::format("<details><summary>{} characters</summary><pre>{}</pre>"
                                          "</details>",
                                          fact.value.size(),
                                          value));
  }
  return text + "</tbody></table></div>\n";
}

}  // namespace

std::string to_html(const ReportContent& content) {
  const std::string name = escaped_html(content.experiment);
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n<title>" +
         name + "</title>\n<style>" + kStyle + "</style></head>\n<body>\n<h1>" + name +
         "</h1>\n<p class=\"question\">" + escaped_html(content.question) +
         "</p>\n<p class=\"note\">" + escaped_html(content.summary) + "</p>\n<h2>Results</h2>\n" +
         main_table(content.table) + comparison_table(content.table) + figures(content.figures) +
         pictures("Best, median and worst objects", content.picture_note, content.picture_rows) +
         pictures("Failures by kind", content.gallery_note, content.gallery) +
         failures(content.failures) + facts("Tags and notes", content.said) +
         facts("Settings", content.settings) + facts("Provenance", content.provenance) +
         "<script>" + kScript + "</script>\n</body></html>\n";
}

}  // namespace monodr
