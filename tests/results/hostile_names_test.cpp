// SPDX-License-Identifier: Apache-2.0
// Names may hold anything: each format gives back, or shows, what went in.
#include "hostile_names.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/random.h"
#include "base/text.h"
#include "results/escape.h"
#include "results/stored_cells.h"
#include "results/table.h"
#include "sample.h"

namespace monodr {
namespace {

constexpr unsigned kSeed = 41;

std::vector<std::string> names(size_t count) {
  Random random(kSeed);
  std::set<std::string> all;
  while (all.size() < count) all.insert(hostile_name(random));
  return {all.begin(), all.end()};
}

std::string replaced_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST(HostileNames, HtmlGivesThemBack) {
  for (const std::string& name : names(2000)) {
    std::string text = escaped_html(name);
    for (const char special : {'<', '>', '"', '\''})
      EXPECT_EQ(text.find(special), std::string::npos) << kSeed << ": " << name;
    for (const auto& [entity, character] : std::vector<std::pair<std::string, std::string>>{
             {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
      text = replaced_all(text, entity, character);
    std::string expected = name;  // what XML forbids is shown as the replacement character
    for (const char* forbidden : {"\x01", "\x1b", "\x7f", "\uffff"})
      expected = replaced_all(expected, forbidden, "\ufffd");
    EXPECT_EQ(text, expected);
  }
}

TEST(HostileNames, BytesThatAreNoTextDoNotBreakTheEscapes) {
  for (const char* broken :
       {"\xff", "a\xc3", "\xe2\x82", "\xf0\x9f\x9a", "\xed\xa0\x80", "\xc0\xaf"}) {
    EXPECT_EQ(escaped_html(broken).find('\xff'), std::string::npos);
    for (const char c : escaped_latex(broken)) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << broken;
  }
}

// Every name becomes arm and experiment; the database, CSV and JSON must give them back.
TEST(HostileNames, ComeBackFromTheDatabaseAndFromJson) {
  const Folder folder;
  Database database(folder.file());
  const std::vector<std::string> all = names(40);
  for (size_t i = 0; i < all.size(); ++i) {
    CellRecord record = sample_record(all[i], 0, static_cast<int>(i));
    record.experiment = all[0];
    database.import_result(record, sample_result(record, 1));
  }
  EXPECT_EQ(current_cells(database, all[0]).size(), all.size());
  const Table table = make_table(database, {all[0], {}, all[1], true});
  const auto document = nlohmann::json::parse(format_table(table, TableFormat::json));
  ASSERT_EQ(document.size(), all.size() * table.columns.size());
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& record = document[i * table.columns.size()];
    EXPECT_EQ(record.at("arm"), all[i]);
    EXPECT_EQ(record.at("experiment"), all[0]);
    EXPECT_EQ(record.at("baseline"), all[1]);
  }
}

/// Runs a program of Python; what it prints.
void run_python(const std::string& program, const std::string& folder) {
  std::ofstream(folder + "/check.py") << program;
  const std::string command = "cd '" + folder + "' && python3 check.py > log 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << read_file(folder + "/log");
}

// Read by somebody else's reader: the csv module of Python.
TEST(HostileNames, ComeBackFromCsv) {
  if (std::system("command -v python3 > /dev/null") != 0)
    GTEST_SKIP() << "python3 is not installed";
  const Folder folder;
  const std::vector<std::string> all = names(500);
  std::string text;
  for (const std::string& name : all) text += escaped_csv(name) + ",x\n";
  std::ofstream(folder.file("names.csv")) << text;
  std::ofstream(folder.file("names.json")) << nlohmann::json(all).dump();
  run_python(R"(
import csv, json
names = json.load(open("names.json"))
rows = list(csv.reader(open("names.csv", newline="", encoding="utf-8")))
assert [row[0] for row in rows] == names
)",
             folder.path());
}

// As cells of one table; a name that ended the cell, the row or the document would show.
TEST(HostileNames, CompileInLatex) {
  if (std::system("command -v pdflatex > /dev/null") != 0)
    GTEST_SKIP() << "pdflatex (texlive-latex-base) is not installed";
  const Folder folder;
  std::string rows;
  for (const std::string& name : names(300)) rows += escaped_latex(name) + " & 1 \\\\\n\\hline\n";
  std::ofstream(folder.file("names.tex"))
      << "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{longtable}\n"
      << latex_definitions(rows) << "\\begin{document}\n\\begin{longtable}{ll}\n"
      << rows << "\\end{longtable}\n\\typeout{REACHED THE END}\n\\end{document}\n";
  const std::string command =
      "cd '" + folder.path() +
      "' && pdflatex -interaction=nonstopmode -halt-on-error names.tex > log";
  EXPECT_EQ(std::system(command.c_str()), 0) << read_file(folder.file("log"));
  EXPECT_NE(read_file(folder.file("log")).find("REACHED THE END"), std::string::npos);
}

TEST(HostileNames, StayOneCellInMarkdown) {
  for (const std::string& name : names(2000)) {
    const std::string text = escaped_markdown(name);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
        continue;
      }
      for (const char special : {'|', '<', '`', '\n', '\r', '\t', '$'})
        EXPECT_NE(text[i], special) << kSeed << ": " << name;
    }
  }
}

}  // namespace
}  // namespace monodr
