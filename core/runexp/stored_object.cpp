// SPDX-License-Identifier: Apache-2.0
#include "runexp/stored_object.h"

#include <algorithm>
#include <charconv>

#include "analysis/recorded_code.h"
#include "base/error.h"
#include "base/text.h"
#include "launch/catalogue.h"
#include "launch/workers.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

bool is_better(const ObjectResult* a, const ObjectResult* b) {
  if (a->volume_overlap != b->volume_overlap) return a->volume_overlap > b->volume_overlap;
  return a->location_error < b->location_error;
}

const ObjectResult* by_rank(const StoredResult& cell, const std::string& word) {
  std::vector<const ObjectResult*> matched;
  for (const ObjectResult& object : cell.result.objects)
    if (object.matched) matched.push_back(&object);
  if (matched.empty())
    throw UserError(fmt::format("cell {} has no matched object", cell.record.id.substr(0, 12)));
  std::stable_sort(matched.begin(), matched.end(), is_better);
  if (word == "best") return matched.front();
  return word == "worst" ? matched.back() : matched[(matched.size() - 1) / 2];
}

const ObjectResult* by_name(const StoredResult& cell, const std::string& word) {
  for (const ObjectResult& object : cell.result.objects)
    if (fmt::format("{}/{}", object.frame, object.label) == word) return &object;
  return nullptr;
}

const ObjectResult* by_number(const StoredResult& cell, const std::string& word) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return nullptr;
  return number < cell.result.objects.size() ? &cell.result.objects[number] : nullptr;
}

}  // namespace

void add_object_option(po::options_description& options) {
  options.add_options()("object",
                        po::value<std::string>()->default_value("median")->value_name("I"),
                        "a labelled object of the cell: its number in v_objects (from 0), "
                        "FRAME/LABEL, or best, median "
                        "or worst by 3-D overlap");
}

const ObjectResult& choose_object(const StoredResult& cell, const std::string& word) {
  const bool is_rank = word == "best" || word == "median" || word == "worst";
  const ObjectResult* object = is_rank                               ? by_rank(cell, word)
                               : word.find('/') != std::string::npos ? by_name(cell, word)
                                                                     : by_number(cell, word);
  if (object == nullptr)
    throw UserError(
        fmt::format("--object '{}' is no labelled object of cell {}: it has {} (0 to {}; the view "
                    "v_objects lists them by frame and label); best, median and worst will do too",
                    word,
                    cell.record.id.substr(0, 12),
                    cell.result.objects.size(),
                    static_cast<int>(cell.result.objects.size()) - 1));
  if (!object->matched)
    throw UserError(
        fmt::format("label {} of frame {} was missed by cell {}, so there is no fit to "
                    "show: {}",
                    object->label,
                    object->frame,
                    cell.record.id.substr(0, 12),
                    object->failure));
  return *object;
}

SheetOrder order_for(const StoredResult& cell,
                     const ObjectResult& object,
                     const po::variables_map& values) {
  const CatalogueSource plugins(worker_program(),
                                plugin_folders(plugin_path(values), recorded_folders(cell)),
                                cache_folder(values));
  const std::string changed = join(changed_code(cell.record, plugins.catalogue()), ", ");
  if (!changed.empty())
    fmt::print(stderr,
               "note: changed since cell {} was run: {}; the picture shows what it does now\n",
               cell.record.id.substr(0, 12),
               changed);
  SheetOrder order;
  order.config = cell.record.config;
  order.seed = cell.record.seed;
  order.plugin_folders = plugins.folders();
  order.cache = cache_folder(values);
  order.frame = object.frame;
  order.label = object.label;
  order.title = fmt::format(
      "{}: {} (cell {})", cell.record.experiment, cell.description(), cell.record.id.substr(0, 12));
  return order;
}

}  // namespace monodr
