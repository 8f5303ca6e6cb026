// SPDX-License-Identifier: Apache-2.0
#include "plugin/registry.h"

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/folder_files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "plugin/file_check.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSymbol = MONODR_TEXT(MONODR_PLUGIN_SYMBOL);

struct PluginFile {
  fs::path path;
  PluginKind kind;
  std::string name;
};

/// The files <kind>_<name>.so of a folder by name. What cannot be read or is not named so goes to
/// `refused`; lib*.so are libraries that plugins may bring along.
std::vector<PluginFile> plugin_files(const std::string& folder,
                                     std::vector<PluginRefusal>* refused = nullptr) {
  std::vector<PluginFile> files;
  std::vector<PluginRefusal> strange;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() != ".so" || stem.rfind("lib", 0) == 0 ||
        is_system_file(entry.path()))
      continue;
    bool known = false;
    for (const PluginKind kind : plugin_kinds()) {
      const std::string prefix = std::string(to_string(kind)) + "_";
      if (stem.size() <= prefix.size() || stem.rfind(prefix, 0) != 0) continue;
      files.push_back({entry.path(), kind, stem.substr(prefix.size())});
      known = true;
    }
    if (!known)
      strange.push_back({entry.path().string(),
                         "it is not named like a plugin, KIND_NAME.so with KIND one of " +
                             names_of_plugin_kinds() + "; rename it"});
  }
  if (error) strange.push_back({folder, "the folder cannot be read: " + error.message()});
  if (refused != nullptr) refused->insert(refused->end(), strange.begin(), strange.end());
  std::sort(files.begin(), files.end(), [](const PluginFile& a, const PluginFile& b) {
    return a.path < b.path;
  });
  return files;
}

/// Maps the file for good and returns its descriptor with file and hash filled in. Throws a
/// UserError with nothing but the reason.
const PluginDescriptor& load(const PluginFile& file) {
  // Leaked on purpose: neither the libraries nor their descriptors may ever be destroyed, because
  // autograd nodes of a plugin can outlive every owner we could name.
  static auto& loaded = *new std::map<std::string, std::unique_ptr<PluginDescriptor>>;
  static auto& libraries = *new std::vector<boost::dll::shared_library>;
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);

  const std::string path = fs::canonical(file.path).string();
  if (const auto found = loaded.find(path); found != loaded.end()) return *found->second;
  // Where the file stands and, for a link, where it leads.
  for (const fs::path& place : {file.path, fs::path(path)})
    if (const std::string refusal = refusal_of(place); !refusal.empty()) throw UserError(refusal);
  try {
    libraries.emplace_back(path, boost::dll::load_mode::rtld_now);
    const auto& entry = libraries.back().get<const PluginDescriptor*()>(kSymbol);
    auto descriptor = std::make_unique<PluginDescriptor>(*entry());
    descriptor->info.file = path;
    descriptor->info.file_hash = sha256_of_file(path);
    if (descriptor->info.kind != file.kind || descriptor->info.name != file.name)
      throw UserError(fmt::format("it calls itself {0}_{1}; rename the file to {0}_{1}.so",
                                  to_string(descriptor->info.kind),
                                  descriptor->info.name));
    for (const ChannelDefinition& channel : descriptor->channels) add_channel(channel);
    return *(loaded[path] = std::move(descriptor));
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    throw UserError(fmt::format("it could not be loaded: {}", error.what()));
  } catch (...) {
    throw UserError("it could not be loaded: its descriptor throws what is no std::exception");
  }
}

const PluginDescriptor& load_or_explain(const PluginFile& file) {
  try {
    return load(file);
  } catch (const UserError& error) {
    throw UserError(fmt::format("plugin {} is refused: {}", file.path.string(), error.what()));
  }
}

}  // namespace

Registry::Registry(std::vector<std::string> folders) : folders_(std::move(folders)) {}

PluginCatalogue Registry::catalogue() {
  PluginCatalogue catalogue;
  std::map<std::pair<PluginKind, std::string>, std::string> taken;
  for (const std::string& folder : folders_) {
    for (const PluginFile& file : plugin_files(folder, &catalogue.refused)) {
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
      if (file.kind == kind && file.name == name) return load_or_explain(file);
  catalogue().find(kind, name);  // throws with the nearest names
  throw UserError(fmt::format("there is no {} plugin '{}'", to_string(kind), name));
}

void Registry::guarded(const PluginDescriptor& descriptor,
                       const std::function<const char*()>& make) {
  std::string reason;
  try {
    reason = make();
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    reason = fmt::format("its factory throws: {}", error.what());
  } catch (...) {
    reason = "its factory throws what is no std::exception";
  }
  if (!reason.empty())
    throw UserError(fmt::format("{} plugin '{}' ({}) could not be made: {}",
                                to_string(descriptor.info.kind),
                                descriptor.info.name,
                                descriptor.info.file,
                                reason));
}

}  // namespace monodr
