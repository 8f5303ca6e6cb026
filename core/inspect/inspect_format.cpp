// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

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

std::string sum_of(const std::vector<DataFault>& faults) {
  std::set<std::string> files;
  for (const DataFault& fault : faults) files.insert(fault.file);
  const auto plural = [](size_t count) { return count == 1 ? "" : "s"; };
  return fmt::format("{} fault{} in {} file{}:",
                     faults.size(),
                     plural(faults.size()),
                     files.size(),
                     plural(files.size()));
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
  if (const MaskMatches& matches = inspection.matches; matches.boxes > 0)
    row("boxes with a mask", fmt::format("{} of {}", matches.matched, matches.boxes));
  text +=
      fmt::format("\n{}\n", inspection.faults.empty() ? "no faults" : sum_of(inspection.faults));
  for (const DataFault& fault : inspection.faults) text += fault.to_string() + "\n";
  for (const std::string& note : inspection.notes) text += "note: " + note + "\n";
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
                         {"boxes_with_masks",
                          {{"boxes", inspection.matches.boxes},
                           {"masks", inspection.matches.masks},
                           {"matched", inspection.matches.matched}}},
                         {"faults", faults},
                         {"notes", inspection.notes}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace monodr
