// SPDX-License-Identifier: Apache-2.0
#include "results/table.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/random.h"
#include "base/remarks.h"
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

/// In every format, because a number that was learned from labels must not stand beside the others as if it were one of them.
TEST(Table, RowsOfPredictorsThatHaveLearnedLabelsAreMarked) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "without", 0, {1, 2});
  int order = 1;
  for (const std::string arm : {"with", "said (supervised) already"}) {
    const CellRecord record = sample_record(arm, 0, order++);
    CellResult result = sample_result(record, 3);
    result.message =
        (arm == "with" ? "1 of 9 boxes left out; " : "") + std::string(kSupervisedRemark);
    database.import_result(record, result);
  }
  const auto notes = notes_under_table(database, "ablation_rotation");
  ASSERT_EQ(notes.size(), 1U) << "what a mark says is not said again";
  EXPECT_NE(notes[0].find("1 of 9 boxes left out"), std::string::npos);
  const Table table = make_table(database, {"ablation_rotation", {}, "with", false});
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0].title, "without");
  EXPECT_EQ(table.rows[1].title, "with (supervised)");
  EXPECT_EQ(table.rows[2].title, "said (supervised) already");
  for (const TableFormat format : {TableFormat::text, TableFormat::markdown, TableFormat::latex}) {
    const std::string text = format_table(table, format);
    EXPECT_NE(text.find(format == TableFormat::latex ? "(supervised)" : "with (supervised)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("trained with labels"), std::string::npos) << text;
  }
  EXPECT_NE(format_table(table, TableFormat::json).find("\"supervised\": true"), std::string::npos);
  const Table by_arm = make_table(database, {"ablation_rotation", {}, "", false, false, {"arm"}});
  EXPECT_EQ(by_arm.rows[1].title, "with (supervised)");
  const std::string shell = shell_output(folder.file());
  const std::string text =
      format_table(make_table(database, {"ablation_rotation", {}, "", false}), TableFormat::text);
  EXPECT_EQ(text.substr(0, shell.size()), shell);
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
  Random random(seed);
  const auto value = [&] { return random.uniform(0, 200); };
  int order = 0;
  for (const std::string& arm : {std::string("mask only"), std::string("everything")})
    import_result(database, arm, order++, {value(), value(), value(), 0.05, 0.25});
  for (const std::string& arm : hostile_names)
    import_result(database, arm, order++, {value(), nan});
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
    EXPECT_EQ(table.rows[1].entries[0].comparison->paired_over, "frames");
    return table.rows[1].entries[0].comparison->difference;
  };
  EXPECT_EQ(difference("radial_error_median").difference, 2);
  EXPECT_EQ(difference("radial_bias_median").difference, -4);
  EXPECT_EQ(difference("recall").difference, 0.5);
  EXPECT_EQ(difference("recall").n, 1);
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
  EXPECT_NE(text.find("50\\% \\& \\$x\\_1\\textasciicircum{}2\\$ "), std::string::npos) << text;
  EXPECT_NE(text.find("\\textbackslash{}frac"), std::string::npos) << text;
  EXPECT_NE(text.find(" & \\bfseries 1.0"), std::string::npos) << text;
  EXPECT_NE(text.find("{[}0.5{]} * \\_\\allowbreak a\\_ \\textasciigrave{}b\\textasciigrave{}"),
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

TEST(Table, DefaultsFitAColumnInOnePiece) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "mask + photometric + hindsight", 0, {11.25, 12.5, 13});
  import_result(database, "everything", 1, {21.25, 22.5, 23});
  TableSpec spec{"ablation_rotation", {}, "", false};
  spec.for_print = true;
  const Table table = make_table(database, spec);
  EXPECT_EQ(table.columns.size(), 3u);
  const std::string text = format_table(table, TableFormat::latex);
  EXPECT_EQ(text.find("\\begin{tabular}"), text.rfind("\\begin{tabular}")) << text;
  EXPECT_NE(text.find("% seeds of each row: 3"), std::string::npos) << text;
  EXPECT_NE(text.find("S[table-format=2.1(2)]"), std::string::npos) << text;
  EXPECT_NE(text.find("\\bfseries 12.3 \\pm 0.9"), std::string::npos) << text;
}

