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

  std::unique_ptr<Renderer> make_renderer(const std::string& name, const Parameters& parameters);
  std::unique_ptr<Loss> make_loss(const std::string& name, const Parameters& parameters);
  std::unique_ptr<Rule> make_rule(const std::string& name, const Parameters& parameters);
  std::unique_ptr<ShapePrior> make_shape_prior(const std::string& name,
                                               const Parameters& parameters);

 private:
  std::vector<std::string> folders_;
};

}  // namespace monodr
