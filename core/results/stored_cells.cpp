// SPDX-License-Identifier: Apache-2.0
#include "results/stored_cells.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <limits>

namespace monodr {
namespace {

double number(const SQLite::Column& column) {
  return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

Annotation annotation_of(SQLite::Statement& row) {
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

}  // namespace

std::vector<StoredCell> current_cells(const Database& database, const std::string& experiment) {
  database.require_experiment(experiment);
  std::vector<StoredCell> cells;
  database.guarded([&] {
    SQLite::Statement rows(
        database.connection(),
        "SELECT cell.id, variant, hash, arm, point, seed, state, message, coalesce(json, '') "
        "FROM cell JOIN v_variants AS v ON v.id = cell.variant LEFT JOIN config ON config.cell = "
        "cell.id WHERE experiment = ? AND is_current ORDER BY arm_order, position, seed");
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
      cells.push_back(std::move(cell));
    }
  });
  return cells;
}

std::vector<FrameAnnotations> detections_of(const Database& database, const StoredCell& cell) {
  std::vector<FrameAnnotations> frames;
  database.guarded([&] {
    SQLite::Statement rows(
        database.connection(),
        "SELECT frame.number, frame.name, category, truncation, occlusion, alpha, box_left, "
        "box_top, box_right, box_bottom, height, width, length, x, y, z, rotation_y, score "
        "FROM frame LEFT JOIN detection ON detection.cell = frame.cell AND detection.frame = "
        "frame.number WHERE frame.cell = ? ORDER BY frame.number, detection.number");
    rows.bind(1, cell.id);
    int last = -1;
    while (rows.executeStep()) {
      if (rows.getColumn(0).getInt() != last) frames.push_back({rows.getColumn(1), {}});
      last = rows.getColumn(0);
      if (!rows.getColumn(2).isNull()) frames.back().objects.push_back(annotation_of(rows));
    }
  });
  return frames;
}

}  // namespace monodr