// The rest by asking; what the experiment names and the file does not have costs nothing else.
TEST(Table, PrintsTheMetricsThatTheExperimentNames) {
  const Folder folder;
  Database database(folder.file());
  std::vector<CellRecord> records = {sample_record("arm", 0), sample_record("arm", 1)};
  const std::vector<std::string> named = {
      "ap_bev/moderate/0.7/AP40", "recall", "heading_within_10"};
  database.plan("ablation_rotation", "", records, named);
  for (const CellRecord& record : records)
    database.import_result(record, sample_result(record, 20));
  EXPECT_EQ(report_metrics_of(database, "ablation_rotation"), named);
  TableSpec spec{"ablation_rotation", {}, "", false};
  EXPECT_GT(make_table(database, spec).columns.size(), 5u);
  spec.for_print = true;
  std::vector<std::string> titles;
  for (const auto& column : make_table(database, spec).columns) titles.push_back(column.title);
  EXPECT_EQ(titles, (std::vector<std::string>{"BEV AP40 0.7 [%]", "< 10 deg [%]"}));
  spec.metrics = {"heading_error_median"};
  EXPECT_EQ(make_table(database, spec).columns.size(), 1u);
  database.plan("ablation_rotation", "", records);
  spec.metrics.clear();
  EXPECT_EQ(make_table(database, spec).columns.size(), 3u) << "names none: heading, location, AP";
}

TEST(Table, NamedMetricsKeepTitleAndUnit) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "arm", 0, {1});
  const auto titles = [&](const std::vector<std::string>& paths) {
    std::vector<std::string> found;
    for (const auto& column : make_table(database, {"ablation_rotation", paths, "", false}).columns)
      found.push_back(column.title);
    return found;
  };
  using Titles = std::vector<std::string>;
  EXPECT_EQ(titles({"heading_error_median"}), Titles({"heading [deg]"}));
  EXPECT_EQ(titles({"ap_bev/0.5/AP40"}), Titles({"BEV AP40 [%]"}));
  EXPECT_EQ(titles({"ap_bev/0.7/AP40"}), Titles({"BEV AP40 0.7 [%]"}));
  EXPECT_EQ(titles({"ap_bev"}), Titles({"BEV AP40 0.5 [%]", "BEV AP40 0.7 [%]"}));
}

ObjectResult object_of(int frame, int label, double degrees, double location_error = 1) {
  ObjectResult object;
  object.frame = fmt::format("{:06}", frame);
  object.label = label;
  object.difficulty = "hard";
  object.matched = !std::isnan(degrees);
  object.heading_error = degrees * std::acos(-1.0) / 180;
  object.location_error = location_error;
  return object;
}

double heading_metric(const std::string& name, const std::vector<double>& degrees) {
  const MetricDefinition& metric = metric_named(name);
  std::vector<double> values;
  for (const double value : degrees)
    values.push_back(object_value(metric, !std::isnan(value), object_of(0, 0, value)));
  return summary(metric, values);
}

/// A cell whose table is made of its objects' heading errors [deg], `in_a_frame` of them in each frame.
void import_objects(Database& database,
                    const CellRecord& record,
                    const std::vector<double>& degrees,
                    size_t in_a_frame = 1) {
  CellResult result = sample_result(record, 0);
  result.metrics = {{"ap_bev", "car", "moderate", 0.5, 40, 40.0, "%"},
                    pose_metric("seconds_per_object", 1 + 0.1 * double(record.seed), "s")};
  for (const char* name : {"heading_error_median", "heading_within_10"})
    result.metrics.push_back(
        pose_metric(name, heading_metric(name, degrees), metric_named(name).unit));
  for (size_t i = 0; i < degrees.size(); ++i)
    result.objects.push_back(
        object_of(static_cast<int>(i / in_a_frame), static_cast<int>(i), degrees[i]));
  database.import_result(record, result);
}

const Comparison& comparison_in(const Table& table, size_t row, const std::string& title) {
  return table.rows[row].entries[column_named(table, title)].comparison.value();
}

