// SPDX-License-Identifier: Apache-2.0
#include "results/table.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/error.h"
#include "results/stored_facts.h"
#include "sample.h"

namespace monodr {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const std::vector<std::string> hostile_names = {"a|b",
                                                "x\"; DROP TABLE cell; --'",
                                                "two\nlines\tand a tab",
                                                "50% & $x_1^2$ {#} ~ \\frac \\\\",
                                                "<script>alert('&')</script>",
                                                "[0.5] * _a_ `b`",
                                                "gr\xC3\xBC\xC3\x9F \xE2\x9C\x93, \"quoted\""};

/// What the sqlite3 shell prints for results/queries/table.sql.
std::string shell_output(const std::string& file) {
  const std::string command = fmt::format(
      "sqlite3 -cmd '.parameter set @experiment ablation_rotation' '{}' < "
      "'{}/results/queries/table.sql' 2>&1",
      file,
      std::getenv("MONODR_SOURCE_DIR"));
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << "is the program sqlite3 installed?";
  return output;
}

Table default_table(const Database& database) {
  return make_table(database, {"ablation_rotation", {}, "", true});
}

void import_result(Database& database,
                   const std::string& arm,
                   int order,
                   std::vector<double> headings) {
  for (size_t seed = 0; seed < headings.size(); ++seed) {
    const CellRecord record = sample_record(arm, static_cast<int>(seed), order);
    database.import_result(record, sample_result(record, headings[seed]));
  }
}

size_t column_named(const Table& table, const std::string& title) {
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].title == title) return c;
  ADD_FAILURE() << title;
  return 0;
}

TEST(Table, MeansAndDeviationsByHand) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "b", 0, {1, 2, 6});
  import_result(database, "a", 1, {4});
  const Table table = default_table(database);
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].arm, "b");  // the file's order, not the alphabet's
  const size_t heading = column_named(table, "heading [deg]");
  const TableEntry& entry = table.rows[0].entries[heading];
  EXPECT_EQ(entry.n, 3);
  EXPECT_DOUBLE_EQ(entry.mean, 3);
  EXPECT_NEAR(entry.deviation, std::sqrt(7.0), 1e-12);
  EXPECT_EQ(entry.shown, "3.0 ± 2.6");
  EXPECT_TRUE(entry.is_best);
  EXPECT_EQ(table.rows[1].entries[heading].shown, "4.0");
  EXPECT_FALSE(table.rows[1].entries[heading].is_best);
  EXPECT_EQ(table.rows[0].entries[column_named(table, "< 10 deg [%]")].shown, "62.5 ± 0.0");
  EXPECT_EQ(table.rows[0].entries[column_named(table, "BEV AP40 [%]")].shown, "12.35 ± 0.00");
  EXPECT_EQ(table.rows[0].entries[column_named(table, "3-D AP40 [%]")].shown, "");
}

TEST(Table, FailedCellsAndMissingValuesAreTold) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "arm", 0, {1, nan, 3});
  const CellRecord record = sample_record("arm", 3);
  CellResult failed;
  failed.cell = record.id;
  failed.state = "failed";
  database.import_result(record, failed);
  const Table table = default_table(database);
  EXPECT_EQ(table.rows[0].seeds, "3 (1 failed)");
  EXPECT_EQ(table.rows[0].entries[0].shown, "2.0 ± 1.4 (n = 2)");
}

TEST(Table, NotesSayWhatDoneCellsSayOfThemselves) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "arm", 0, {1, 2});
  EXPECT_TRUE(notes_under_table(database, "ablation_rotation").empty());
  for (const int seed : {1, 2, 3}) {
    const CellRecord record = sample_record("arm", seed);
    CellResult result = sample_result(record, 3);
    result.state = seed == 3 ? "failed" : "done";
    result.message = seed == 3 ? "nothing to fit" : "only 2 of 9 boxes met one of the 4 masks";
    database.import_result(record, result);
  }
  const std::vector<std::string> notes = notes_under_table(database, "ablation_rotation");
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0], "arm (2 cells): only 2 of 9 boxes met one of the 4 masks");
  EXPECT_EQ(notes[1].find("1 cells failed"), 0u) << notes[1];
  EXPECT_EQ(remarks_of(database, "ablation_rotation").at(0).cells, 2);
}

TEST(Table, SaysWhatAStoppedRunLeftOut) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "arm", 0, {1, 2});
  EXPECT_EQ(what_is_missing(database, "ablation_rotation"), "");
  // A newer program: the same cells have other ids.
  std::vector<CellRecord> cells = {sample_record("arm", 0), sample_record("arm", 1)};
  for (CellRecord& cell : cells) cell.id += "'";
  database.plan("ablation_rotation", "", cells);
  const std::string gap = what_is_missing(database, "ablation_rotation");
  EXPECT_NE(gap.find("2 of 2 cells of 'ablation_rotation'"), std::string::npos) << gap;
  EXPECT_NE(gap.find("--accept-stale"), std::string::npos) << gap;
  try {
    make_table(database, {"ablation_rotation", {}, "arm", false});
    ADD_FAILURE() << "compared nothing with nothing";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("no cell of 'ablation_rotation' is done"),
              std::string::npos)
        << error.what();
  }
  database.import_result(cells[0], sample_result(cells[0], 3));
  EXPECT_NE(what_is_missing(database, "ablation_rotation").find("1 of 2 cells"), std::string::npos);
  // SQLite's own exceptions stay inside.
  database.connection().exec("DROP VIEW v_variants");
  EXPECT_THROW(what_is_missing(database, "ablation_rotation"), CheckFailure);
}

