// SPDX-License-Identifier: Apache-2.0
#include "runexp/detect_order.h"

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "experiment/cells.h"
#include "launch/ask_worker.h"
#include "launch/catalogue.h"
#include "launch/workers.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {

namespace fs = std::filesystem;
namespace po = boost::program_options;

Words words_of(const po::variables_map& values) {
  Words words;
  if (values.count("word") > 0)
    for (const std::string& word : values["word"].as<std::vector<std::string>>())
      (word.find('=') != std::string::npos && !fs::exists(word) ? words.overrides : words.files)
          .push_back(word);
  return words;
}

DetectOrder detect_order(const po::variables_map& values, const Experiment& experiment) {
  const CatalogueSource plugins(worker_program(),
                                plugin_folders(plugin_path(values), experiment.plugin_folders),
                                cache_folder(values));
  const std::vector<Cell> cells = expand_cells(
      experiment, plugins.catalogue(), [](const Parameters&) { return std::string(); });
  DetectOrder order;
  order.config = cells.front().config;
  order.plugin_folders = plugins.folders();
  order.cache = fs::absolute(cache_folder(values)).string();
  return order;
}

bool carry_out(const std::string& command,
               const DetectOrder& order,
               const po::variables_map& values) {
  Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
  const auto done = ask_worker(worker_program(), command, to_json(order), progress);
  if (!done) return false;
  for (const std::string& line : done->at("lines").get<std::vector<std::string>>())
    std::cout << line << "\n";
  return true;
}

int detect_into_output(DetectOrder order, const po::variables_map& values) {
  const fs::path output = values["output"].as<std::string>();
  order.output = fs::absolute(output).string();
  fs::create_directories(order.output);
  if (!carry_out("detect", order, values)) return exit_stopped;
  std::cout << (output / "detections.json").string() << std::endl;
  return 0;
}

}  // namespace monodr