// "0.58 against 0.55, difference -0.18": medians above, means over pairs below.
TEST(Table, TheDifferenceIsThatOfTheNumbersShown) {
  const Folder folder;
  Database database(folder.file());
  const unsigned random_seed = 3;
  SCOPED_TRACE(random_seed);
  Random random(random_seed);
  // Exponential of mean 10, so skewed: mean and median are far apart.
  const auto error = [&] { return -10 * std::log(1 - random.uniform(0, 1)); };
  for (int seed = 0; seed < 3; ++seed)
    for (const bool is_baseline : {true, false}) {
      std::vector<double> degrees;
      for (int i = 0; i < 31; ++i)
        degrees.push_back(!is_baseline && i % 7 == 0 ? nan : error() + (is_baseline ? 0 : 1));
      import_objects(
          database, sample_record(is_baseline ? "base" : "arm", seed, !is_baseline), degrees, 3);
    }
  const Table table = make_table(database, {"ablation_rotation", {}, "base", false});
  EXPECT_TRUE(table.rows[0].is_baseline);
  EXPECT_FALSE(table.rows[0].entries[0].comparison);
  for (const char* title : {"heading [deg]", "< 10 deg [%]", "BEV AP40 [%]", "time [s]"}) {
    const Comparison& comparison = comparison_in(table, 1, title);
    const size_t c = column_named(table, title);
    EXPECT_NEAR(comparison.difference.difference,
                table.rows[1].entries[c].mean - table.rows[0].entries[c].mean,
                1e-9)
        << title;
    EXPECT_LE(comparison.difference.interval.low, comparison.difference.difference) << title;
    EXPECT_GE(comparison.difference.interval.high, comparison.difference.difference) << title;
    EXPECT_GE(comparison.holm_p, comparison.difference.p);
  }
  EXPECT_EQ(comparison_in(table, 1, "heading [deg]").paired_over, "frames");
  EXPECT_EQ(comparison_in(table, 1, "heading [deg]").difference.n, 11);
  EXPECT_EQ(comparison_in(table, 1, "BEV AP40 [%]").paired_over, "seeds");
  EXPECT_THROW(make_table(database, {"ablation_rotation", {}, "bse", false}), UserError);
  for (const auto format : {TableFormat::text, TableFormat::markdown, TableFormat::latex})
    EXPECT_NE(format_table(table, format).find("Holm"), std::string::npos);
}

TEST(Table, FramesAreExchangedAsAWhole) {
  const Folder folder;
  Database database(folder.file());
  // In each of four frames the arm is better by the same: only "none" and "all" of the 16 exchanges
  // are as extreme.
  import_objects(database, sample_record("base", 0), {10, 20, 10, 20, 10, 20, 10, 20}, 2);
  import_objects(database, sample_record("arm", 0, 1), {5, 8, 5, 8, 5, 8, 5, 8}, 2);
  const Table table = make_table(database, {"ablation_rotation", {}, "base", false});
  const Comparison& heading = comparison_in(table, 1, "heading [deg]");
  EXPECT_NEAR(heading.difference.difference, 6.5 - 15, 1e-9);
  EXPECT_DOUBLE_EQ(heading.difference.p, 2 / 16.0);
  EXPECT_DOUBLE_EQ(heading.difference.least_p, 2 / 16.0);
  EXPECT_NEAR(heading.difference.interval.low, -8.5, 1e-9) << "no frame differs from another";
  EXPECT_NEAR(heading.difference.interval.high, -8.5, 1e-9);
}

// "p = 1.000" at +29.5 AP.
TEST(Table, ACellSaysWhyItsPCannotBeSmall) {
  const Folder folder;
  Database database(folder.file());
  for (int seed = 0; seed < 3; ++seed) {
    for (const bool is_baseline : {true, false}) {
      const CellRecord record = sample_record(is_baseline ? "base" : "arm", seed, !is_baseline);
      CellResult result = sample_result(record, is_baseline ? 20 : 10 + seed);
      result.metrics[2].value = (is_baseline ? 10 : 40) + seed % 2;
      database.import_result(record, result);
    }
  }
  const Table table = make_table(database, {"ablation_rotation", {"bev/0.5"}, "base", false});
  const std::string text = format_table(table, TableFormat::text);
  EXPECT_NE(text.find("+30.00 [+30.00, +30.00], p = 0.250 (3 seeds, 1 test: at least 0.250)"),
            std::string::npos)
      << text;
  const Table more = make_table(database, {"ablation_rotation", {}, "base", false});
  EXPECT_NE(format_table(more, TableFormat::text).find("3 tests: at least 0.750)"),
            std::string::npos)
      << format_table(more, TableFormat::text);

  Comparison comparison{{0.1, {-1, 1}, 0.2, 40, 5e-5}, 0.6, 3, "frames"};
  EXPECT_EQ(p_text(comparison), "p = 0.600") << "it could have been small";
  comparison.difference.least_p = 0.02;
  EXPECT_EQ(p_text(comparison), "p = 0.600 (40 frames, 3 tests: at least 0.060)");
}

