// SPDX-License-Identifier: Apache-2.0
#include "results/stored_cells.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "results/columns.h"

namespace monodr {
namespace {

using SQLite::Statement;

Annotation annotation_of(Statement& row) {
  Annotation a;
  int c = 2;
  a.category = row.getColumn(c++).getString();
  a.truncation = number(row.getColumn(c++));
  a.occlusion = row.getColumn(c++).getInt();
  a.alpha = number(row.getColumn(c++));
  for (double* side : {&a.box2d.left, &a.box2d.top, &a.box2d.right, &a.box2d.bottom})
    *side = number(row.getColumn(c++));
  for (double* size : {&a.box3d.height, &a.box3d.width, &a.box3d.length})
    *size = number(row.getColumn(c++));
  for (int i = 0; i < 3; ++i) a.box3d.location[i] = number(row.getColumn(c++));
  a.box3d.rotation_y = number(row.getColumn(c++));
  a.score = number(row.getColumn(c++));
  return a;
}

std::vector<StoredCell> cells_where(const Database& database,
                                    const std::string& experiment,
                                    const std::string& condition,
                                    const std::string& order) {
  std::vector<StoredCell> cells;
  database.guarded([&] {
    Statement rows(
        database.connection(),
        fmt::format(
            "SELECT cell.id, variant, hash, arm, point, seed, state, message, coalesce(json, "
            "''), seconds, coalesce(unixepoch(finished), 0), coalesce(host, ''), "
            "coalesce(launcher, ''), coalesce(lease_until, 0), (SELECT coalesce(group_concat(name, "
            "' '), '') FROM (SELECT name FROM tag WHERE tag.cell = cell.id ORDER BY name)), "
            "coalesce((SELECT note.text FROM note WHERE note.cell = cell.id), '') FROM cell JOIN "
            "v_variants AS v "
            "ON v.id = cell.variant LEFT JOIN config ON config.cell = cell.id WHERE "
            "experiment = ? AND {} ORDER BY {}",
            condition,
            order));
    rows.bind(1, experiment);
    while (rows.executeStep()) {
      StoredCell cell;
      cell.id = rows.getColumn(0);
      cell.variant = rows.getColumn(1);
      cell.hash = rows.getColumn(2).getString();
      cell.arm = rows.getColumn(3).getString();
      cell.point = rows.getColumn(4).getString();
      cell.seed = rows.getColumn(5);
      cell.state = rows.getColumn(6).getString();
      cell.message = rows.getColumn(7).getString();
      cell.config = rows.getColumn(8).getString();
      cell.seconds = number(rows.getColumn(9));
      cell.finished = rows.getColumn(10);
      cell.host = rows.getColumn(11).getString();
      cell.launcher = rows.getColumn(12).getString();
      cell.lease_until = rows.getColumn(13);
      cell.tags = rows.getColumn(14).getString();
      cell.note = rows.getColumn(15).getString();
      cells.push_back(std::move(cell));
    }
  });
  return cells;
}

}  // namespace

std::vector<StoredCell> current_cells(const Database& database, const std::string& experiment) {
  database.require_experiment(experiment);
  return cells_where(database, experiment, "is_current", "arm_order, position, seed");
}

std::vector<TagCount> tag_counts(const Database& database) {
  std::vector<TagCount> counts;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT name, v.experiment, count(*), sum(is_current) FROM tag JOIN cell ON "
                   "cell.id = tag.cell JOIN v_variants AS v ON v.id = cell.variant GROUP BY 1, 2 "
                   "ORDER BY 1, 2");
    while (rows.executeStep())
      counts.push_back(
          {rows.getColumn(0), rows.getColumn(1), rows.getColumn(2), rows.getColumn(3)});
  });
  return counts;
}

std::vector<StoredCell> listed_cells(const Database& database, const std::string& experiment) {
  database.require_experiment(experiment);
  std::vector<StoredCell> cells = cells_where(
      database, experiment, "(is_current OR pid IS NOT NULL)", "arm_order, point, seed");
  const auto states = database.states(experiment);
  for (StoredCell& cell : cells) cell.state = states.at(cell.hash);
  return cells;
}

std::vector<StoredCell> finished_cells(const Database& database, const std::string& experiment) {
  return cells_where(
      database, experiment, "state = 'done' AND json IS NOT NULL", "finished, cell.id");
}

std::map<std::string, double> mean_seconds(const Database& database,
                                           const std::string& experiment) {
  std::map<std::string, double> seconds;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT arm, avg(seconds) FROM v_cells WHERE experiment = ?1 AND state "
                   "= 'done' GROUP BY arm UNION ALL SELECT '', avg(seconds) FROM v_cells "
                   "WHERE experiment = ?1 AND state = 'done'");
    rows.bind(1, experiment);
    while (rows.executeStep())
      if (!rows.getColumn(1).isNull()) seconds[rows.getColumn(0).getString()] = rows.getColumn(1);
  });
  return seconds;
}

