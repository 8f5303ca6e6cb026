// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/parameters.h"
#include "base/plugin_info.h"
#include "experiment/category_file.h"
#include "settings/sections.h"

namespace monodr {

/// What makes a dataset this dataset and no other, from the settings of [dataset].
using DatasetFingerprint = std::function<std::string(const Parameters& dataset)>;

/// One cell's configuration with all defaults filled in.
struct Configuration {
  /// {"dataset":{...},"shape_prior":{"plugin":..,"latent_dims":8,"mesh_autoencoder":{...}},
  ///  "renderer":{...},"rule":{...},"fit":{...},"loss":{"mask":{"plugin":"mask","weight":1.0}},
  ///  "category":{...},"confidence":{...},"evaluation":{...}}; of the plugins' tables only the selected ones, of
  /// the losses only those with a weight other than 0. The same settings give the same text.
  std::string json;
  /// What the cell's id is made from, beside its seed: `json` with the dataset's folder replaced
  /// by the fingerprint of what it holds, and the file hashes of the plugins.
  std::string identity;
  std::vector<const PluginInfo*> plugins;  ///< all that take part, as they stand in the catalogue
  bool uses_seed = true;                   ///< see settings/sections.h
};

/// Holds settings against the schemas of sections and plugins and fills in the defaults.
///
/// The cells of a sweep share most of their settings, so each table is checked once for each
/// combination of places its values come from: 10 000 cells cost a fraction of a second.
class Resolver {
 public:
  /// "fit.iterations" -> the value that holds for this cell. The values must outlive the resolver.
  using Values = std::map<std::string_view, const GivenValue*>;

  /// `files` are those of the experiment, each after those that it extends. The last is named where
  /// something is missing that no line mentions.
  Resolver(const PluginCatalogue& catalogue,
           DatasetFingerprint fingerprint,
           std::vector<std::string> files);

  /// Throws UserError at the key or value for an unknown key, a wrong type, a value out of range,
  /// a missing plugin or dataset, and at `where` if no loss has a weight.
  Configuration resolve(const Values& values, const SourceLocation& where);

  /// To be called after all cells. Throws UserError at the first value that is idle (Binding::when) in
  /// every cell that was resolved. Excused is what was said before the key that makes it idle: in a file
  /// that another extends, or in any file where the command line sets that key.
  void refuse_idle_keys() const;

 private:
  /// One table with everything filled in.
  struct Table {
    std::string json;                  ///< {"a":1,...}
    std::string identity;              ///< what it adds to the cell's identity
    std::string plugin;                ///< the plugin that a section or a loss names, or ""
    SourceLocation plugin_where;       ///< where it is named
    const PluginInfo* info = nullptr;  ///< of a plugin's own table
    double weight = 0;                 ///< of a loss
    std::vector<IdleKey> idle;         ///< of a section: what has no effect in it
  };
  using Given = std::vector<std::pair<std::string_view, const GivenValue*>>;

  /// What the category's file says where the experiment says nothing.
  void add_category(std::map<std::string, Given>& tables);
  const Table& table(const std::string& name, const Given& given);
  Table make_table(const std::string& name, const Given& given);
  std::string default_plugin_of(const std::string& section) const;
  Table make_section(const std::string& name, const std::map<std::string, GivenValue>& given);
  Table make_loss(const std::string& name, const std::map<std::string, GivenValue>& given);
  Table make_plugin_table(const std::string& name, const std::map<std::string, GivenValue>& given);
  void note_idle_keys(const Given& given, const std::vector<IdleKey>& idle);
  bool uses_seed(const Table& dataset, const Table& method);
  /// The order in which things were said: the files, then the command line.
  std::size_t order_of(const SourceLocation& where) const;
  void explain_misplaced_key(const std::string& section,
                             const std::string& plugin,
                             const std::map<std::string, GivenValue>& given) const;

  const PluginCatalogue& catalogue_;
  DatasetFingerprint fingerprint_;
  std::vector<std::string> files_;
  std::string file_;
  CategoryFiles categories_;
  std::map<std::string, std::map<Given, Table>> tables_;
  std::map<std::pair<const Table*, const Table*>, bool> uses_seed_;  ///< by dataset and method
  std::unordered_set<const GivenValue*> read_;                 ///< values that some cell reads
  std::unordered_map<const GivenValue*, std::string> unread_;  ///< values that some cell does not
};

}  // namespace monodr
