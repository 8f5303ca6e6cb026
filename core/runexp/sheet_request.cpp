// SPDX-License-Identifier: Apache-2.0
#include "runexp/sheet_request.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "launch/ask_worker.h"
#include "launch/workers.h"

namespace monodr {

std::optional<DrawnSheet> ask_for_sheet(const SheetRequest& request, Progress& progress) {
  using nlohmann::json;
  const TemporaryFolder scratch("monodr-sheet");
  const std::string file = (scratch.path() / "sheet.svg").string();
  const json document = {{"config", json::parse(request.config)},
                         {"seed", request.seed},
                         {"plugin_folders", request.plugin_folders},
                         {"cache", std::filesystem::absolute(request.cache_folder).string()},
                         {"frame", request.frame},
                         {"object", request.object},
                         {"label", request.label},
                         {"drawing", request.drawing},
                         {"title", request.title},
                         {"output", file}};
  const std::optional<json> done = ask_worker(worker_program(), "sheet", document, progress);
  if (!done) return std::nullopt;
  return DrawnSheet{read_file(file), done->at("lines").get<std::vector<std::string>>()};
}

}  // namespace monodr
