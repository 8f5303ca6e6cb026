// SPDX-License-Identifier: Apache-2.0
#include "plugin/registry.h"

#include <sys/stat.h>

// library_info.hpp of Boost 1.74 needs <string> and <vector> before it.
#include <algorithm>
#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/sha256.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSymbol = MONODR_TEXT(MONODR_PLUGIN_SYMBOL);
constexpr const char* kSymbolPrefix = "monodr_plugin_abi";

struct PluginFile {
  fs::path path;
  PluginKind kind;
  std::string name;
};

/// <kind>_<name>.so, or nothing where the file is not named like a plugin.
std::vector<PluginFile> plugin_files(const std::string& folder) {
  std::vector<PluginFile> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".so") continue;
    const std::string stem = entry.path().stem().string();
    for (const PluginKind kind : plugin_kinds()) {
      const std::string prefix = std::string(to_string(kind)) + "_";
      if (stem.size() > prefix.size() && stem.compare(0, prefix.size(), prefix) == 0)
        files.push_back({entry.path(), kind, stem.substr(prefix.size())});
    }
  }
  std::sort(files.begin(), files.end(), [](const PluginFile& a, const PluginFile& b) {
    return a.path < b.path;
  });
  return files;
}

/// Why the file must not be loaded, read from its symbol table alone; "" where it may be.
std::string refusal_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.parent_path().c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0 &&
      (status.st_mode & S_ISVTX) == 0)
    return fmt::format("its folder {} is writable by everyone; run chmod o-w on it",
                       file.parent_path().string());
  std::vector<std::string> symbols;
  try {
    symbols = boost::dll::library_info(file).symbols();
  } catch (const std::exception&) {
    return "it is not a complete shared library (ELF); rebuild or copy it again";
  }
  std::string found;
  for (const std::string& symbol : symbols) {
    if (symbol == kSymbol) return "";
    if (symbol.compare(0, std::string(kSymbolPrefix).size(), kSymbolPrefix) == 0) found = symbol;
  }
  if (found.empty())
    return "it exports no monodr_plugin symbol; end its source with MONODR_PLUGIN(...)";
  return fmt::format("built for {}, but this is {}; rebuild it against this monodr",
                     found.substr(std::string("monodr_plugin_").size()),
                     std::string(kSymbol).substr(std::string("monodr_plugin_").size()));
}

/// Maps the file for good and returns its descriptor with file and hash filled in.
const PluginDescriptor& load(const PluginFile& file) {
  // Leaked on purpose: neither the libraries nor their descriptors may ever be destroyed, because
  // autograd nodes of a plugin can outlive every owner we could name.
  static auto& loaded = *new std::map<std::string, std::unique_ptr<PluginDescriptor>>;
  static auto& libraries = *new std::vector<boost::dll::shared_library>;
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);

  const std::string path = fs::canonical(file.path).string();
  if (const auto found = loaded.find(path); found != loaded.end()) return *found->second;
  const std::string refusal = refusal_of(path);
  if (!refusal.empty()) throw UserError(fmt::format("plugin {} refused: {}", path, refusal));
  try {
    boost::dll::shared_library library(path, boost::dll::load_mode::rtld_now);
    const auto& entry = library.get<const PluginDescriptor*()>(kSymbol);
    auto descriptor = std::make_unique<PluginDescriptor>(*entry());
    libraries.push_back(std::move(library));
    descriptor->info.file = path;
    descriptor->info.file_hash = sha256_of_file(path);
    if (descriptor->info.kind != file.kind || descriptor->info.name != file.name)
      throw UserError(fmt::format("plugin {} calls itself {}_{}; its file must be named so too",
                                  path,
                                  to_string(descriptor->info.kind),
                                  descriptor->info.name));
    return *(loaded[path] = std::move(descriptor));
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    throw UserError(fmt::format("plugin {} could not be loaded: {}", path, error.what()));
  }
}

template <typename Factory>
auto make(const PluginDescriptor& descriptor, const Parameters& parameters) {
  const Factory* factory = std::get_if<Factory>(&descriptor.factory);
  MONODR_CHECK(factory != nullptr && *factory,
               "plugin '{}' has no factory of its kind",
               descriptor.info.name);
  auto instance = (*factory)(parameters);
  MONODR_CHECK(instance != nullptr, "plugin '{}' made nothing", descriptor.info.name);
  return instance;
}

}  // namespace

Registry::Registry(std::vector<std::string> folders) : folders_(std::move(folders)) {}

PluginCatalogue Registry::catalogue() {
  PluginCatalogue catalogue;
  std::map<std::pair<PluginKind, std::string>, std::string> taken;
  for (const std::string& folder : folders_) {
    for (const PluginFile& file : plugin_files(folder)) {
      const auto key = std::make_pair(file.kind, file.name);
      if (const auto first = taken.find(key); first != taken.end()) {
        catalogue.refused.push_back(
            {file.path.string(), "hidden by " + first->second + ", which was found first"});
        continue;
      }
      try {
        catalogue.plugins.push_back(load(file).info);
        taken[key] = file.path.string();
      } catch (const std::exception& error) {
        catalogue.refused.push_back({file.path.string(), error.what()});
      }
    }
  }
  return catalogue;
}

const PluginDescriptor& Registry::find(PluginKind kind, const std::string& name) {
  for (const std::string& folder : folders_)
    for (const PluginFile& file : plugin_files(folder))
      if (file.kind == kind && file.name == name) return load(file);
  catalogue().find(kind, name);  // throws with the nearest names
  throw UserError(fmt::format("there is no {} plugin '{}'", to_string(kind), name));
}

std::unique_ptr<Renderer> Registry::make_renderer(const std::string& name,
                                                  const Parameters& parameters) {
  return make<RendererFactory>(find(PluginKind::renderer, name), parameters);
}

std::unique_ptr<Loss> Registry::make_loss(const std::string& name, const Parameters& parameters) {
  return make<LossFactory>(find(PluginKind::loss, name), parameters);
}

std::unique_ptr<Rule> Registry::make_rule(const std::string& name, const Parameters& parameters) {
  return make<RuleFactory>(find(PluginKind::rule, name), parameters);
}

std::unique_ptr<ShapePrior> Registry::make_shape_prior(const std::string& name,
                                                       const Parameters& parameters) {
  return make<ShapePriorFactory>(find(PluginKind::shape_prior, name), parameters);
}

}  // namespace monodr
