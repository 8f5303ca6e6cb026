// SPDX-License-Identifier: Apache-2.0
#include "results/stored_facts.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/remarks.h"
#include "results/stored_cells.h"

namespace monodr {
namespace {

/// `sql` gives key, value and count, and has one mark for the experiment.
void add_facts(const Database& database,
               const std::string& experiment,
               const std::string& sql,
               std::vector<CountedFact>& facts) {
  database.guarded([&] {
    SQLite::Statement rows(database.connection(), sql);
    rows.bind(1, experiment);
    while (rows.executeStep())
      facts.push_back({rows.getColumn(0).getString(),
                       rows.getColumn(1).getString(),
                       rows.getColumn(2).getInt()});
  });
}

}  // namespace

std::string question_of(const Database& database, const std::string& experiment) {
  std::string question;
  database.guarded([&] {
    SQLite::Statement row(database.connection(), "SELECT question FROM experiment WHERE name = ?");
    row.bind(1, experiment);
    if (row.executeStep()) question = row.getColumn(0).getString();
  });
  return question;
}

std::vector<std::string> report_metrics_of(const Database& database,
                                           const std::string& experiment) {
  std::vector<std::string> paths;
  database.guarded([&] {
    SQLite::Statement rows(database.connection(),
                           "SELECT path.value FROM experiment, json_each(report_metrics) AS path "
                           "WHERE name = ? ORDER BY path.key");
    rows.bind(1, experiment);
    while (rows.executeStep()) paths.push_back(rows.getColumn(0).getString());
  });
  return paths;
}

std::vector<CountedFact> settings_of(const Database& database, const std::string& experiment) {
  std::vector<CountedFact> facts;
  add_facts(
      database,
      experiment,
      "WITH own AS (SELECT cell.id, cell.hash, v.arm, v.point FROM cell JOIN v_variants AS v ON "
      "v.id = cell.variant JOIN config ON config.cell = cell.id WHERE v.experiment = ?1 AND "
      "is_current), "
      "said AS (SELECT p.key, coalesce(p.value, '') AS value, count(*) AS cells FROM "
      "v_parameters AS p JOIN own USING (hash, arm, point) WHERE p.experiment = ?1 GROUP BY 1, 2) "
      "SELECT * FROM said UNION ALL "
      "SELECT key, '(none)', (SELECT count(*) FROM own) - sum(cells) AS silent FROM said "
      "GROUP BY key HAVING silent > 0 ORDER BY 1, 3 DESC, 2",
      facts);
  return facts;
}

std::vector<CountedFact> provenance_of(const Database& database, const std::string& experiment) {
  std::vector<CountedFact> facts;
  for (const char* sql :
       {"SELECT p.key, p.value, count(*) FROM v_provenance AS p JOIN v_cells AS c USING (hash) "
        "WHERE "
        "p.experiment = ? AND c.experiment = p.experiment AND is_current AND p.key NOT LIKE "
        "'skipped %' GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2",
        "SELECT 'plugin ' || kind || ' ' || plugin.name, version || ', SHA-256 ' || file_hash, "
        "count(*) FROM plugin JOIN cell ON cell.id = plugin.cell AND is_current JOIN v_variants AS "
        "v ON v.id = variant WHERE experiment = ? GROUP BY 1, 2",
        "SELECT 'run', min(started) || ' to ' || max(finished) || ' UTC', count(*) FROM v_cells "
        "WHERE experiment = ? AND is_current AND finished IS NOT NULL HAVING count(*) > 0"})
    add_facts(database, experiment, sql, facts);
  return facts;
}

std::vector<CountedFact> left_out(const Database& database, const std::string& experiment) {
  std::vector<CountedFact> facts;
  add_facts(
      database,
      experiment,
      "SELECT key, text.value, count(*) FROM provenance AS p JOIN text ON text.id = p.text "
      "JOIN cell ON cell.id = p.cell AND is_current AND state = 'done' JOIN v_variants AS v ON "
      "v.id = variant WHERE experiment = ? AND (key LIKE 'skipped %' OR key LIKE 'failed "
      "object %') GROUP BY key, text.value ORDER BY key",
      facts);
  return facts;
}

std::vector<CountedFact> remarks_of(const Database& database, const std::string& experiment) {
  std::vector<CountedFact> facts;
  add_facts(database,
            experiment,
            "SELECT arm || iif(point = '', '', ', ' || point), message, count(*) FROM cell JOIN "
            "v_variants AS v ON v.id = variant WHERE experiment = ? AND is_current AND state = "
            "'done' AND message <> '' GROUP BY position, message ORDER BY position",
            facts);
  return facts;
}

std::vector<CountedFact> said_of_cells(const Database& database, const std::string& experiment) {
  std::vector<CountedFact> facts;
  add_facts(database,
            experiment,
            "SELECT c.arm || iif(c.point = '', '', ', ' || c.point) || ', seed ' || c.seed, "
            "iif(tags IS NULL, '', '[' || tags || ']') || iif(tags IS NULL OR note IS NULL, '', ' "
            "') || coalesce(note, ''), 1 "
            "FROM v_cells AS c JOIN cell ON cell.id = c.id JOIN variant ON variant.id = "
            "cell.variant WHERE "
            "c.experiment = ? AND c.is_current AND (tags IS NOT NULL OR note IS NOT NULL) "
            "ORDER BY position, c.seed",
            facts);
  return facts;
}

std::vector<std::string> notes_under_table(const Database& database,
                                           const std::string& experiment) {
  constexpr size_t kShown = 8;
  std::vector<std::string> notes;
  std::vector<CountedFact> remarks = remarks_of(database, experiment);
  // The rows are marked; said of each again it would crowd out what else there is.
  std::erase_if(remarks, [](const CountedFact& fact) { return fact.value == kSupervisedRemark; });
  for (size_t i = 0; i < std::min(remarks.size(), kShown); ++i)
    notes.push_back(
        fmt::format("{}{}: {}",
                    remarks[i].key,
                    remarks[i].cells > 1 ? fmt::format(" ({} cells)", remarks[i].cells) : "",
                    remarks[i].value));
  if (remarks.size() > kShown)
    notes.push_back(fmt::format(
        "and {} more; 'runexp status {}' has them all", remarks.size() - kShown, experiment));
  std::vector<CountedFact> failed;
  add_facts(database,
            experiment,
            "SELECT '', '', count(*) FROM cell JOIN v_variants AS v ON v.id = variant WHERE "
            "experiment = ? AND is_current AND state = 'failed'",
            failed);
  if (failed.at(0).cells > 0)
    notes.push_back(
        fmt::format("{} cells failed and are not in this table; 'runexp status {}' says why",
                    failed[0].cells,
                    experiment));
  for (const StoredCell& cell : current_cells(database, experiment))
    if (!cell.note.empty())
      notes.push_back(fmt::format("{}, seed {}: {}", cell.row_label(), cell.seed, cell.note));
  return notes;
}

std::string reason_of_miss(const Database& database,
                           std::int64_t row,
                           const std::string& frame,
                           int label) {
  std::string reason;
  database.guarded([&] {
    SQLite::Statement object(
        database.connection(),
        "SELECT failure FROM object WHERE cell = ? AND frame = ? AND label = ?");
    object.bind(1, row);
    object.bind(2, frame);
    object.bind(3, label);
    if (object.executeStep()) reason = object.getColumn(0).getString();
  });
  return reason;
}

std::vector<CountedFact> missed_labels(const Database& database, const std::string& experiment) {
  std::vector<CountedFact> facts;
  add_facts(database,
            experiment,
            "SELECT arm || iif(point = '', '', ', ' || point), coalesce(nullif(failure, ''), 'no "
            "reason is known') AS reason, count(*) FROM object JOIN cell ON cell.id = object.cell "
            "AND is_current AND state = 'done' JOIN v_variants AS v ON v.id = variant WHERE "
            "experiment = ? AND NOT matched GROUP BY position, reason ORDER BY position",
            facts);
  return facts;
}

}  // namespace monodr