// "36.67 ± 0.00 [36.67, 36.67]", "over 3 pairs": three times the same bits.
TEST(Table, EqualCopiesCountAsOne) {
  const Folder folder;
  Database database(folder.file());
  std::vector<double> degrees;
  for (int i = 0; i < 40; ++i) degrees.push_back(i % 7);
  for (int seed = 0; seed < 3; ++seed) {
    import_objects(database, sample_record("copied", seed), degrees);
    import_objects(database, sample_record("drawn", seed, 1), degrees);
  }
  // One object of one seed differs, in what no metric of the table shows.
  database.connection().exec(
      "UPDATE object SET location_error = 1.5 WHERE frame = '000003' AND cell = (SELECT id FROM "
      "cell "
      "WHERE hash = 'drawn#2')");
  const Table table = make_table(database, {"ablation_rotation", {}, "", true});
  EXPECT_EQ(table.rows[0].seeds, "1 (3 equal)");
  EXPECT_EQ(table.rows[0].copies, 3);
  EXPECT_EQ(table.rows[1].seeds, "3");
  EXPECT_EQ(table.rows[1].copies, 0);
  const size_t heading = column_named(table, "heading [deg]"),
               time = column_named(table, "time [s]");
  const TableEntry& entry = table.rows[0].entries[heading];
  EXPECT_EQ(entry.shown, "3.0");
  EXPECT_EQ(entry.n, 1);
  EXPECT_TRUE(std::isnan(entry.deviation));
  EXPECT_EQ(table.rows[0].entries[time].shown, "1.10 ± 0.10") << "measured anew by each";
  EXPECT_EQ(table.rows[1].entries[heading].shown, "3.0 ± 0.0");

  EXPECT_EQ(entry.interval_over, "frames");
  EXPECT_EQ(entry.interval_n, 40);
  EXPECT_EQ(table.rows[1].entries[heading].interval_over, "seeds");
  for (const TableFormat format : {TableFormat::text, TableFormat::markdown, TableFormat::latex}) {
    const std::string text = format_table(table, format);
    for (const char* part : {"copied", "3 equal copies count as one", "40 frames", "3 seeds"})
      EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    EXPECT_EQ(text.find("3.0 ± 0.0 [3.0, 3.0] "), text.rfind("3.0 ± 0.0 [3.0, 3.0] ")) << text;
  }
  const auto document = nlohmann::json::parse(format_table(table, TableFormat::json));
  EXPECT_EQ(document[heading]["copies"], 3);
  EXPECT_EQ(document[heading]["interval_over"], "frames");
  EXPECT_TRUE(document[heading]["deviation"].is_null());

  // A copy is no pair of its own: no p of 0.25 from one number.
  const Table compared = make_table(database, {"ablation_rotation", {}, "copied", false});
  EXPECT_EQ(comparison_in(compared, 1, "BEV AP40 [%]").difference.n, 3)
      << "one against three seeds";
  const Table back = make_table(database, {"ablation_rotation", {}, "drawn", false});
  EXPECT_NEAR(comparison_in(back, 0, "heading [deg]").difference.difference,
              -comparison_in(compared, 1, "heading [deg]").difference.difference,
              1e-12);
}

TEST(Table, EqualCountsAreNoCopies) {
  const Folder folder;
  Database database(folder.file());
  import_result(database, "nothing found", 0, {2, 2, 2});
  EXPECT_EQ(default_table(database).rows[0].seeds, "3");
}

