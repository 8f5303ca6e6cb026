// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "inspect/inspect.h"

namespace monodr {
namespace {

constexpr size_t kNamedFrames = 6;  // of those that lack something; the JSON names all

template <typename Map>
std::string listed(const Map& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} {}", name, count));
  return parts.empty() ? "none" : join(parts, ", ");
}

std::string named(const std::vector<std::string>& frames) {
  const std::vector<std::string> first(
      frames.begin(), frames.begin() + std::ptrdiff_t(std::min(frames.size(), kNamedFrames)));
  return join(first, ", ") + (frames.size() > kNamedFrames ? ", ..." : "");
}

}  // namespace

std::string format_inspection(const Inspection& inspection) {
  std::string text = fmt::format("{}: {} frames\n\n", inspection.root, inspection.frames.size());
  for (const DataKind& kind : inspection.kinds)
    text += fmt::format(
        "  {:<18}{:>6}{}\n",
        kind.name,
        kind.files,
        kind.missing.empty()
            ? ""
            : fmt::format("   {} without: {}", kind.missing.size(), named(kind.missing)));
  const auto row = [&](const char* name, const std::string& value) {
    text += fmt::format("  {:<18} {}\n", name, value);
  };
  text += "\n";
  row("splits", listed(inspection.splits));
  row("image sizes", listed(inspection.image_sizes));
  row("labels", listed(inspection.labels));
  row("detections", listed(inspection.detections));
  row("masks", listed(inspection.masks));
  text +=
      fmt::format("\n{}\n",
                  inspection.faults.empty() ? "no faults"
                                            : fmt::format("{} faults:", inspection.faults.size()));
  for (const DataFault& fault : inspection.faults) text += fault.to_string() + "\n";
  return text;
}

std::string inspection_json(const Inspection& inspection) {
  using json = nlohmann::ordered_json;
  json kinds = json::array();
  for (const DataKind& kind : inspection.kinds)
    kinds.push_back({{"kind", kind.name}, {"files", kind.files}, {"missing", kind.missing}});
  json faults = json::array();
  for (const DataFault& fault : inspection.faults)
    faults.push_back({{"file", fault.file}, {"line", fault.line}, {"message", fault.message}});
  const json document = {{"root", inspection.root},
                         {"frames", inspection.frames},
                         {"splits", inspection.splits},
                         {"kinds", kinds},
                         {"image_sizes", inspection.image_sizes},
                         {"labels", inspection.labels},
                         {"detections", inspection.detections},
                         {"masks", inspection.masks},
                         {"faults", faults}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace monodr