CellRecord code_of(const Database& database, std::int64_t row) {
  CellRecord record;
  database.guarded([&] {
    Statement plugins(database.connection(),
                      "SELECT kind, name, version, file_hash FROM plugin WHERE cell = ?");
    plugins.bind(1, row);
    while (plugins.executeStep())
      record.plugins.push_back(
          {plugins.getColumn(0), plugins.getColumn(1), plugins.getColumn(2), plugins.getColumn(3)});
    Statement hash(database.connection(),
                   "SELECT value FROM provenance JOIN text ON text.id = provenance.text WHERE cell "
                   "= ? AND key = 'code_hash'");
    hash.bind(1, row);
    if (hash.executeStep()) record.code_hash = hash.getColumn(0).getString();
  });
  return record;
}

std::vector<MetricValue> metrics_of(const Database& database, std::int64_t row) {
  std::vector<MetricValue> metrics;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT name, category, difficulty, iou, recall_positions, value, unit FROM "
                   "metric JOIN metric_name ON metric_name.id = metric.metric WHERE cell = ? "
                   "ORDER BY metric_name.id");
    rows.bind(1, row);
    while (rows.executeStep())
      metrics.push_back({rows.getColumn(0).getString(),
                         rows.getColumn(1).getString(),
                         rows.getColumn(2).getString(),
                         rows.getColumn(3).getDouble(),
                         rows.getColumn(4).getInt(),
                         number(rows.getColumn(5)),
                         rows.getColumn(6).getString()});
  });
  return metrics;
}

std::vector<SeriesPoint> series_of(const Database& database, std::int64_t row) {
  std::vector<SeriesPoint> series;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT name, step, value FROM series JOIN series_name ON series_name.id = "
                   "series.series WHERE cell = ? ORDER BY name, step");
    rows.bind(1, row);
    while (rows.executeStep())
      series.push_back(
          {rows.getColumn(0).getString(), rows.getColumn(1), number(rows.getColumn(2))});
  });
  return series;
}

std::vector<FrameAnnotations> detections_of(const Database& database, std::int64_t row) {
  std::vector<FrameAnnotations> frames;
  database.guarded([&] {
    Statement rows(
        database.connection(),
        "SELECT frame.number, frame.name, category, truncation, occlusion, alpha, box_left, "
        "box_top, box_right, box_bottom, height, width, length, x, y, z, rotation_y, score "
        "FROM frame LEFT JOIN detection ON detection.cell = frame.cell AND detection.frame = "
        "frame.number WHERE frame.cell = ? ORDER BY frame.number, detection.number");
    rows.bind(1, row);
    int last = -1;
    while (rows.executeStep()) {
      if (rows.getColumn(0).getInt() != last) frames.push_back({rows.getColumn(1), {}});
      last = rows.getColumn(0);
      if (!rows.getColumn(2).isNull()) frames.back().objects.push_back(annotation_of(rows));
    }
  });
  return frames;
}

std::vector<DetectedMode> modes_of(const Database& database, std::int64_t row) {
  std::vector<DetectedMode> modes;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT frame.name, detection, alpha, height, width, length, x, y, z, "
                   "rotation_y, loss, probability FROM heading_mode AS m JOIN frame ON frame.cell "
                   "= m.cell AND frame.number = m.frame WHERE m.cell = ? "
                   "ORDER BY m.frame, detection, mode");
    rows.bind(1, row);
    while (rows.executeStep()) {
      DetectedMode m;
      m.frame = rows.getColumn(0).getString();
      m.detection = rows.getColumn(1);
      int c = 2;
      for (double* value : {&m.alpha,
                            &m.box.height,
                            &m.box.width,
                            &m.box.length,
                            &m.box.location.x(),
                            &m.box.location.y(),
                            &m.box.location.z(),
                            &m.box.rotation_y,
                            &m.loss,
                            &m.probability})
        *value = number(rows.getColumn(c++));
      modes.push_back(m);
    }
  });
  return modes;
}

std::vector<DetectedDistribution> distributions_of(const Database& database, std::int64_t row) {
  std::vector<DetectedDistribution> distributions;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT frame.name, detection, probabilities FROM heading_distribution AS d "
                   "JOIN frame ON frame.cell = d.cell AND frame.number = d.frame "
                   "WHERE d.cell = ? ORDER BY d.frame, detection");
    rows.bind(1, row);
    while (rows.executeStep()) {
      DetectedDistribution d{rows.getColumn(0).getString(), rows.getColumn(1), {}};
      for (const auto& value : nlohmann::json::parse(rows.getColumn(2).getString()))
        d.probabilities.push_back(value.is_number() ? value.get<double>() : std::nan(""));
      distributions.push_back(std::move(d));
    }
  });
  return distributions;
}

}  // namespace monodr
