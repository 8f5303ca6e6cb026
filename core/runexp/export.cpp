// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "data/kitti_label.h"
#include "report/tensorboard.h"
#include "results/escape.h"
#include "results/metric_column.h"
#include "results/stored_cells.h"
#include "results/stored_views.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/export_meshes.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using nlohmann::ordered_json;

const CommandUsage usage = {"runexp export",
                            "EXPERIMENT --format FORMAT --output DIR [options]",
                            R"(Writes the results of the last run of the experiment for other tools.

Formats:
  kitti        <cell>/<frame>.txt: result files, as the official kit and 'runexp evaluate' read them
  csv, json    cells, metrics, objects, detections, heading_modes, heading_distributions, series, parameters,
               provenance: one file each, the columns of the views v_... (docs/database.md)
  tensorboard  <cell>/events.out.tfevents...: recorded curves, and the metrics as scalars of step 0;
               for 'tensorboard --logdir DIR'
  glb, obj, ply  <cell>/<frame>.glb: the fitted meshes, one file a frame, each object by its name
               (category and number in v_detections) with its colours, in metres. OBJ and PLY are in the camera's
               frame as result files have it: x right, y down, z along the view. GLB's root node turns
               it half about x, as glTF has y up. The database keeps poses, not shapes: each cell is fitted again
               for them, and an object that does not come out as it is stored is left out and told.

<cell> is arm, axes, seed and the first digits of the cell's id.

Examples:
  runexp export ablation_rotation --format kitti --output detections
  runexp export ablation_rotation --format csv --output tables
  runexp export ablation_rotation --format glb --output meshes
)"};

constexpr const char* kViews[] = {"cells",
                                  "metrics",
                                  "objects",
                                  "detections",
                                  "heading_modes",
                                  "heading_distributions",
                                  "series",
                                  "parameters",
                                  "provenance"};

/// Letters and digits of ASCII only: names hold anything, file systems do not.
std::string folder_name(const StoredCell& cell) {
  std::string name;
  for (const char c : cell.row_label() + "-seed" + std::to_string(cell.seed)) {
    const bool is_plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || (c >= 'A' && c <= 'Z');
    if (is_plain)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  constexpr size_t longest = 120;
  return name.substr(0, longest) + "-" + cell.hash.substr(0, 6);
}

std::string view_as_csv(const Database& database,
                        const std::string& experiment,
                        const std::string& view) {
  std::string text;
  for_each_row(database, experiment, view, [&](const auto& names, const auto& values) {
    if (text.empty()) text = join(names, ",") + "\n";
    std::vector<std::string> fields;
    for (const ordered_json& value : values)
      fields.push_back(value.is_null()     ? ""
                       : value.is_string() ? escaped_csv(value.template get<std::string>())
                                           : value.dump());
    text += join(fields, ",") + "\n";
  });
  return text;
}

std::string view_as_json(const Database& database,
                         const std::string& experiment,
                         const std::string& view) {
  ordered_json records = ordered_json::array();
  for_each_row(database, experiment, view, [&](const auto& names, const auto& values) {
    ordered_json record;
    for (size_t i = 0; i < names.size(); ++i) record[names[i]] = values[i];
    records.push_back(std::move(record));
  });
  return records.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

void export_kitti(const Database& database,
                  const std::vector<StoredCell>& cells,
                  const fs::path& output) {
  for (const StoredCell& cell : cells)
    if (cell.state == "done")
      write_kitti_frames((output / folder_name(cell)).string(),
                         detections_of(database, cell.id),
                         KittiFileKind::results);
}

std::string events_of(const Database& database, const StoredCell& cell) {
  EventFile events(static_cast<double>(cell.finished));
  std::vector<SeriesPoint> series = series_of(database, cell.id);
  std::stable_sort(series.begin(), series.end(), [](const SeriesPoint& a, const SeriesPoint& b) {
    return a.step < b.step;
  });
  for (const SeriesPoint& point : series)
    if (!std::isnan(point.value))
      events.add_scalar(point.name, point.step, static_cast<float>(point.value));
  // TensorBoard groups tags by what stands before the first '/'.
  for (const MetricValue& m : metrics_of(database, cell.id))
    if (!std::isnan(m.value))
      events.add_scalar(
          "metrics/" + metric_path(m.category, m.name, m.difficulty, m.iou, m.recall_positions),
          0,
          static_cast<float>(m.value));
  return events.bytes();
}

void export_tensorboard(const Database& database,
                        const std::vector<StoredCell>& cells,
                        const fs::path& output) {
  for (const StoredCell& cell : cells) {
    if (cell.state != "done") continue;
    const fs::path folder = output / folder_name(cell);
    fs::create_directories(folder);
    write_file_atomically(
        (folder / fmt::format("events.out.tfevents.{:010}.monodr", cell.finished)).string(),
        events_of(database, cell));
  }
}

/// Exit code as of export_meshes; the worst of all cells.
int export_all_meshes(const Database& database,
                      const std::vector<StoredCell>& cells,
                      const fs::path& output,
                      const std::string& format,
                      const po::variables_map& values) {
  int code = 0;
  for (const StoredCell& cell : cells) {
    if (cell.state != "done") continue;
    code = std::max(code,
                    export_meshes(find_stored_result(database, cell.hash),
                                  format,
                                  (output / folder_name(cell)).string(),
                                  values));
    if (code == exit_stopped) return code;
  }
  return code;
}

}  // namespace

int run_export(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  add_tag_option(options);
  add_plugin_options(options);
  auto add = options.add_options();
  add("experiment", po::value<std::string>()->required()->value_name("NAME"), "the experiment");
  add("format",
      po::value<std::string>()->required()->value_name("FORMAT"),
      "kitti, csv, json, tensorboard, glb, obj or ply");
  add("output,o", po::value<std::string>()->required()->value_name("DIR"), "made where missing");
  add("quiet,q", po::bool_switch(), "no progress");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;

  const auto format = values["format"].as<std::string>();
  const std::vector<std::string> formats = {
      "kitti", "csv", "json", "tensorboard", "glb", "obj", "ply"};
  if (std::find(formats.begin(), formats.end(), format) == formats.end())
    throw UserError(fmt::format("--format is '{}', but must be one of {}{}",
                                format,
                                join(formats, ", "),
                                did_you_mean(format, formats)));
  const auto experiment = values["experiment"].as<std::string>();
  const fs::path output = values["output"].as<std::string>();
  const Database database = open_results(values, {experiment});
  const std::vector<StoredCell> cells = current_cells(database, experiment);
  std::error_code failure;
  fs::create_directories(output, failure);
  if (failure)
    throw UserError(
        fmt::format("cannot make the folder '{}': {}", output.string(), failure.message()));
  if (format == "kitti") export_kitti(database, cells, output);
  if (format == "tensorboard") export_tensorboard(database, cells, output);
  for (const std::string view : kViews) {
    if (format == "csv")
      write_file_atomically((output / (view + ".csv")).string(),
                            view_as_csv(database, experiment, view));
    if (format == "json")
      write_file_atomically((output / (view + ".json")).string(),
                            view_as_json(database, experiment, view));
  }
  int code = 0;
  if (format == "glb" || format == "obj" || format == "ply")
    code = export_all_meshes(database, cells, output, format, values);
  std::cout << output.string() << std::endl;
  return code;
}

}  // namespace monodr
