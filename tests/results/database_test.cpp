// SPDX-License-Identifier: Apache-2.0
#include "results/database.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "results/schema.h"
#include "results/stored_cells.h"
#include "results/stored_facts.h"
#include "results/stored_result.h"
#include "results/table.h"
#include "sample.h"

namespace monodr {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// All rows of a query, fields with ';' between, NULL as "null".
std::string query(const Database& database, const std::string& sql) {
  std::string text;
  SQLite::Statement rows(database.connection(), sql);
  while (rows.executeStep()) {
    for (int c = 0; c < rows.getColumnCount(); ++c)
      text += (c > 0 ? ";" : "") +
              (rows.getColumn(c).isNull() ? std::string("null") : rows.getColumn(c).getString());
    text += "\n";
  }
  return text;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Database, KeepsAllThatACellLeaves) {
  const Folder folder;
  Database database(folder.file());
  CellRecord record = sample_record("mask only", 7);
  record.axes = {{"fit.iterations", "20"}, {"fit.rule", "\"mean\""}};
  CellResult result = sample_result(record, 3.25);
  result.metrics.push_back(pose_metric("size_error_mean", nan, "1"));
  ObjectResult miss;
  miss.frame = "000001";
  miss.difficulty = "hard";
  miss.failure = "too dark";
  miss.heading_turn = miss.heading_error = nan;
  ObjectResult hit = miss;
  hit.label = 1;
  hit.matched = true;
  hit.heading_turn = -std::acos(-1.0) / 2;
  hit.heading_error = std::acos(-1.0) / 2;
  hit.bev_overlap = 0.5;
  result.objects = {miss, hit};
  Annotation car;
  car.category = "Car";
  car.box3d.location = {1, 2, 3};
  car.score = 0.5;
  result.detections = {{"000001", {car, car}}, {"000002", {}}};
  HeadingMode mode;
  mode.box.rotation_y = 0.5;
  mode.probability = 0.75;
  HeadingMode turned = mode;
  turned.box.rotation_y = -2.5;
  turned.probability = 0.25;
  result.modes = {{mode, "000001", 0}, {turned, "000001", 0}, {mode, "000001", 1}};
  result.series = {{"loss.total", 0, 2}, {"loss.total", 1, nan}, {"loss.mask", 0, 1}};
  database.import_result(record, result);

  EXPECT_EQ(query(database,
                  "SELECT experiment, arm, point, seed, state, seconds, peak_memory_mb, pid "
                  "FROM v_cells"),
            "ablation_rotation;mask only;fit.iterations = 20, fit.rule = \"mean\";7;done;1.5;"
            "200.0;null\n");
  EXPECT_EQ(query(database,
                  "SELECT metric, category, difficulty, iou, recall_positions, value, unit FROM "
                  "v_metrics WHERE metric IN ('ap_bev', 'size_error_mean') ORDER BY iou"),
            "size_error_mean;car;hard;0.0;0;null;1\nap_bev;car;moderate;0.5;40;12.345;%\n"
            "ap_bev;car;moderate;0.7;40;3.5;%\n");
  EXPECT_EQ(query(database,
                  "SELECT frame, label, matched, failure, heading_error_deg, heading_turn_deg, "
                  "bev_overlap FROM v_objects ORDER BY label"),
            "000001;0;0;too dark;null;null;0.0\n000001;1;1;too dark;90.0;-90.0;0.5\n");
  EXPECT_EQ(query(database, "SELECT frame, number, category, x, y, z, score FROM v_detections"),
            "000001;0;Car;1.0;2.0;3.0;0.5\n000001;1;Car;1.0;2.0;3.0;0.5\n");
  EXPECT_EQ(
      query(database, "SELECT frame, number, mode, rotation_y, probability FROM v_heading_modes"),
      "000001;0;0;0.5;0.75\n000001;0;1;-2.5;0.25\n000001;1;0;0.5;0.75\n");
  EXPECT_EQ(query(database, "SELECT name FROM frame ORDER BY number"), "000001\n000002\n");
  EXPECT_EQ(query(database, "SELECT series, step, value FROM v_series ORDER BY series, step"),
            "loss.mask;0;1.0\nloss.total;0;2.0\nloss.total;1;null\n");
  EXPECT_EQ(query(database, "SELECT kind, name, version, file_hash FROM plugin"),
            "renderer;soft_rasterizer;1.0.0;abc\n");
  EXPECT_EQ(query(database, "SELECT key, length(value) FROM v_provenance ORDER BY key"),
            "git.diff;1000\nhost;4\n");
  EXPECT_EQ(query(database, "SELECT key, value FROM v_parameters ORDER BY key"),
            "fit.iterations;20\nfit.jumps;1\nloss.mask.weight;0.5\n");
}

TEST(Database, KeepsWhatANetworkSaysOfHeadings) {
  const Folder folder;
  Database database(folder.file());
  const CellRecord record = sample_record("predictor+fit", 0);
  CellResult result = sample_result(record, 1);
  result.detections = {{"000001", {Annotation{}, Annotation{}}}, {"000002", {Annotation{}}}};
  result.distributions = {{"000001", 1, {0.125, 0.5, 0.375, 0}},
                          {"000002", 0, {0.25, nan, 0.5, 0.25}}};
  ObjectResult believed;
  believed.frame = "000001";
  believed.heading_support = 0.875;
  ObjectResult unknown = believed;
  unknown.label = 1;
  unknown.heading_support = nan;
  result.objects = {believed, unknown};
  database.import_result(record, result);
  EXPECT_EQ(query(database, "SELECT label, heading_support FROM v_objects ORDER BY label"),
            "0;0.875\n1;null\n");
  EXPECT_EQ(query(database,
                  "SELECT arm, seed, frame, number, bin, heading_deg, probability FROM "
                  "v_heading_distributions WHERE frame = '000001' ORDER BY bin"),
            "predictor+fit;0;000001;1;0;45.0;0.125\npredictor+fit;0;000001;1;1;135.0;0.5\n"
            "predictor+fit;0;000001;1;2;225.0;0.375\npredictor+fit;0;000001;1;3;315.0;0.0\n");
  EXPECT_EQ(query(database,
                  "SELECT frame, count(*), sum(probability) FROM v_heading_distributions "
                  "GROUP BY frame, number ORDER BY frame"),
            "000001;4;1.0\n000002;4;1.0\n");
  const CellResult stored = find_stored_result(database, record.id).result;
  ASSERT_EQ(stored.distributions.size(), 2u);
  EXPECT_EQ(stored.distributions[0].frame, "000001");
  EXPECT_EQ(stored.distributions[0].detection, 1);
  EXPECT_EQ(stored.distributions[0].probabilities, result.distributions[0].probabilities);
  EXPECT_TRUE(std::isnan(stored.distributions[1].probabilities[1])) << "a network may go wrong";
  EXPECT_TRUE(differences(result, stored).empty());
  result.distributions.clear();
  database.import_result(record, result);
  EXPECT_EQ(query(database, "SELECT count(*) FROM heading_distribution"), "0\n");
}

TEST(Database, ALaterResultReplacesTheEarlierOne) {
  const Folder folder;
  Database database(folder.file());
  const CellRecord record = sample_record("arm", 0);
  database.import_result(record, sample_result(record, 1));
  CellResult failed;
  failed.cell = record.id;
  failed.state = "failed";
  failed.message = "out of memory";
  database.import_result(record, failed);
  EXPECT_EQ(database.states("ablation_rotation").at(record.id), "failed");
  EXPECT_EQ(database.failure_message(record), "out of memory");
  EXPECT_EQ(query(database, "SELECT count(*) FROM metric"), "0\n");
  database.import_result(record, sample_result(record, 2));
  EXPECT_EQ(database.failure_message(record), "");
  EXPECT_EQ(query(database, "SELECT value FROM v_metrics WHERE unit = 'deg'"), "2.0\n");
}

TEST(Database, OnlyTheNewestCellOfAnArmAndSeedCounts) {
  const Folder folder;
  Database database(folder.file());
  CellRecord older = sample_record("arm", 0), newer = older;
  newer.id = "another plugin file";
  database.import_result(older, sample_result(older, 1));
  database.import_result(newer, sample_result(newer, 2));
  EXPECT_EQ(query(database, "SELECT value FROM v_metrics WHERE unit = 'deg'"), "2.0\n");
  EXPECT_EQ(database.states("ablation_rotation").size(), 2u);
  database.plan("ablation_rotation", "why?", {older});
  EXPECT_EQ(query(database, "SELECT value FROM v_metrics WHERE unit = 'deg'"), "1.0\n");
  EXPECT_EQ(query(database, "SELECT question FROM experiment"), "why?\n");
}

TEST(Database, RowsFollowThePlan) {
  const Folder folder;
  Database database(folder.file());
  std::vector<CellRecord> cells;
  for (const char* value : {"5", "20", "100"}) {  // as text "100" would come first
    CellRecord record = sample_record("arm", 0, 1);
    record.axes = {{"fit.iterations", value}};
    record.id = value;
    cells.push_back(record);
  }
  cells.push_back(sample_record("first", 0, 0));
  database.plan("ablation_rotation", "", cells);
  for (size_t i : {3, 2, 0, 1}) database.import_result(cells[i], sample_result(cells[i], 1));
  EXPECT_EQ(query(database, "SELECT label FROM v_rows ORDER BY arm_order, position"),
            "first\narm, fit.iterations = 5\narm, fit.iterations = 20\n"
            "arm, fit.iterations = 100\n");
}

TEST(Database, OnAFileSystemOfSeveralHostsItNeedsNoSharedMemoryAndSaysWhatToDo) {
  const Folder folder;
  const std::string file = folder.file("results.sqlite");
  const auto journal = [&] { return query(Database(file), "PRAGMA journal_mode"); };
  EXPECT_EQ(journal(), "wal\n");
  EXPECT_EQ(advice_on_file_system(file), "");
  for (const std::uint32_t type :
       {0x6969u, 0x0BD00BD0u, 0x47504653u, 0x00C36400u, 0x01021997u, 0x65735546u}) {
    set_file_system_probe([type](const std::string&) { return type; });
    EXPECT_EQ(journal(), "delete\n") << type;
    const std::string advice = advice_on_file_system(file);
    EXPECT_NE(advice.find(shared_file_system_name(type)), std::string::npos);
    EXPECT_NE(advice.find("--results"), std::string::npos);
  }
  set_file_system_probe({});
  EXPECT_EQ(journal(), "wal\n");
}

TEST(Database, ACellIsRunByOneProcess) {
  const Folder folder;
  Database database(folder.file());
  const CellRecord record = sample_record("arm", 0);
  EXPECT_TRUE(database.mark_running(record, ::getpid()));
  EXPECT_TRUE(database.mark_running(record, ::getpid()));
  EXPECT_FALSE(database.mark_running(record, ::getppid()));
  EXPECT_EQ(database.states("ablation_rotation").at(record.id), "running");
  EXPECT_EQ(query(database, "SELECT state FROM v_cells"), "running\n");
  database.release(record);
  EXPECT_TRUE(database.states("ablation_rotation").empty());
  EXPECT_TRUE(database.mark_running(record, ::getppid()));
  database.import_result(record, sample_result(record, 1));
  EXPECT_EQ(database.states("ablation_rotation").at(record.id), "done");
  // Running it once more does not lose what there is.
  EXPECT_TRUE(database.mark_running(record, ::getpid()));
  database.release(record);
  EXPECT_EQ(database.states("ablation_rotation").at(record.id), "done");
  EXPECT_EQ(query(database, "SELECT count(*) FROM v_metrics"), "4\n");
}

TEST(Database, AnExceptionLeavesTheCellAsItWas) {
  const Folder folder;
  Database database(folder.file());
  const CellRecord record = sample_record("arm", 0);
  database.import_result(record, sample_result(record, 1));
  CellResult twice = sample_result(record, 2);
  twice.metrics.push_back(twice.metrics[0]);
  EXPECT_THROW(database.import_result(record, twice), CheckFailure);
  EXPECT_EQ(query(database, "SELECT value FROM v_metrics WHERE unit = 'deg'"), "1.0\n");
}

// Rows are inserted many by one statement and by the order of their keys: of whatever number and in whatever order they
// come, each is there with its own value.
TEST(Database, RowsOfAnyNumberAndOrderKeepTheirValues) {
  const Folder folder;
  Database database(folder.file());
  for (const int count : {0, 1, 7, 8, 9, 63, 64, 65, 73, 200}) {
    SCOPED_TRACE(count);
    const CellRecord record = sample_record("arm", count);
    CellResult result = sample_result(record, 1);
    result.metrics.clear();
    FrameAnnotations frame{"frame", {}};
    for (int i = 0; i < count; ++i) {
      const int other = count - 1 - i;
      result.metrics.push_back(pose_metric("m" + std::to_string(other * 7 % 300), other, "deg"));
      result.series.push_back({"s" + std::to_string(i % 3), other, other + 0.25});
      ObjectResult object;
      object.frame = "frame";
      object.label = other;
      object.score = other + 0.5;
      result.objects.push_back(object);
      Annotation car;
      car.score = i + 0.5;
      frame.objects.push_back(car);
      DetectedMode mode;
      mode.frame = "frame";
      mode.detection = i;
      mode.probability = i + 0.75;
      result.modes.push_back(mode);
      result.distributions.push_back({"frame", i, {i + 0.25, 0.5}});
    }
    result.detections.push_back(frame);
    database.import_results({{record, result}});
    const auto rows_that = [&](const std::string& table_and_condition) {
      return query(database,
                   fmt::format("SELECT count(*) FROM {} AND cell = (SELECT id FROM cell WHERE "
                               "seed = {})",
                               table_and_condition,
                               count));
    };
    const std::string all = std::to_string(count) + "\n";
    EXPECT_EQ(rows_that("metric JOIN metric_name ON metric_name.id = metric WHERE "
                        "CAST(value AS INTEGER) * 7 % 300 = CAST(substr(name, 2) AS INTEGER)"),
              all);
    EXPECT_EQ(rows_that("series JOIN series_name ON series_name.id = series WHERE "
                        "value = step + 0.25"),
              all);
    EXPECT_EQ(rows_that("object WHERE score = label + 0.5"), all);
    EXPECT_EQ(rows_that("detection WHERE score = number + 0.5"), all);
    EXPECT_EQ(rows_that("heading_mode WHERE probability = detection + 0.75"), all);
    EXPECT_EQ(rows_that("heading_distribution WHERE probabilities ->> 0 = detection + 0.25"), all);
  }
}

// Many results go by one transaction, with the ids of names remembered and foreign keys not looked up meanwhile.
TEST(Database, ManyResultsAtOnceAreAllThereOrNone) {
  const Folder folder;
  Database database(folder.file());
  const CellRecord first = sample_record("first", 0), second = sample_record("second", 0),
                   third = sample_record("third", 0);
  CellResult twice = sample_result(second, 2);
  twice.metrics.push_back(twice.metrics[0]);
  EXPECT_THROW(database.import_results({{first, sample_result(first, 1)}, {second, twice}}),
               CheckFailure);
  EXPECT_EQ(query(database, "SELECT count(*) FROM cell"), "0\n");
  EXPECT_EQ(query(database, "SELECT count(*) FROM metric_name"), "0\n");
  EXPECT_EQ(query(database, "PRAGMA foreign_keys"), "1\n");

  database.import_results({{first, sample_result(first, 1)}, {second, sample_result(second, 2)}});
  database.import_result(third, sample_result(third, 3));
  EXPECT_EQ(query(database, "SELECT arm, value FROM v_metrics WHERE unit = 'deg' ORDER BY arm"),
            "first;1.0\nsecond;2.0\nthird;3.0\n");
  EXPECT_EQ(query(database, "SELECT count(*) FROM metric_name"), "4\n");
  EXPECT_EQ(query(database, "PRAGMA foreign_key_check"), "");
  EXPECT_EQ(query(database, "PRAGMA foreign_keys"), "1\n");
}

TEST(Database, AFullDiskIsAUserErrorAndTearsNothing) {
  const Folder folder;
  Database database(folder.file());
  const CellRecord record = sample_record("arm", 0);
  database.import_result(record, sample_result(record, 1));
  database.connection().exec("PRAGMA max_page_count = 1");  // as many as there are now
  CellResult large = sample_result(record, 2);
  large.provenance["log"] = std::string(1 << 20, 'x');
  EXPECT_NE(message_of([&] { database.import_result(record, large); }).find("disk is full"),
            std::string::npos);
  EXPECT_EQ(query(database, "SELECT value FROM v_metrics WHERE unit = 'deg'"), "1.0\n");
  EXPECT_EQ(query(database, "PRAGMA integrity_check"), "ok\n");
}

TEST(Database, RefusesFilesThatAreNotItsOwn) {
  const Folder folder;
  const auto opening = [](const std::string& file) {
    return message_of([&] { Database database(file); });
  };
  std::ofstream(folder.file("notes.txt")) << std::string(4096, 'x');
  EXPECT_NE(opening(folder.file("notes.txt")).find("not a results database"), std::string::npos);
  SQLite::Database(folder.file("other"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE t (a)");
  EXPECT_NE(opening(folder.file("other")).find("another program"), std::string::npos);
  { Database database(folder.file("newer")); }
  SQLite::Database(folder.file("newer"), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  EXPECT_NE(opening(folder.file("newer")).find("newer monodr"), std::string::npos);
  EXPECT_NE(opening(folder.path()).find("is a folder"), std::string::npos);
  EXPECT_NE(message_of([&] {
              Database database(folder.file("none"), Database::Access::read_only);
            }).find("run an experiment first"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder.file("none")));
}

TEST(Database, MakesItsFolder) {
  const Folder folder;
  { Database database(folder.file("a/b/results.sqlite")); }
  EXPECT_TRUE(std::filesystem::exists(folder.file("a/b/results.sqlite")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("a/b/results.sqlite-wal")));
}

TEST(Database, UnknownExperimentNamesTheNearest) {
  const Folder folder;
  Database database(folder.file());
  const CellRecord record = sample_record("arm", 0);
  database.import_result(record, sample_result(record, 1));
  EXPECT_NE(message_of([&] {
              database.require_experiment("ablation_rotaton");
            }).find("did you mean 'ablation_rotation'?"),
            std::string::npos);
}

std::string fixture(const std::string& name) {
  return read_file(std::string(std::getenv("MONODR_SOURCE_DIR")) + "/tests/results/fixtures/" +
                   name);
}

void write_database(const std::string& file, const std::string& sql) {
  SQLite::Database(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
}

// Every version that was ever released must open, keep its numbers and become the newest.
TEST(Database, OpensEveryEarlierVersion) {
  for (size_t version = 1; version <= schema_migrations().size(); ++version) {
    for (const auto access : {Database::Access::read_only, Database::Access::read_write}) {
      const Folder folder;
      write_database(folder.file(), fixture(fmt::format("version_{}.sql", version)));
      const Database database(folder.file(), access);
      EXPECT_EQ(query(database, "PRAGMA user_version"),
                fmt::format("{}\n", schema_migrations().size()));
      EXPECT_EQ(query(database,
                      "SELECT arm, metric, n, round(mean, 6), shown FROM v_summary JOIN variant "
                      "ON variant.id = v_summary.variant WHERE metric = 'heading_error_median'"),
                "mask only;heading_error_median;2;1.5;1.5 ± 0.7\n");
      EXPECT_EQ(query(database, "SELECT count(*) FROM v_objects"), "2\n");
      EXPECT_EQ(query(database, "SELECT seed, tags, note FROM v_cells ORDER BY seed"),
                version < 7 ? "0;null;null\n1;null;null\n"
                            : "0;draft paper;cut by 'hand'\n1;null;null\n");
      EXPECT_EQ(query(database, "SELECT value FROM v_provenance WHERE key = 'host' LIMIT 1"),
                "here\n");
      EXPECT_EQ(query(database, "SELECT count(*) FROM v_heading_distributions"),
                version < 8 ? "0\n" : "4\n");
    }
  }
}

// A run of the program of schema 3: means as that program printed them, comparisons by frames as they are
// made since schema 6, to the last digit.
TEST(Database, PrintsTheTablesOfARunOfBefore) {
  const Folder folder;
  write_database(folder.file(), fixture("before.sql"));
  const Database database(folder.file(), Database::Access::read_only);
  const auto printed = [&](const std::vector<std::string>& metrics) {
    return format_table(make_table(database, {"before", metrics, "one start", false}),
                        TableFormat::text);
  };
  EXPECT_EQ(printed({}) + printed({"heading_within_30",
                                   "heading_flipped",
                                   "heading_quarter_turned",
                                   "location_error_median",
                                   "size_error_mean",
                                   "recall",
                                   "bev_overlap_70",
                                   "volume_overlap_50",
                                   "ap_3d/hard",
                                   "fitted_objects",
                                   "renders_per_object"}),
            fixture("before.txt"));
}

TEST(Database, MendsWhatWasToldWronglyBefore) {
  const Folder folder;
  write_database(folder.file(),
                 fixture("before.sql") +
                     "UPDATE metric SET value = 3 WHERE cell = 1 AND metric = (SELECT id FROM "
                     "metric_name WHERE name = 'failed_objects');");
  const Database database(folder.file());
  EXPECT_EQ(
      query(database,
            "SELECT cell, value FROM metric JOIN metric_name ON metric_name.id = metric WHERE "
            "name = 'fitted_objects' ORDER BY cell"),
      "1;11.0\n2;14.0\n3;14.0\n4;14.0\n");
  EXPECT_EQ(query(database,
                  "SELECT DISTINCT unit FROM metric_name WHERE name IN ('objects', "
                  "'failed_objects', 'fitted_objects')"),
            "objects\n");
  EXPECT_EQ(query(database, "SELECT count(loss) FROM v_objects"), "0\n") << "0 was no loss";
}

TEST(Database, TagsAndNotesStayWithTheCellWhateverResultsItGets) {
  const Folder folder;
  Database database(folder.file());
  std::vector<CellRecord> records;
  for (int seed = 0; seed < 3; ++seed) records.push_back(sample_record("mask only", seed));
  database.plan("ablation_rotation", "", records);
  database.set_tag({records[0].id, records[1].id}, "paper", true);
  database.set_tag({records[0].id}, "draft", true);
  database.set_tag({records[0].id}, "draft", true);  // twice is once
  database.set_note(records[0].id, "it's cut by hand");
  for (int seed = 0; seed < 3; ++seed)
    database.import_result(records[static_cast<size_t>(seed)],
                           sample_result(records[static_cast<size_t>(seed)], 1 + seed));
  database.plan("ablation_rotation", "", records);
  const std::string said = "SELECT seed, tags, note FROM v_cells ORDER BY seed";
  EXPECT_EQ(query(database, said), "0;draft paper;it's cut by hand\n1;paper;null\n2;null;null\n");
  EXPECT_EQ(current_cells(database, "ablation_rotation").at(0).tags, "draft paper");

  database.set_tag({records[1].id}, "paper", false);
  database.set_note(records[0].id, "");
  EXPECT_EQ(query(database, said), "0;draft paper;null\n1;null;null\n2;null;null\n");
  database.set_note(records[1].id, "new");
  database.connection().exec("DELETE FROM cell WHERE seed < 2");
  EXPECT_EQ(query(database, "SELECT (SELECT count(*) FROM tag) + (SELECT count(*) FROM note)"),
            "0\n");
}

// What a table averages are the tagged cells alone; the file itself stays as it is.
TEST(Database, OnlyTaggedCellsCount) {
  const Folder folder;
  Database database(folder.file());
  for (int seed = 0; seed < 4; ++seed) {
    const CellRecord record = sample_record("mask only", seed);
    database.import_result(record, sample_result(record, 1 + seed));
    database.set_tag({record.id}, "all", true);
    if (seed >= 2) database.set_tag({record.id}, "late", true);
    if (seed <= 2) database.set_tag({record.id}, "early", true);
  }
  const auto mean = [](const Database& some) {
    return query(some, "SELECT n, mean FROM v_summary WHERE metric = 'heading_error_median'");
  };
  EXPECT_EQ(mean(database.only_tagged({"all"})), mean(database));
  EXPECT_EQ(mean(database.only_tagged({"late"})), "2;3.5\n");
  EXPECT_EQ(mean(database.only_tagged({"late", "early"})), "1;3.0\n");
  EXPECT_EQ(mean(database), "4;2.5\n");
}

// A database of before holds losses of weight 0; and what only some arms have differs between them.
TEST(Database, SettingsAreThoseThatTakePart) {
  const Folder folder;
  Database database(folder.file());
  int order = 0;
  for (const auto& [arm, losses] : std::map<std::string, std::string>{
           {"mask", R"({"mask": {"weight": 1.0}, "depth": {"weight": 0.0, "factor": [2, 3]}})"},
           {"mask + depth", R"({"mask": {"weight": 1.0}, "depth": {"weight": 0.4, "factor": 2}})"},
           {"depth", R"({"depth": {"weight": 0.4, "factor": 2}, "size": {"ranges": [3]}})"}}) {
    CellRecord record = sample_record(arm, 0, order++);
    record.config = R"({"fit": {"iterations": 20}, "loss": )" + losses + "}";
    database.import_result(record, sample_result(record, 1));
  }
  EXPECT_EQ(query(database, "SELECT DISTINCT key FROM v_parameters WHERE arm = 'mask' ORDER BY 1"),
            "fit.iterations\nloss.mask.weight\n");
  std::string told;
  for (const CountedFact& fact : settings_of(database, "ablation_rotation"))
    told += fmt::format("{} {} {}\n", fact.key, fact.value, fact.cells);
  EXPECT_EQ(told,
            "fit.iterations 20 3\n"
            "loss.depth.factor 2 2\nloss.depth.factor (none) 1\n"
            "loss.depth.weight 0.4 2\nloss.depth.weight (none) 1\n"
            "loss.mask.weight 1.0 2\nloss.mask.weight (none) 1\n"
            "loss.size.ranges[0] (none) 2\nloss.size.ranges[0] 3 1\n");
}

}  // namespace
}  // namespace monodr