TEST(Table, TheShellPrintsTheSameBytes) {
  const Folder folder;
  Database database(folder.file());
  const unsigned seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> value(0, 200);
  int order = 0;
  for (const std::string& arm : {std::string("mask only"), std::string("everything")})
    import_result(
        database, arm, order++, {value(engine), value(engine), value(engine), 0.05, 0.25});
  for (const std::string& arm : hostile_names)
    import_result(database, arm, order++, {value(engine), nan});
  CellRecord other = sample_record("arm of another experiment", 0);
  other.experiment = "other";
  CellResult elsewhere = sample_result(other, 1);
  elsewhere.metrics[0].difficulty = "easy";
  database.import_result(other, elsewhere);
  const Table table = make_table(database, {"ablation_rotation", {}, "", false});
  EXPECT_EQ(shell_output(folder.file()), format_table(table, TableFormat::text));
}

// With its radial error, which cells of schemas before 4 have not.
TEST(Table, ComparesSignedAndAbsoluteErrorsByTheirDefinitions) {
  const Folder folder;
  Database database(folder.file());
  for (const bool is_baseline : {true, false}) {
    const CellRecord record = sample_record(is_baseline ? "base" : "arm", 0, !is_baseline);
    CellResult result = sample_result(record, 1);
    for (const char* name : {"radial_error_median", "radial_bias_median", "recall"})
      result.metrics.push_back(pose_metric(name, 1, metric_named(name).unit));
    for (int label = 0; label < 2; ++label) {
      ObjectResult object;
      object.frame = "000001";
      object.label = label;
      object.difficulty = "hard";
      object.matched = label == 0 || !is_baseline;
      if (object.matched) object.radial_error = is_baseline ? 1 : -3;
      result.objects.push_back(object);
    }
    database.import_result(record, result);
  }
  const auto difference = [&](const std::string& metric) {
    const Table table = make_table(database, {"ablation_rotation", {metric}, "base", false});
    EXPECT_EQ(table.rows[1].entries[0].comparison->paired_over, "objects");
    return table.rows[1].entries[0].comparison->difference;
  };
  EXPECT_EQ(difference("radial_error_median").difference, 2);
  EXPECT_EQ(difference("radial_bias_median").difference, -4);
  EXPECT_EQ(difference("radial_bias_median").n, 1) << "a miss has no error";
  EXPECT_EQ(difference("recall").difference, 0.5);
}

TEST(Table, HostileNamesStayOneRowInMarkdown) {
  const Folder folder;
  Database database(folder.file());
  for (const std::string& arm : hostile_names) import_result(database, arm, 0, {1});
  const Table table = default_table(database);
  std::istringstream lines(format_table(table, TableFormat::markdown));
  std::string line;
  for (size_t row = 0; row < hostile_names.size() + 2; ++row) {
    std::getline(lines, line);
    size_t bars = 0, tags = 0;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\') {
        ++i;
        continue;
      }
      bars += line[i] == '|';
      tags += line[i] == '<';
    }
    EXPECT_EQ(bars, table.columns.size() + 3) << line;
    EXPECT_EQ(tags, 0u) << line;
  }
}

TEST(Table, HostileNamesAreEscapedInLatex) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, hostile_names[3], 0, {1});
  import_result(database, hostile_names[5], 1, {2});
  const std::string text = format_table(default_table(database), TableFormat::latex);
  EXPECT_NE(text.find("50\\% \\& \\$x\\_1\\textasciicircum{}2\\$ \\{\\#\\} \\textasciitilde{} "
                      "\\textbackslash{}frac \\textbackslash{}\\textbackslash{} & 1 & "
                      "\\textbf{1.0}"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("{[}0.5{]} * \\_a\\_ \\textasciigrave{}b\\textasciigrave{}"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\\toprule"), std::string::npos);
}

/// Fields of the first `count` records by RFC 4180.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> records(1, {""});
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '"' && text[i + 1] == '"')
      records.back().back() += text[++i];
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && text[i] == ',')
      records.back().push_back("");
    else if (!quoted && text[i] == '\n')
      records.push_back({""});
    else
      records.back().back() += text[i];
  }
  records.pop_back();
  return records;
}

