// SPDX-License-Identifier: Apache-2.0
#include "runexp/export_meshes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "analysis/recorded_code.h"
#include "base/text.h"
#include "launch/ask_worker.h"
#include "launch/catalogue.h"
#include "launch/orders.h"
#include "launch/workers.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int exit_changed = 1;
constexpr size_t changes_shown = 10;

MeshesOrder order_for(const StoredResult& cell,
                      const std::string& format,
                      const std::string& folder,
                      const CatalogueSource& plugins,
                      const std::string& cache) {
  MeshesOrder order;
  order.cell.record = cell.record;
  order.cell.plugin_folders = plugins.folders();
  order.cell.cache = fs::absolute(cache).string();
  order.cell.output = fs::absolute(folder).string();
  order.stored = cell.result.detections;
  order.title = fmt::format(
      "{}: {} (cell {})", cell.record.experiment, cell.description(), cell.record.id.substr(0, 12));
  order.format = format;
  return order;
}

void tell_what_moved(const json& done, const std::string& id, const std::string& code) {
  const double location = done.at("location_moved"), heading = done.at("heading_moved");
  if (location > 0 || heading > 0)
    fmt::print(stderr,
               "note: fitted again, objects of cell {} stand up to {:.2g} m and {:.2g} degrees "
               "from what is "
               "stored{}\n",
               id,
               location,
               heading * 180 / M_PI,
               code.empty() ? ", by another processor or library" : "; changed since: " + code);
}

/// Whether any were left out.
bool tell_what_changed(const std::vector<std::string>& changed,
                       const std::string& id,
                       const std::string& code) {
  if (changed.empty()) return false;
  fmt::print(stderr,
             "{} objects of cell {} come out otherwise than they are stored, and are left out{}:\n",
             changed.size(),
             id,
             code.empty() ? "" : " (changed since: " + code + ")");
  for (size_t i = 0; i < std::min(changed.size(), changes_shown); ++i)
    fmt::print(stderr, "  {}\n", changed[i]);
  if (changed.size() > changes_shown)
    fmt::print(stderr, "  and {} more\n", changed.size() - changes_shown);
  return true;
}

}  // namespace

int export_meshes(const StoredResult& cell,
                  const std::string& format,
                  const std::string& folder,
                  const boost::program_options::variables_map& values) {
  const CatalogueSource plugins(worker_program(),
                                plugin_folders(plugin_path(values), recorded_folders(cell)),
                                cache_folder(values));
  const std::string code = join(changed_code(cell.record, plugins.catalogue()), ", ");
  Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
  const auto done =
      ask_worker(worker_program(),
                 "meshes",
                 to_json(order_for(cell, format, folder, plugins, cache_folder(values))),
                 progress);
  if (!done) return exit_stopped;
  const std::string id = cell.record.id.substr(0, 12);
  tell_what_moved(*done, id, code);
  const auto changed = done->at("changed").get<std::vector<std::string>>();
  return tell_what_changed(changed, id, code) ? exit_changed : 0;
}

}  // namespace monodr
