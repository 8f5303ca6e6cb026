// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugin/descriptor.h"

namespace monodr {

/// Finds plugin files (<kind>_<name>.so), checks their ABI from the symbol table, loads them
/// through Boost.DLL and makes instances. A loaded file is never unloaded: an autograd function
/// whose code is gone crashes on its last use.
///
/// Folders are searched in order; the first file of a kind and name wins, later ones are listed as
/// refused. One bad file never stops the rest.
class Registry {
 public:
  explicit Registry(std::vector<std::string> folders);

  /// All files of the folders, opened and checked; slow, because it maps every plugin.
  PluginCatalogue catalogue();

  /// Loads one plugin. Throws UserError (nearest name, what was refused and why) if there is none.
  const PluginDescriptor& find(PluginKind kind, const std::string& name);

  /// make<Renderer>("soft_rasterizer", parameters). What a factory throws is the plugin's fault, and says so; a
  /// UserError (a parameter's value) is the user's and goes through.
  template <typename Interface>
  std::unique_ptr<Interface> make(const std::string& name, const Parameters& parameters) {
    const PluginDescriptor& descriptor = find(PluginKindOf<Interface>::kind, name);
    const auto* factory = std::any_cast<PluginFactory<Interface>>(&descriptor.factory);
    std::unique_ptr<Interface> instance;
    guarded(descriptor, [&] {
      if (factory == nullptr || !*factory) return "it has no factory of its kind";
      instance = (*factory)(parameters);
      return instance == nullptr ? "its factory returns nothing" : "";
    });
    return instance;
  }

 private:
  /// Calls a factory; throws a UserError that names the plugin for what goes wrong in it.
  static void guarded(const PluginDescriptor& descriptor, const std::function<const char*()>& make);

  std::vector<std::string> folders_;
};

}  // namespace monodr
