// SPDX-License-Identifier: Apache-2.0
#include "runexp/sheet_request.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "launch/ask_worker.h"
#include "launch/workers.h"

namespace monodr {

std::optional<DrawnSheet> ask_for_sheet(SheetOrder order, Progress& progress) {
  const TemporaryFolder scratch("monodr-sheet");
  order.output = (scratch.path() / "sheet.svg").string();
  order.cache = std::filesystem::absolute(order.cache).string();
  const auto done = ask_worker(worker_program(), "sheet", to_json(order), progress);
  if (!done) return std::nullopt;
  return DrawnSheet{read_file(order.output), done->at("lines").get<std::vector<std::string>>()};
}

}  // namespace monodr