TEST(Table, HostileNamesComeBackFromCsvAndJson) {
  const Folder folder;
  Database database(folder.file());
  int order = 0;
  for (const std::string& arm : hostile_names) import_result(database, arm, order++, {1, 2});
  const Table table = default_table(database);
  const auto records = parse_csv(format_table(table, TableFormat::csv));
  const auto document = nlohmann::json::parse(format_table(table, TableFormat::json));
  ASSERT_EQ(records.size(), 1 + hostile_names.size() * table.columns.size());
  ASSERT_EQ(document.size() + 1, records.size());
  for (size_t row = 0; row < hostile_names.size(); ++row) {
    const size_t index = row * table.columns.size();
    EXPECT_EQ(records[1 + index].at(1), hostile_names[row]);
    EXPECT_EQ(document[index]["arm"], hostile_names[row]);
    EXPECT_EQ(records[1 + index].size(), records[0].size());
  }
  EXPECT_DOUBLE_EQ(document[0]["mean"], 1.5);
  EXPECT_GE(document[0]["low"], 1);
  EXPECT_LE(document[0]["high"], 2);
}

TEST(Table, MetricPaths) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "arm", 0, {1});
  const auto titles = [&](const std::string& path) {
    std::string text;
    for (const auto& column :
         make_table(database, {"ablation_rotation", {path}, "", false}).columns)
      text += column.path() + " ";
    return text;
  };
  EXPECT_EQ(titles("car/bev/moderate/0.7/AP40"), "car/ap_bev/moderate/0.7/AP40 ");
  EXPECT_EQ(titles("ap_bev"), "car/ap_bev/moderate/0.5/AP40 car/ap_bev/moderate/0.7/AP40 ");
  EXPECT_EQ(titles("heading_error_median"), "car/heading_error_median/hard ");
  try {
    titles("ap_bev/moderat");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'moderate'?"), std::string::npos);
  }
  EXPECT_THROW(titles(""), UserError);
  EXPECT_THROW(table_format_from("markdwn"), UserError);
}

ObjectResult object_of(int label, double degrees, double location_error) {
  ObjectResult object;
  object.frame = "000001";
  object.label = label;
  object.difficulty = "hard";
  object.matched = !std::isnan(degrees);
  object.heading_error = degrees * std::acos(-1.0) / 180;
  object.location_error = location_error;
  return object;
}

TEST(Table, ComparesObjectByObjectWithTheBaseline) {
  const Folder folder;
  Database database(folder.file());
  // Heading errors [deg] by seed and label; one label is missed once.
  const std::vector<std::vector<double>> baseline = {{10, 20, 30}, {14, 20, nan}};
  const std::vector<std::vector<double>> arm = {{8, 16, 24}, {8, 18, 1}};
  for (int seed = 0; seed < 2; ++seed) {
    for (const bool is_baseline : {true, false}) {
      const CellRecord record = sample_record(is_baseline ? "base" : "arm", seed, !is_baseline);
      CellResult result = sample_result(record, is_baseline ? 20 : 10 + seed);
      for (int label = 0; label < 3; ++label)
        result.objects.push_back(
            object_of(label, is_baseline ? baseline[seed][label] : arm[seed][label], 1));
      database.import_result(record, result);
    }
  }
  const Table table = make_table(database, {"ablation_rotation", {}, "base", false});
  EXPECT_FALSE(table.rows[0].entries[0].comparison);
  const Comparison& heading =
      table.rows[1].entries[column_named(table, "heading [deg]")].comparison.value();
  EXPECT_EQ(heading.paired_over, "objects");
  EXPECT_EQ(heading.difference.n, 3);
  // Label 0: 8 - 12, label 1: 17 - 20, label 2: 24 - 30 (its second seed has no pair).
  EXPECT_NEAR(heading.difference.difference, (-4 - 3 - 6) / 3.0, 1e-9);
  EXPECT_DOUBLE_EQ(heading.difference.p, 0.25);
  // Below 10 degrees: label 0 twice against never, label 2 once against never.
  const Comparison& within =
      table.rows[1].entries[column_named(table, "< 10 deg [%]")].comparison.value();
  EXPECT_NEAR(within.difference.difference, (1 + 0 + 0.5) / 3, 1e-9);
  const Comparison& precision =
      table.rows[1].entries[column_named(table, "BEV AP40 [%]")].comparison.value();
  EXPECT_EQ(precision.paired_over, "seeds");
  EXPECT_EQ(precision.difference.n, 2);
  EXPECT_GE(heading.holm_p, heading.difference.p);
  EXPECT_THROW(make_table(database, {"ablation_rotation", {}, "bse", false}), UserError);
  for (const auto format : {TableFormat::text, TableFormat::markdown, TableFormat::latex})
    EXPECT_NE(format_table(table, format).find("Holm"), std::string::npos);
  EXPECT_NE(format_table(table, TableFormat::text).find("-4.3 [-6.0, -3.0], p = "),
            std::string::npos)
      << format_table(table, TableFormat::text);
}

}  // namespace
}  // namespace monodr