TEST(Table, TheShellPrintsEqualCopiesTheSameWay) {
  const Folder folder;
  Database database(folder.file());
  for (int seed = 0; seed < 3; ++seed) {
    import_objects(database, sample_record("copied", seed), {2, 3});
    import_objects(database, sample_record("drawn", seed, 1), {2, 3, seed == 2 ? 5. : 4.});
  }
  const std::string shell = shell_output(folder.file());
  const std::string text =
      format_table(make_table(database, {"ablation_rotation", {}, "", false}), TableFormat::text);
  EXPECT_NE(shell.find("1 (3 equal)"), std::string::npos) << shell;
  EXPECT_EQ(text.substr(0, shell.size()), shell);
  EXPECT_EQ(text.substr(shell.size(), 6), "note: ") << text;
}

// The interval of one seed is that of drawing its frames: here 3 of 4 frames or more hold a success
// with known chances.
TEST(Table, OneSeedHasAnIntervalOverItsFrames) {
  const Folder folder;
  Database database(folder.file());
  std::vector<double> degrees;
  for (int i = 0; i < 200; ++i) degrees.push_back(i % 4 == 0 ? 90 : 1);  // a quarter is wrong
  import_objects(database, sample_record("arm", 0), degrees);
  const auto within = [&](const Table& table) {
    return table.rows[0].entries[column_named(table, "< 10 deg [%]")];
  };
  const TableEntry single = within(make_table(database, {"ablation_rotation", {}, "", true}));
  EXPECT_DOUBLE_EQ(single.mean, 0.75);
  const double half = 1.98 * std::sqrt(0.75 * 0.25 / 200);  // of a binomial share
  EXPECT_NEAR(single.interval.low, 0.75 - half, 0.01);
  EXPECT_NEAR(single.interval.high, 0.75 + half, 0.01);

  const Folder other;
  Database clustered(other.file());
  import_objects(clustered, sample_record("arm", 0), degrees, 200);
  EXPECT_TRUE(
      std::isnan(within(make_table(clustered, {"ablation_rotation", {}, "", true})).interval.low))
      << "one frame says nothing of others";
}

// Asked over objects, a share of one seed has Wilson's interval, however its objects stand in frames; a median keeps its own.
TEST(Table, AShareOfOneSeedHasAnIntervalOverItsObjectsWhereAsked) {
  const Folder folder;
  Database database(folder.file());
  std::vector<double> degrees;
  for (int i = 0; i < 24; ++i) degrees.push_back(i < 3 ? 90 : 1);
  import_objects(database, sample_record("arm", 0), degrees, 6);
  TableSpec spec{"ablation_rotation", {}, "", true};
  spec.intervals_over_objects = true;
  const Table table = make_table(database, spec);
  const TableEntry& share = table.rows[0].entries[column_named(table, "< 10 deg [%]")];
  EXPECT_NEAR(share.interval.low, 0.690, 5e-4);
  EXPECT_NEAR(share.interval.high, 0.957, 5e-4);
  EXPECT_EQ(share.interval_n, 24);
  EXPECT_EQ(table.rows[0].entries[column_named(table, "heading [deg]")].interval_over, "frames");
  EXPECT_NE(format_table(table, TableFormat::text).find("24 objects"), std::string::npos);
}

TEST(Table, FewLabelsPrintTheCeilingOfAp) {
  const Folder folder;
  Database database(folder.file());
  import_objects(database, sample_record("arm", 0), std::vector<double>(19, 1));
  database.connection().exec("UPDATE object SET difficulty = 'moderate'");
  const Table table = make_table(database, {"ablation_rotation", {}, "", false});
  const std::string note = "perfect detections reach 45.00 with 19 labels";
  for (const TableFormat format : {TableFormat::text, TableFormat::markdown})
    EXPECT_NE(format_table(table, format).find(note), std::string::npos)
        << format_table(table, format);
  const size_t column = column_named(table, "BEV AP40 [%]");
  const auto record = nlohmann::json::parse(format_table(table, TableFormat::json))[column];
  EXPECT_EQ(record["labels"], 19);
  EXPECT_EQ(record["ceiling"], 45.0);

  const Folder many;
  Database enough(many.file());
  import_objects(enough, sample_record("arm", 0), std::vector<double>(41, 1));
  enough.connection().exec("UPDATE object SET difficulty = 'easy'");
  const std::string text =
      format_table(make_table(enough, {"ablation_rotation", {}, "", false}), TableFormat::text);
  EXPECT_EQ(text.find("perfect detections"), std::string::npos) << text;
}

