// SPDX-License-Identifier: Apache-2.0
#include "runexp/new_plugin.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "runexp/plugin_templates.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

/// "my_iou" as "MyIou".
std::string class_name(const std::string& name) {
  std::string result;
  bool upper = true;
  for (const char letter : name) {
    if (letter != '_') result += upper ? static_cast<char>(std::toupper(letter)) : letter;
    upper = letter == '_';
  }
  return result;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

std::string filled_in(const std::string& file, const NewPlugin& plugin) {
  std::string text = plugin_template(file);
  replace_all(text, "@NAME@", plugin.name);
  replace_all(text, "@CLASS@", class_name(plugin.name));
  replace_all(text, "@KIND@", std::string(to_string(plugin.kind)));
  return text;
}

/// That of the kind, where it has one, or that of all kinds that are named alike.
std::string experiment_template(PluginKind kind) {
  const std::string own = std::string(to_string(kind)) + ".toml";
  if (has_plugin_template(own)) return own;
  return definition_of(kind).use == PluginKindDefinition::Use::tables ? "loss.toml" : "choice.toml";
}

/// Where a tree keeps the plugins of a kind and their tests.
struct Folders {
  fs::path plugins, tests;
};

Folders folders_of(PluginKind kind) {
  const PluginKindDefinition& definition = definition_of(kind);
  return {fs::path("plugins") / definition.folder, fs::path("tests") / definition.tests_folder};
}

/// The root of the tree that holds the current directory, or "".
fs::path tree_root() {
  for (fs::path folder = fs::current_path();; folder = folder.parent_path()) {
    if (fs::exists(folder / "core/plugin/descriptor.h") && fs::exists(folder / "plugins/templates"))
      return folder;
    if (folder == folder.root_path()) return {};
  }
}

void check_name(const NewPlugin& plugin) {
  const bool is_word = std::all_of(plugin.name.begin(), plugin.name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!is_word || plugin.name.empty() || plugin.name[0] < 'a')
    throw UserError(fmt::format(
        "'{}' is no name for a plugin: it must be a word of a-z, 0-9 and _ that begins with a "
        "letter, like my_iou",
        plugin.name));
}

using Files = std::map<fs::path, std::string>;

void write_new_files(const Files& files) {
  for (const auto& [path, text] : files)
    if (fs::exists(path))
      throw UserError(
          fmt::format("'{}' is there already; choose another name, or remove it", path.string()));
  for (const auto& [path, text] : files) {
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    write_file_atomically(path, text);
  }
}

Files files_in_tree(const NewPlugin& plugin, const fs::path& root) {
  const Folders folders = folders_of(plugin.kind);
  const std::string& name = plugin.name;
  return {{root / folders.plugins / (name + ".cpp"),
           filled_in(std::string(to_string(plugin.kind)) + ".cpp", plugin)},
          {root / folders.tests / (name + "_test.cpp"), filled_in("test.cpp", plugin)},
          {root / "experiments" / (name + ".toml"),
           filled_in(experiment_template(plugin.kind), plugin)}};
}

Files files_outside(const NewPlugin& plugin, const fs::path& folder) {
  const std::string& name = plugin.name;
  return {
      {folder / (name + ".cpp"), filled_in(std::string(to_string(plugin.kind)) + ".cpp", plugin)},
      {folder / (name + "_test.cpp"), filled_in("test.cpp", plugin)},
      {folder / (name + ".toml"), filled_in(experiment_template(plugin.kind), plugin)},
      {folder / "CMakeLists.txt", filled_in("CMakeLists.txt", plugin)}};
}

void append_line(const fs::path& file, const std::string& line) {
  std::string text = read_file(file);
  if (!text.empty() && text.back() != '\n') text += '\n';
  write_file_atomically(file, text + line + "\n");
}

std::vector<std::string> names_of(const Files& files) {
  std::vector<std::string> names;
  for (const auto& [path, text] : files)
    names.push_back(path.lexically_relative(fs::current_path()));
  return names;
}

}  // namespace

std::vector<std::string> NewPlugin::write() const {
  check_name(*this);
  const fs::path root = output.empty() ? tree_root() : fs::path();
  if (root.empty()) {
    const Files files =
        files_outside(*this, fs::absolute(output.empty() ? name : output).lexically_normal());
    write_new_files(files);
    return names_of(files);
  }
  const Files files = files_in_tree(*this, root);
  write_new_files(files);
  const Folders folders = folders_of(kind);
  const fs::path plugins = root / folders.plugins / "CMakeLists.txt";
  const fs::path tests = root / folders.tests / "CMakeLists.txt";
  append_line(plugins, fmt::format("monodr_add_plugin({0} {1} {1}.cpp)", to_string(kind), name));
  append_line(tests,
              fmt::format("monodr_add_plugin_test({0} {1} {1}_test.cpp)", to_string(kind), name));
  std::vector<std::string> names = names_of(files);
  for (const fs::path& file : {plugins, tests})
    names.push_back(file.lexically_relative(fs::current_path()).string() + " (a line added)");
  return names;
}

std::string NewPlugin::next_steps() const {
  if (output.empty() && !tree_root().empty())
    return fmt::format(
        "./runtests -R {0}_{1}                  build and test it\n"
        "./runexp experiments/{1}.toml         use it\n"
        "./runexp plugins docs --output docs/plugins\n",
        to_string(kind),
        name);
  const std::string folder = output.empty() ? name : output;
  return fmt::format(
      "cmake -S {0} -B {0}/build && cmake --build {0}/build\n"
      "ctest --test-dir {0}/build            check it against the contract\n"
      "runexp {0}/{1}.toml --plugin-path {0}/build/plugins\n",
      folder,
      name);
}

}  // namespace monodr
