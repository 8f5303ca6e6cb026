// SPDX-License-Identifier: Apache-2.0
#include "results/schema.h"

#include <fmt/format.h>

#include "base/text.h"
#include "metrics/object_measurements.h"

namespace monodr {
namespace {

// Long tables are keyed by small integers and WITHOUT ROWID: a metric takes about 15 bytes. What a
// query over an experiment scans (cell) is kept apart from what is bulky (config, text).
constexpr const char* version_1 = R"sql(
CREATE TABLE experiment (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  question TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE variant (
  id         INTEGER PRIMARY KEY,
  experiment INTEGER NOT NULL REFERENCES experiment ON DELETE CASCADE,
  arm        TEXT NOT NULL,
  axes       TEXT NOT NULL CHECK (json_valid(axes)),
  arm_order  INTEGER NOT NULL,
  position   INTEGER NOT NULL,
  UNIQUE (experiment, arm, axes)
) STRICT;
CREATE INDEX variant_position ON variant (experiment, position);

CREATE TABLE cell (
  id             INTEGER PRIMARY KEY,
  variant        INTEGER NOT NULL REFERENCES variant ON DELETE CASCADE,
  hash           TEXT NOT NULL,
  seed           INTEGER NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('missing', 'done', 'failed')),
  is_current     INTEGER NOT NULL DEFAULT 1,
  message        TEXT NOT NULL DEFAULT '',
  started        TEXT,
  finished       TEXT,
  seconds        REAL,
  peak_memory_mb REAL,
  pid            INTEGER,
  process        TEXT,
  host           TEXT,
  UNIQUE (hash, variant)
) STRICT;
CREATE INDEX cell_of_variant ON cell (variant, is_current, state, seed);

CREATE TABLE config (
  cell INTEGER PRIMARY KEY REFERENCES cell ON DELETE CASCADE,
  json TEXT NOT NULL CHECK (json_valid(json))
) STRICT;

CREATE TABLE metric_name (
  id               INTEGER PRIMARY KEY,
  name             TEXT NOT NULL,
  category         TEXT NOT NULL COLLATE NOCASE,
  difficulty       TEXT NOT NULL,
  iou              REAL NOT NULL,
  recall_positions INTEGER NOT NULL,
  unit             TEXT NOT NULL,
  UNIQUE (name, category, difficulty, iou, recall_positions, unit)
) STRICT;

CREATE TABLE metric (
  cell   INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  metric INTEGER NOT NULL REFERENCES metric_name,
  value  REAL,
  PRIMARY KEY (cell, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE object (
  cell           INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  frame          TEXT NOT NULL,
  label          INTEGER NOT NULL,
  difficulty     TEXT NOT NULL,
  matched        INTEGER NOT NULL,
  failure        TEXT NOT NULL,
  heading_error  REAL,
  location_error REAL,
  size_error     REAL,
  bev_overlap    REAL,
  volume_overlap REAL,
  score          REAL,
  loss           REAL,
  PRIMARY KEY (cell, frame, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE frame (
  cell   INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  number INTEGER NOT NULL,
  name   TEXT NOT NULL,
  PRIMARY KEY (cell, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE detection (
  cell       INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  frame      INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  category   TEXT NOT NULL,
  truncation REAL,
  occlusion  INTEGER NOT NULL,
  alpha      REAL,
  box_left   REAL,
  box_top    REAL,
  box_right  REAL,
  box_bottom REAL,
  height     REAL,
  width      REAL,
  length     REAL,
  x          REAL,
  y          REAL,
  z          REAL,
  rotation_y REAL,
  score      REAL,
  PRIMARY KEY (cell, frame, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE series_name (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE series (
  cell   INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  series INTEGER NOT NULL REFERENCES series_name,
  step   INTEGER NOT NULL,
  value  REAL,
  PRIMARY KEY (cell, series, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin (
  cell      INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,
  version   TEXT NOT NULL,
  file_hash TEXT NOT NULL,
  PRIMARY KEY (cell, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE text (
  id    INTEGER PRIMARY KEY,
  value TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE provenance (
  cell INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  key  TEXT NOT NULL,
  text INTEGER NOT NULL REFERENCES text,
  PRIMARY KEY (cell, key)
) STRICT, WITHOUT ROWID;
)sql";

// v_copies holds the rows whose cells all found the same to the last bit, times aside: a run of before
// with several seeds where nothing depends on the seed. That takes an object that was found: where
// there is none, equal counts say nothing. It looks for a first difference, and finds it at once where
// there is one.
// v_metric_names says of each metric of the file how it is shown, by its definition; a metric that
// another version wrote and that this one does not define goes by its unit. v_summary is the one
// place where numbers of a table are averaged and rounded: `runexp table` and
// results/queries/table.sql print its column `shown`, so they cannot differ. It groups by numbers
// before it looks at names: the sort of a million metrics is what a table costs.
constexpr const char* views_before_objects = R"sql(
DROP VIEW IF EXISTS v_summary;
DROP VIEW IF EXISTS v_metric_names;
DROP VIEW IF EXISTS v_rows;
DROP VIEW IF EXISTS v_copies;
DROP VIEW IF EXISTS v_provenance;
DROP VIEW IF EXISTS v_parameters;
DROP VIEW IF EXISTS v_series;
DROP VIEW IF EXISTS v_heading_distributions;
DROP VIEW IF EXISTS v_heading_modes;
DROP VIEW IF EXISTS v_detections;
DROP VIEW IF EXISTS v_objects;
DROP VIEW IF EXISTS v_metrics;
DROP VIEW IF EXISTS v_cells;
DROP VIEW IF EXISTS v_variants;

CREATE VIEW v_variants AS
SELECT variant.id, experiment.name AS experiment, arm, arm_order, position, axes,
       (SELECT coalesce(group_concat(key || ' = ' || value, ', '), '')
          FROM json_each(variant.axes)) AS point
  FROM variant JOIN experiment ON experiment.id = variant.experiment;

CREATE VIEW v_cells AS
SELECT cell.id, cell.hash, v.experiment, v.arm, v.arm_order, v.point, cell.seed,
       CASE WHEN pid IS NULL THEN state ELSE 'running' END AS state,
       is_current, message, started, finished, seconds, peak_memory_mb, pid, host, launcher, lease_until,
       config.json AS config,
       (SELECT group_concat(name, ' ') FROM (SELECT name FROM tag WHERE tag.cell = cell.id ORDER BY name)) AS tags,
       (SELECT note.text FROM note WHERE note.cell = cell.id) AS note
  FROM cell JOIN v_variants v ON v.id = cell.variant LEFT JOIN config ON config.cell = cell.id;

CREATE VIEW v_metrics AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash, name AS metric, category, difficulty, iou,
       recall_positions, value, unit
  FROM metric
  JOIN metric_name ON metric_name.id = metric.metric
  JOIN cell ON cell.id = metric.cell
  JOIN v_variants v ON v.id = cell.variant
 WHERE cell.state = 'done' AND cell.is_current;

)sql";

constexpr const char* views_after_objects = R"sql(
CREATE VIEW v_detections AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash, frame.name AS frame, detection.number,
       category, truncation, occlusion, alpha, box_left, box_top, box_right, box_bottom, height, width,
       length, x, y, z, rotation_y, score
  FROM detection
  JOIN frame ON frame.cell = detection.cell AND frame.number = detection.frame
  JOIN cell ON cell.id = detection.cell
  JOIN v_variants v ON v.id = cell.variant
 WHERE cell.state = 'done' AND cell.is_current;

CREATE VIEW v_heading_modes AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash, frame.name AS frame, detection AS number, mode,
       alpha, height, width, length, x, y, z, rotation_y, loss, probability
  FROM heading_mode AS m
  JOIN frame ON frame.cell = m.cell AND frame.number = m.frame
  JOIN cell ON cell.id = m.cell
  JOIN v_variants v ON v.id = cell.variant
 WHERE cell.state = 'done' AND cell.is_current;

CREATE VIEW v_heading_distributions AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash, frame.name AS frame, detection AS number,
       entry.key AS bin, (entry.key + 0.5) * 360 / json_array_length(probabilities) AS heading_deg,
       entry.value AS probability
  FROM heading_distribution AS d
  JOIN frame ON frame.cell = d.cell AND frame.number = d.frame
  JOIN cell ON cell.id = d.cell
  JOIN v_variants v ON v.id = cell.variant, json_each(d.probabilities) AS entry
 WHERE cell.state = 'done' AND cell.is_current;

CREATE VIEW v_series AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash, name AS series, step, value
  FROM series
  JOIN series_name ON series_name.id = series.series
  JOIN cell ON cell.id = series.cell
  JOIN v_variants v ON v.id = cell.variant
 WHERE cell.is_current;

CREATE VIEW v_parameters AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash,
       replace(substr(leaf.fullkey, 3), '"', '') AS key, leaf.atom AS value
  FROM cell
  JOIN v_variants v ON v.id = cell.variant
  JOIN config ON config.cell = cell.id, json_tree(config.json) AS leaf
 WHERE leaf.type NOT IN ('object', 'array')
   AND NOT (leaf.fullkey LIKE '$.loss.%.%'
            AND coalesce(json_extract(config.json, '$.loss.'
                  || substr(leaf.fullkey, 8, instr(substr(leaf.fullkey, 8), '.') - 1) || '.weight'), 1) = 0);

CREATE VIEW v_provenance AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash, key, text.value
  FROM provenance
  JOIN text ON text.id = provenance.text
  JOIN cell ON cell.id = provenance.cell
  JOIN v_variants v ON v.id = cell.variant;

CREATE VIEW v_copies AS
SELECT first.variant, first.id AS cell,
       (SELECT count(*) FROM cell
         WHERE variant = first.variant AND is_current = 1 AND state = 'done') AS cells
  FROM cell AS first
 WHERE first.is_current = 1 AND first.state = 'done'
   AND NOT EXISTS (SELECT 1 FROM cell AS earlier
                    WHERE earlier.variant = first.variant AND earlier.is_current = 1 AND earlier.state = 'done'
                      AND earlier.seed < first.seed)
   AND EXISTS (SELECT 1 FROM cell AS later
                WHERE later.variant = first.variant AND later.is_current = 1 AND later.state = 'done'
                  AND later.id <> first.id)
   AND EXISTS (SELECT 1 FROM object WHERE object.cell = first.id AND location_error IS NOT NULL)
   AND NOT EXISTS (SELECT 1
                     FROM cell AS other
                     JOIN metric AS theirs ON theirs.cell = other.id
                     JOIN metric_name ON metric_name.id = theirs.metric
                     LEFT JOIN metric AS own ON own.cell = first.id AND own.metric = theirs.metric
                    WHERE other.variant = first.variant AND other.is_current = 1 AND other.state = 'done'
                      AND other.id <> first.id AND unit <> 's' AND own.value IS NOT theirs.value)
   AND NOT EXISTS (SELECT 1
                     FROM cell AS other
                     JOIN object AS theirs ON theirs.cell = other.id
                     LEFT JOIN object AS own
                       ON own.cell = first.id AND own.frame = theirs.frame AND own.label = theirs.label
                    WHERE other.variant = first.variant AND other.is_current = 1 AND other.state = 'done'
                      AND other.id <> first.id
                      AND (own.location_error IS NOT theirs.location_error OR
                           own.heading_error IS NOT theirs.heading_error));

CREATE VIEW v_rows AS
WITH copied AS MATERIALIZED (SELECT variant, cells FROM v_copies)
SELECT id AS variant, experiment, arm, point, arm_order, position,
       replace(replace(replace(replace(arm || CASE point WHEN '' THEN '' ELSE ', ' || point END,
         '|', '\|'), char(13), ' '), char(10), ' '), char(9), ' ') AS label,
       iif(cells IS NULL, done, '1 (' || cells || ' equal)')
         || CASE failed WHEN 0 THEN '' ELSE ' (' || failed || ' failed)' END AS seeds,
       done, failed
  FROM (SELECT v.*, sum(state = 'done') AS done, sum(state = 'failed') AS failed
          FROM v_variants v JOIN cell ON cell.variant = v.id AND cell.is_current
         WHERE cell.state <> 'missing'
         GROUP BY v.id) LEFT JOIN copied ON copied.variant = id;

CREATE VIEW v_metric_names AS
SELECT m.id, m.name, category, difficulty, iou, recall_positions, m.unit,
       iif(category = '', '', category || '/') || m.name || iif(difficulty = '', '', '/' || difficulty)
         || iif(iou = 0, '', printf('/%g', iou))
         || iif(recall_positions = 0, '', '/AP' || recall_positions) AS path,
       coalesce(better, 'neither') AS better,
       coalesce(factor, iif(m.unit = '1', 100, 1)) AS factor,
       coalesce(decimals, iif(m.unit IN ('1', 'deg'), 1, 2)) AS decimals,
       coalesce(meaning, '') AS meaning
  FROM metric_name AS m LEFT JOIN metric_definition AS d ON d.name = m.name;

CREATE VIEW v_summary AS
WITH copied AS MATERIALIZED (SELECT variant FROM v_copies),
grouped AS (
  SELECT variant.id AS variant, experiment.name AS experiment, metric.metric AS metric_id,
         count(*) AS seeds, count(value) AS valued, avg(value) AS mean,
         CASE WHEN count(value) < 2 THEN NULL
              WHEN min(value) = max(value) THEN 0.0
              ELSE sqrt(max(0.0, sum(value * value) - sum(value) * avg(value)) / (count(value) - 1))
          END AS deviation
    FROM experiment
    JOIN variant ON variant.experiment = experiment.id
    JOIN cell ON cell.variant = variant.id AND cell.is_current = 1 AND cell.state = 'done'
    JOIN metric ON metric.cell = cell.id
   GROUP BY variant.id, experiment.name, metric.metric
),
summary AS (  -- of equal copies one counts; times are measured anew by each
  SELECT grouped.variant, experiment, metric_id, seeds, valued,
         iif(copied.variant IS NULL OR unit = 's', valued, min(valued, 1)) AS n, mean,
         iif(copied.variant IS NULL OR unit = 's', deviation, NULL) AS deviation
    FROM grouped JOIN metric_name ON metric_name.id = metric_id
    LEFT JOIN copied ON copied.variant = grouped.variant
)
SELECT summary.variant, summary.experiment, metric_id, seeds, summary.n, mean, deviation,
       n.name AS metric, category, difficulty, iou, recall_positions, unit, path, factor, decimals,
       printf('%.*f', decimals, factor * mean)
          || CASE WHEN deviation IS NOT NULL THEN printf(' ± %.*f', decimals, factor * deviation) ELSE '' END
          || CASE WHEN valued < seeds THEN ' (n = ' || valued || ')' ELSE '' END AS shown
  FROM summary JOIN v_metric_names AS n ON n.id = metric_id WHERE valued > 0;
)sql";

// New views only: cells that were never started are rows of `cell` from now on.
constexpr const char* version_2 = "";

// The side to which a heading is off. Cells of before have NULL.
constexpr const char* version_3 = "ALTER TABLE object ADD COLUMN heading_turn REAL;";

// Metrics as they are defined (written by open_database), and what was told wrongly before:
// `fitted_objects` counted those that failed, counts of objects had the unit of shares, and the loss of an object was
// never filled in. Cells of before have no error along and across the ray.
constexpr const char* version_4 = R"sql(
CREATE TABLE metric_definition (
  name          TEXT PRIMARY KEY,
  position      INTEGER NOT NULL,
  unit          TEXT NOT NULL,
  better        TEXT NOT NULL CHECK (better IN ('lower', 'higher', 'neither')),
  factor        REAL NOT NULL,
  decimals      INTEGER NOT NULL,
  title         TEXT NOT NULL,
  meaning       TEXT NOT NULL,
  object_column TEXT NOT NULL
) STRICT;

CREATE TABLE default_column (
  position         INTEGER PRIMARY KEY,
  metric           TEXT NOT NULL,
  difficulty       TEXT NOT NULL,
  iou              REAL NOT NULL,
  recall_positions INTEGER NOT NULL,
  title            TEXT NOT NULL
) STRICT;

ALTER TABLE object ADD COLUMN radial_error REAL;
ALTER TABLE object ADD COLUMN lateral_error REAL;
UPDATE object SET loss = NULL WHERE loss = 0;
UPDATE metric_name SET unit = 'objects' WHERE name IN ('objects', 'failed_objects') AND unit = '1';
UPDATE metric SET value = value - coalesce((
         SELECT failed.value FROM metric AS failed JOIN metric_name ON metric_name.id = failed.metric
          WHERE failed.cell = metric.cell AND name = 'failed_objects'), 0)
 WHERE metric IN (SELECT id FROM metric_name WHERE name = 'fitted_objects');
)sql";

/// The columns of single objects, angles in degrees.
std::string view_of_objects() {
  std::vector<std::string> columns;
  for (const ObjectColumn& column : object_columns())
    columns.push_back(column.is_angle() ? fmt::format("degrees({0}) AS {0}_deg", column.name)
                                        : column.name);
  return fmt::format(R"sql(
CREATE VIEW v_objects AS
SELECT v.experiment, v.arm, v.point, cell.seed, cell.hash, frame, label, difficulty, matched, failure,
       {}
  FROM object
  JOIN cell ON cell.id = object.cell
  JOIN v_variants v ON v.id = cell.variant
 WHERE cell.state = 'done' AND cell.is_current;
)sql",
                     join(columns, ", "));
}

// Until when the mark of a cell that runs on another host holds, seconds since 1970; who runs it.
constexpr const char* version_5 = R"sql(
ALTER TABLE cell ADD COLUMN lease_until INTEGER;
ALTER TABLE cell ADD COLUMN launcher TEXT;
)sql";

// Headings that a fit could not tell apart, the reported one as mode 0. New views: equal copies of a cell count as one.
constexpr const char* version_6 = R"sql(
CREATE TABLE heading_mode (
  cell        INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  frame       INTEGER NOT NULL,
  detection   INTEGER NOT NULL,
  mode        INTEGER NOT NULL,
  alpha       REAL,
  height      REAL,
  width       REAL,
  length      REAL,
  x           REAL,
  y           REAL,
  z           REAL,
  rotation_y  REAL,
  loss        REAL,
  probability REAL,
  PRIMARY KEY (cell, frame, detection, mode)
) STRICT, WITHOUT ROWID;
ALTER TABLE object ADD COLUMN heading_probability REAL;
)sql";

// What people say of cells, and what an experiment names for print.
constexpr const char* version_7 = R"sql(
CREATE TABLE tag (
  cell INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  name TEXT NOT NULL,
  PRIMARY KEY (cell, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
  cell INTEGER PRIMARY KEY REFERENCES cell ON DELETE CASCADE,
  text TEXT NOT NULL
) STRICT;

ALTER TABLE experiment ADD COLUMN report_metrics TEXT NOT NULL DEFAULT '[]';
)sql";

// What a network says of a heading over the whole circle; a row an object, since a row a bin would be most of the file.
constexpr const char* version_8 = R"sql(
CREATE TABLE heading_distribution (
  cell          INTEGER NOT NULL REFERENCES cell ON DELETE CASCADE,
  frame         INTEGER NOT NULL,
  detection     INTEGER NOT NULL,
  probabilities TEXT NOT NULL CHECK (json_valid(probabilities)),
  PRIMARY KEY (cell, frame, detection)
) STRICT, WITHOUT ROWID;
ALTER TABLE object ADD COLUMN heading_support REAL;
)sql";

}  // namespace

const std::vector<std::string>& schema_migrations() {
  static const std::vector<std::string> migrations = {
      version_1, version_2, version_3, version_4, version_5, version_6, version_7, version_8};
  return migrations;
}

std::string schema_views() {
  return views_before_objects + view_of_objects() + views_after_objects;
}

}  // namespace monodr