CellRecord record_at(const std::string& arm, const std::map<std::string, std::string>& axes) {
  CellRecord record = sample_record(arm, 0, arm == "a" ? 0 : 1);
  record.axes = axes;
  for (const auto& [key, value] : axes) record.id += key + value;
  return record;
}

std::string baseline_error(const Database& database, const std::string& baseline) {
  try {
    make_table(database, {"ablation_rotation", {}, baseline, false});
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Table, AValueOfAnAxisIsABaseline) {
  const Folder folder;
  Database database(folder.file());
  double heading = 1;
  for (const char* arm : {"a", "b"})
    for (const char* weight : {"0.2", "0.4"})
      for (const char* rule : {"\"mean\"", "\"hindsight\""}) {
        const CellRecord record =
            record_at(arm, {{"loss.depth.weight", weight}, {"rule.plugin", rule}});
        database.import_result(record, sample_result(record, heading *= 2));
      }
  const auto differences = [&](const std::string& baseline) {
    std::map<std::string, double> result;
    for (const TableRow& row :
         make_table(database, {"ablation_rotation", {}, baseline, false}).rows)
      if (row.entries[0].comparison)
        result[row.title] = row.entries[0].comparison->difference.difference;
    return result;
  };
  // Headings: 2 4 (0.2), 8 16 (0.4) of a; 32 64, 128 256 of b.
  const std::map<std::string, double> expected = {
      {"a, loss.depth.weight = 0.2, rule.plugin = \"mean\"", 2 - 8.0},
      {"a, loss.depth.weight = 0.2, rule.plugin = \"hindsight\"", 4 - 16.0},
      {"b, loss.depth.weight = 0.2, rule.plugin = \"mean\"", 32 - 128.0},
      {"b, loss.depth.weight = 0.2, rule.plugin = \"hindsight\"", 64 - 256.0}};
  EXPECT_EQ(differences("loss.depth.weight = 0.4"), expected);
  EXPECT_EQ(differences("loss.depth.weight=0.40"), expected);
  EXPECT_EQ(differences("a").at("b, loss.depth.weight = 0.4, rule.plugin = \"mean\""), 128 - 8.0);
  EXPECT_EQ(differences("rule.plugin = mean").size(), 4u);
  const auto one = differences("a, loss.depth.weight = 0.4, rule.plugin = mean");
  EXPECT_EQ(one.size(), 7u) << "one row against all others";
  EXPECT_EQ(one.at("b, loss.depth.weight = 0.2, rule.plugin = \"hindsight\""), 64 - 8.0);

  for (const char* wrong :
       {"loss.depth.weight = 0.5", "loss.dept.weight = 0.4", "c", "a, c", "arm = a"}) {
    const std::string error = baseline_error(database, wrong);
    for (const char* part : {"a, b, ", "loss.depth.weight = 0.2", "rule.plugin = \"mean\""})
      EXPECT_NE(error.find(part), std::string::npos) << wrong << ": " << error;
  }
  EXPECT_NE(baseline_error(database, "loss.depth.weigt = 0.4")
                .find("did you mean 'loss.depth.weight = 0.4'?"),
            std::string::npos);
}

/// Arms a, b in "before" and b, c in "after", over three seeds each.
void import_two_experiments(Database& database) {
  double heading = 1;
  for (const auto& [experiment, arms] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{{"before", {"a", "b"}},
                                                                     {"after", {"c", "b"}}})
    for (size_t order = 0; order < arms.size(); ++order, heading *= 2)
      for (int seed = 0; seed < 3; ++seed) {
        CellRecord record = sample_record(arms[order], seed, static_cast<int>(order));
        record.experiment = experiment;
        record.id = experiment + record.id;
        database.import_result(record, sample_result(record, heading + 0.1 * seed));
      }
}

std::vector<std::string> titles_of(const Table& table) {
  std::vector<std::string> titles;
  for (const TableRow& row : table.rows) titles.push_back(row.title);
  return titles;
}

TEST(Table, SeveralExperimentsStandUnderOneSetOfColumns) {
  using Titles = std::vector<std::string>;
  const Folder folder;
  Database database(folder.file());
  import_two_experiments(database);
  TableSpec spec{"before", {}, "", true};
  spec.more_experiments = {"after"};
  const Table table = make_table(database, spec);
  EXPECT_EQ(titles_of(table), (Titles{"before: a", "before: b", "after: c", "after: b"}));
  const Table alone = make_table(database, {"after", {}, "", true});
  ASSERT_EQ(table.columns.size(), alone.columns.size());
  for (size_t c = 0; c < table.columns.size(); ++c)
    for (size_t r = 0; r < 2; ++r) {
      EXPECT_EQ(table.rows[2 + r].entries[c].shown, alone.rows[r].entries[c].shown);
      EXPECT_TRUE(table.rows[2 + r].entries[c].interval.low ==
                      alone.rows[r].entries[c].interval.low ||
                  std::isnan(alone.rows[r].entries[c].interval.low));
    }
  EXPECT_TRUE(table.rows[0].entries[0].is_best);
  EXPECT_FALSE(table.rows[2].entries[0].is_best) << "the best of all experiments";
  const auto records = nlohmann::json::parse(format_table(table, TableFormat::json));
  EXPECT_EQ(records.front().at("experiment"), "before");
  EXPECT_EQ(records.back().at("experiment"), "after");
  for (const TableFormat format : {TableFormat::text, TableFormat::markdown, TableFormat::latex})
    EXPECT_NE(format_table(table, format).find("after: b"), std::string::npos);
}

TEST(Table, ExperimentsAreAnAxisOfTheirTable) {
  using Titles = std::vector<std::string>;
  const Folder folder;
  Database database(folder.file());
  import_two_experiments(database);
  TableSpec spec{"before", {"heading_error_median"}, "experiment = before", false};
  spec.more_experiments = {"after"};
  spec.grouping_keys = {"arm"};
  const Table grouped = make_table(database, spec);
  EXPECT_EQ(titles_of(grouped), (Titles{"before: a", "before: b", "after: b", "after: c"}));
  EXPECT_NEAR(grouped.rows[2].entries[0].comparison.value().difference.difference, 8 - 2.0, 1e-9);
  EXPECT_FALSE(grouped.rows[3].entries[0].comparison) << "c has no counterpart";

  spec.baseline = "before: a";
  EXPECT_EQ(make_table(database, spec).rows[3].entries[0].comparison->difference.n, 3);
  spec.baseline = "";
  spec.grouping_keys = {};
  spec.column_keys = {"experiment"};
  const Table beside = make_table(database, spec);
  EXPECT_EQ(titles_of(beside), (Titles{"a", "b", "c"}));
  ASSERT_EQ(beside.columns.size(), 2u);
  EXPECT_EQ(beside.columns[1].title.substr(0, 7), "after: ");
  EXPECT_EQ(beside.rows[1].entries[1].shown, "8.1 ± 0.1");
  EXPECT_EQ(beside.rows[2].entries[0].shown, "");
}

TEST(Table, ExperimentsThatDoNotGoTogetherAreToldApart) {
  const Folder folder;
  Database database(folder.file());
  import_two_experiments(database);
  CellRecord record = sample_record("a", 0);
  record.experiment = "people";
  CellResult result = sample_result(record, 1);
  for (MetricValue& metric : result.metrics) metric.category = "pedestrian";
  database.import_result(record, result);
  record.experiment = "easy";
  record.id = "easy";
  result = sample_result(record, 1);
  for (MetricValue& metric : result.metrics) metric.difficulty = "easy";
  database.import_result(record, result);
  const auto made = [&](const std::string& other, const std::string& on) -> std::string {
    TableSpec spec{"before", {}, "", false};
    spec.more_experiments = {other};
    spec.grouping_keys = {on};
    try {
      return format_table(make_table(database, spec), TableFormat::text);
    } catch (const UserError& error) {
      return error.what();
    }
  };
  EXPECT_NE(made("people", "arm").find("'before' evaluates car and 'people' pedestrian"),
            std::string::npos);
  EXPECT_NE(made("easy", "arm").find("labels of different difficulty"), std::string::npos);
  EXPECT_NE(made("after", "arn").find("did you mean 'arm'?"), std::string::npos);
  EXPECT_NE(made("before", "arm").find("named twice"), std::string::npos);
  EXPECT_NE(made("aftr", "arm").find("did you mean 'after'?"), std::string::npos);
}

TEST(Table, OfAxesInStepOneValueIsEnough) {
  const Folder folder;
  Database database(folder.file());
  for (const auto& [iterations, hypotheses] :
       std::map<std::string, std::string>{{"10", "8"}, {"20", "4"}, {"40", "2"}}) {
    const CellRecord record =
        record_at("a", {{"fit.iterations", iterations}, {"fit.hypotheses", hypotheses}});
    database.import_result(record, sample_result(record, std::stod(iterations)));
  }
  const Table table = make_table(database, {"ablation_rotation", {}, "fit.iterations = 20", false});
  std::vector<double> differences;
  for (const TableRow& row : table.rows)
    if (row.entries[0].comparison)
      differences.push_back(row.entries[0].comparison->difference.difference);
  EXPECT_EQ(differences, (std::vector<double>{-10, 20}));
}

TEST(Table, MetricsRiseAlongAnAxis) {
  const Folder folder;
  Database database(folder.file());
  const unsigned random_seed = 5;
  SCOPED_TRACE(random_seed);
  Random random(random_seed);
  const std::vector<std::string> weights = {"0.05", "0.2", "10"};  // by the text: 10 before 0.2
  for (const char* arm : {"a", "b"})
    for (int place = 0; place < 3; ++place) {
      std::vector<double> degrees;
      for (int i = 0; i < 40; ++i)
        degrees.push_back(random.uniform(0, 4) + (arm[0] == 'a' ? 3 * place : 0));
      CellRecord record = record_at(arm, {{"loss.depth.weight", weights[place]}});
      import_objects(database, record, degrees, 2);
    }
  TableSpec spec{"ablation_rotation", {}, "", false};
  spec.trend_axis = "loss.depth.weight";
  const Table table = make_table(database, spec);
  const size_t heading = column_named(table, "heading [deg]");
  std::map<std::string, Comparison> trends;
  std::map<std::string, std::vector<double>> shown;
  for (const TableRow& row : table.rows) {
    shown[row.arm].push_back(row.entries[heading].mean);
    if (!row.trend_title.empty())
      trends.emplace(row.trend_title, row.entries[heading].trend.value());
  }
  ASSERT_EQ(trends.size(), 2u);
  for (const char* arm : {"a", "b"}) {
    const Comparison& trend = trends.at(arm);
    EXPECT_NEAR(trend.difference.difference, (shown[arm][2] - shown[arm][0]) / 2, 1e-9) << arm;
    EXPECT_EQ(trend.paired_over, "frames");
    EXPECT_EQ(trend.difference.n, 20);
    EXPECT_LE(trend.difference.interval.low, trend.difference.difference);
    EXPECT_GE(trend.difference.interval.high, trend.difference.difference);
  }
  EXPECT_LT(trends.at("a").holm_p, 0.001 * 6);
  EXPECT_GT(trends.at("b").holm_p, 0.05) << "nothing but noise";
  const std::string text = format_table(table, TableFormat::text);
  EXPECT_NE(text.find("trend of the numbers above from one value of \"loss.depth.weight\""),
            std::string::npos)
      << text;
  const auto document = nlohmann::json::parse(format_table(table, TableFormat::json));
  EXPECT_EQ(document[heading]["trend_axis"], "loss.depth.weight");
  spec.row_keys = {"loss.depth.weight", "arm"};
  std::map<std::string, double> kept;
  for (const TableRow& row : make_table(database, spec).rows)
    if (!row.trend_title.empty())
      kept[row.trend_title] = row.entries[heading].trend->difference.difference;
  EXPECT_EQ(kept,
            (std::map<std::string, double>{{"a", trends.at("a").difference.difference},
                                           {"b", trends.at("b").difference.difference}}))
      << "with --rows";
  spec.row_keys.clear();

  const auto refusal = [&](const std::string& axis) {
    spec.trend_axis = axis;
    try {
      make_table(database, spec);
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refusal("loss.depth.wieght").find("did you mean 'loss.depth.weight'?"),
            std::string::npos);
  const CellRecord odd = record_at("a", {{"loss.depth.weight", "\"much\""}});
  database.import_result(odd, sample_result(odd, 1));
  EXPECT_NE(refusal("loss.depth.weight").find("\"much\" is no number"), std::string::npos);
}

}  // namespace
}  // namespace monodr
