// SPDX-License-Identifier: Apache-2.0
#include "runexp/report_pictures.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "analysis/recorded_code.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "launch/ask_worker.h"
#include "launch/catalogue.h"
#include "launch/orders.h"
#include "launch/workers.h"
#include "runexp/common_options.h"
#include "runexp/stored_object.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

DrawnObject drawn_object(const fs::path& folder, size_t number, const nlohmann::json& told) {
  DrawnObject drawn;
  drawn.png = read_file((folder / fmt::format("{}.png", number)).string());
  drawn.note = told.at("note");
  for (const auto& part : told.at("evidence"))
    drawn.evidence.push_back({part.at("title"),
                              part.at("caption"),
                              read_file((folder / part.at("file").get<std::string>()).string())});
  return drawn;
}

std::vector<DrawnObject> draw_objects(const Database& database,
                                      const po::variables_map& values,
                                      const StoredCell& cell,
                                      const std::vector<LabelledDetection>& objects) {
  const StoredResult stored = find_stored_result(database, cell.hash);
  const CatalogueSource plugins(worker_program(),
                                plugin_folders(plugin_path(values), recorded_folders(stored)),
                                cache_folder(values));
  const TemporaryFolder scratch("monodr-report");
  PicturesOrder order;
  order.cell.record = stored.record;
  order.cell.plugin_folders = plugins.folders();
  order.cell.cache = fs::absolute(cache_folder(values)).string();
  order.cell.output = scratch.path().string();
  order.objects = objects;
  order.size = report_picture_width;
  Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
  const auto done = ask_worker(worker_program(), "pictures", to_json(order), progress);
  if (!done) throw UserError("stopped by a signal");
  std::vector<DrawnObject> drawn;
  for (size_t i = 0; i < objects.size(); ++i)
    drawn.push_back(drawn_object(scratch.path(), i, done->at("objects").at(i)));
  return drawn;
}

}  // namespace

DrawObjects draw_objects_by_worker(const Database& database, const po::variables_map& values) {
  return [&](const StoredCell& cell, const std::vector<LabelledDetection>& objects) {
    return draw_objects(database, values, cell, objects);
  };
}

DrawLandscape draw_landscape_by_worker(const Database& database, const po::variables_map& values) {
  return [&](const StoredCell& cell, const std::string& frame, int label) {
    const StoredResult stored = find_stored_result(database, cell.hash);
    const std::string words = fmt::format("{}/{}", frame, label);
    const ObjectResult& object = choose_object(stored, words);
    SheetOrder order = order_for(stored, object, values);
    order.drawing = "landscape";
    Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
    const auto drawn = ask_for_sheet(order, progress);
    if (!drawn) throw UserError("stopped by a signal");
    return drawn->svg;
  };
}

}  // namespace monodr
