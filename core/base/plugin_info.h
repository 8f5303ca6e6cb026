// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/parameters.h"

namespace monodr {

enum class PluginKind {
#define MONODR_PLUGIN_KIND(name, Interface, folder, tests, use) name,
#include "base/plugin_kinds.def"
#undef MONODR_PLUGIN_KIND
};

/// One line of base/plugin_kinds.def.
struct PluginKindDefinition {
  enum class Use { section, tables, on_demand };

  PluginKind kind = PluginKind::loss;
  std::string_view name;          ///< "shape_prior"
  std::string_view folder;        ///< below plugins/
  std::string_view tests_folder;  ///< below tests/
  Use use = Use::section;         ///< how an experiment names plugins of the kind
};

const PluginKindDefinition& definition_of(PluginKind kind);

std::string_view to_string(PluginKind kind);
/// All kinds, in the order of base/plugin_kinds.def.
const std::vector<PluginKind>& plugin_kinds();
/// Nothing for a name that is no kind's.
std::optional<PluginKind> plugin_kind_named(std::string_view name);
/// All names, with commas between them.
std::string names_of_plugin_kinds();

/// In which of its inputs a plugin's outputs have a gradient.
struct Differentiability {
  /// Gradient of `output` in `input` that is none of the output's, by design (the ramp of an edge, say).
  struct Pair {
    std::string output, input;
    bool operator==(const Pair&) const = default;
  };

  std::vector<std::string> inputs;  ///< "vertices", "colours", ...
  std::vector<Pair>
      approximate;  ///< which must be finite and not zero, and are not compared with differences
  bool all_approximate = false;  ///< every gradient is of that sort

  bool in(const std::string& input) const;
  bool is_approximate(const std::string& output, const std::string& input) const;
  bool has_approximate() const { return all_approximate || !approximate.empty(); }
  /// "vertices, colours; approximate: silhouette/vertices"; "" where there is no gradient.
  std::string text() const;
};

/// What a plugin says of itself: all that can be known without LibTorch. The process that plans an
/// experiment works from this alone and never maps the plugin's code.
struct PluginInfo {
  PluginKind kind = PluginKind::loss;
  std::string name;         ///< "soft_rasterizer"; the file is <kind>_<name>.so
  std::string version;      ///< "1.0.0"
  std::string description;  ///< one line
  std::string paper;        ///< "Liu et al., Soft Rasterizer, ICCV 2019", or ""
  ParameterSchema parameters;
  Differentiability differentiable_in;
  bool is_default = false;    ///< taken where an experiment names no plugin of this kind
  bool deterministic = true;  ///< same bits for the same input, whatever the thread count
  std::string file;           ///< filled in by the registry
  std::string file_hash;      ///< SHA-256, filled in by the registry
};

/// A file in a plugin folder that was not taken, and why.
struct PluginRefusal {
  std::string file;
  std::string reason;
};

struct PluginCatalogue {
  std::vector<PluginInfo> plugins;
  std::vector<PluginRefusal> refused;
  std::string
      code_hash;  ///< base/program_files.h, of the program that loaded them; filled in by the worker

  /// Throws UserError with the nearest name, what there is and what was refused.
  const PluginInfo& find(PluginKind kind,
                         const std::string& name,
                         const SourceLocation& where = {}) const;
};

/// Where plugins are looked for: `extra` (from --plugin-path), RUNEXP_PLUGIN_PATH (':' between
/// folders), `from_experiment` ([plugins] path), the folder `plugins` beside the binary, the
/// installed lib/monodr/plugins. Absolute, each once; folders that do not exist are left out.
std::vector<std::string> plugin_folders(const std::vector<std::string>& extra,
                                        const std::vector<std::string>& from_experiment);

std::string to_json(const PluginCatalogue& catalogue);
PluginCatalogue catalogue_from_json(const std::string& text);

}  // namespace monodr
