// SPDX-License-Identifier: Apache-2.0
#include "base/toml_tree.h"

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>

#include "base/shipped_files.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

SourceLocation place(const std::string& file, const toml::source_region& region) {
  return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

TomlNode to_node(const std::string& file, const toml::node& node);

TomlNode::Table to_table(const std::string& file, const toml::table& table) {
  TomlNode::Table entries;
  for (const auto& [key, node] : table)
    entries.push_back({std::string(key.str()), place(file, key.source()), to_node(file, node)});
  // toml++ sorts by name; the order of the file is the order of axes and of messages.
  std::stable_sort(entries.begin(), entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
    return std::pair(a.key_where.line, a.key_where.column) <
           std::pair(b.key_where.line, b.key_where.column);
  });
  return entries;
}

TomlNode to_node(const std::string& file, const toml::node& node) {
  TomlNode result;
  result.where = place(file, node.source());
  if (const auto* table = node.as_table()) {
    result.value = to_table(file, *table);
  } else if (const auto* array = node.as_array()) {
    TomlNode::List list;
    for (const toml::node& item : *array) list.push_back(to_node(file, item));
    result.value = std::move(list);
  } else if (const auto* flag = node.as_boolean()) {
    result.value = flag->get();
  } else if (const auto* integer = node.as_integer()) {
    result.value = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    result.value = real->get();
  } else if (const auto* text = node.as_string()) {
    result.value = text->get();
  } else {
    throw UserError(result.where, "dates and times have no meaning here; write a text in quotes");
  }
  return result;
}

TomlNode parse_file(const std::string& file) {
  const std::string content = read_file(file);
  try {
    return to_node(file, toml::parse(content, file));
  } catch (const toml::parse_error& error) {
    throw UserError(place(file, error.source()),
                    fmt::format("not valid TOML: {}", error.description()));
  }
}

/// Beside the file that names it; else among the experiments that come with monodr.
std::string path_of_base(const std::string& file,
                         const std::string& name,
                         const SourceLocation& where) {
  const fs::path beside = fs::path(file).parent_path() / name;
  if (fs::is_regular_file(beside)) return beside.string();
  const std::vector<std::string> shipped = shipped_experiments();
  if (fs::path(name).is_relative())
    for (const fs::path folder : shipped)
      if (fs::is_regular_file(folder / name)) return (folder / name).string();
  throw UserError(where,
                  fmt::format("'extends' names '{}', but there is no file '{}'{}",
                              name,
                              beside.string(),
                              shipped.empty() ? "" : ", nor one in " + join(shipped, ", ")));
}

std::string canonical(const std::string& file) {
  return fs::weakly_canonical(file).string();
}

TomlNode merged_bases(const std::string& file,
                      const TomlNode& list,
                      const std::vector<std::string>& chain,
                      const std::vector<std::string>& known,
                      std::vector<std::string>& files);

TomlNode read_with_bases(const std::string& file,
                         std::vector<std::string> chain,
                         const std::vector<std::string>& known,
                         std::vector<std::string>& files) {
  chain.push_back(canonical(file));
  TomlNode root = parse_file(file);
  auto& table = std::get<TomlNode::Table>(root.value);
  const TomlEntry* extends = find_entry(table, "extends");
  if (extends == nullptr) {
    files.push_back(file);
    return root;
  }
  TomlNode merged = merged_bases(file, extends->node, chain, known, files);
  table.erase(table.begin() + (extends - table.data()));
  merge_tables(std::get<TomlNode::Table>(merged.value), table);
  files.push_back(file);
  return merged;
}

/// What the list behind `extends` in `file` says, but for files that are `known` already.
TomlNode merged_bases(const std::string& file,
                      const TomlNode& list,
                      const std::vector<std::string>& chain,
                      const std::vector<std::string>& known,
                      std::vector<std::string>& files) {
  if (!list.is_list())
    throw UserError(list.where, "'extends' must be a list of files: [\"base.toml\"]");
  TomlNode merged{TomlNode::Table{}, list.where};
  for (const TomlNode& base : std::get<TomlNode::List>(list.value)) {
    const auto* name = std::get_if<std::string>(&base.value);
    if (name == nullptr)
      throw UserError(base.where, "'extends' must be a list of files: [\"base.toml\"]");
    const std::string path = path_of_base(file, *name, base.where);
    if (std::count(chain.begin(), chain.end(), canonical(path)) > 0)
      throw UserError(base.where,
                      fmt::format("'extends' goes in a circle: '{}' leads back here", *name));
    if (std::count(known.begin(), known.end(), canonical(path)) > 0) continue;
    const TomlNode lower = read_with_bases(path, chain, known, files);
    merge_tables(std::get<TomlNode::Table>(merged.value), std::get<TomlNode::Table>(lower.value));
  }
  return merged;
}

bool is_bare_word(const std::string& text) {
  return !text.empty() && text.find_first_of("\"'[]{}=#\n") == std::string::npos;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// TOML's grammar first; a word without quotes is a text.
TomlNode item_of_override(const std::string& text, const std::string& file) {
  try {
    const toml::table table = toml::parse("value = " + text);
    const toml::node& node = *table.get("value");
    const bool is_date = node.is_date() || node.is_time() || node.is_date_time();
    if (table.size() == 1 && !is_date) return to_node(file, node);
  } catch (const toml::parse_error& error) {
    if (!is_bare_word(text))
      throw UserError(
          SourceLocation{file},
          fmt::format("not a value in TOML's grammar: {} (a text with special characters needs "
                      "quotes: 'key=\"text\"')",
                      error.description()));
  }
  return {text, {file}};
}

TomlNode parse_override_value(const std::string& text, const std::string& file, Typed typed) {
  const bool bracketed = text.find_first_of("\"'[{") == 0;
  const auto item_of = [&](const std::string& item) {
    return typed != Typed::as_toml && !bracketed ? TomlNode{item, {file}}
                                                 : item_of_override(item, file);
  };
  if (bracketed || typed == Typed::as_text || text.find(',') == std::string::npos)
    return item_of(text);
  TomlNode::List items;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    items.push_back(item_of(trimmed(text.substr(begin, end - begin))));
    begin = end + 1;
  }
  return {std::move(items), {file}};
}

// The places of an override count characters of a text that nobody wrote: keep the name only.
void forget_lines(TomlNode& node) {
  node.where.line = node.where.column = 0;
  if (auto* list = std::get_if<TomlNode::List>(&node.value))
    for (TomlNode& item : *list) forget_lines(item);
  if (auto* table = std::get_if<TomlNode::Table>(&node.value))
    for (TomlEntry& entry : *table) {
      entry.key_where.line = entry.key_where.column = 0;
      forget_lines(entry.node);
    }
}

}  // namespace

TomlNode read_toml(const std::string& file, std::vector<std::string>* files) {
  std::vector<std::string> read;
  TomlNode root = read_with_bases(file, {}, {}, read);
  if (files != nullptr) *files = std::move(read);
  return root;
}

TomlNode::Table read_extended(const TomlNode& list,
                              const std::vector<std::string>& known,
                              std::vector<std::string>& files) {
  std::vector<std::string> names;
  for (const std::string& file : known) names.push_back(canonical(file));
  TomlNode merged = merged_bases(list.where.file, list, {}, names, files);
  return std::get<TomlNode::Table>(std::move(merged.value));
}

TomlNode::Table parse_override(const std::string& text,
                               const std::function<Typed(const std::string& key)>& texts) {
  const std::string file = fmt::format("command line: '{}'", text);
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UserError(SourceLocation{file},
                    "a change is written key=value, for example fit.iterations=20");
  std::string key = text.substr(0, equals);
  const auto is_decoration = [](char c) { return c == '"' || c == ' '; };
  key.erase(std::remove_if(key.begin(), key.end(), is_decoration), key.end());
  TomlNode node = parse_override_value(
      trimmed(text.substr(equals + 1)), file, texts ? texts(key) : Typed::as_toml);
  forget_lines(node);
  while (true) {
    const size_t dot = key.rfind('.');
    const std::string last = dot == std::string::npos ? key : key.substr(dot + 1);
    if (last.empty()) throw UserError(SourceLocation{file}, "a part of the key is empty");
    TomlNode::Table table;
    table.push_back({last, {file}, std::move(node)});
    if (dot == std::string::npos) return table;
    node = TomlNode{std::move(table), {file}};
    key.resize(dot);
  }
}

void merge_tables(TomlNode::Table& lower, const TomlNode::Table& upper) {
  for (const TomlEntry& entry : upper) {
    auto* existing = const_cast<TomlEntry*>(find_entry(lower, entry.key));
    if (existing == nullptr) {
      lower.push_back(entry);
    } else if (existing->node.is_table() && entry.node.is_table()) {
      merge_tables(std::get<TomlNode::Table>(existing->node.value),
                   std::get<TomlNode::Table>(entry.node.value));
    } else {
      *existing = entry;
    }
  }
}

const TomlEntry* find_entry(const TomlNode::Table& table, const std::string& key) {
  for (const TomlEntry& entry : table)
    if (entry.key == key) return &entry;
  return nullptr;
}

std::string describe_kind(const TomlNode& node) {
  static const char* const names[] = {
      "a boolean", "an integer", "a real number", "a text", "a list", "a table"};
  return names[node.value.index()];
}

namespace {

std::vector<std::string> texts_of(const TomlNode::List& list) {
  std::vector<std::string> texts;
  for (const TomlNode& item : list) {
    const auto* text = std::get_if<std::string>(&item.value);
    if (text == nullptr)
      throw UserError(
          item.where,
          fmt::format("a list of texts is expected here, not {} in it", describe_kind(item)));
    texts.push_back(*text);
  }
  return texts;
}

}  // namespace

GivenValue to_given_value(const TomlNode& node, const SourceLocation& key_where) {
  GivenValue given;
  given.where = node.where;
  given.key_where = key_where;
  if (const auto* flag = std::get_if<bool>(&node.value)) {
    given.value = *flag;
  } else if (const auto* integer = std::get_if<std::int64_t>(&node.value)) {
    given.value = *integer;
  } else if (const auto* real = std::get_if<double>(&node.value)) {
    given.value = *real;
  } else if (const auto* text = std::get_if<std::string>(&node.value)) {
    given.value = *text;
  } else if (const auto* list = std::get_if<TomlNode::List>(&node.value)) {
    if (!list->empty() && std::holds_alternative<std::string>(list->front().value)) {
      given.value = texts_of(*list);
      return given;
    }
    std::vector<double> numbers;
    for (const TomlNode& item : *list) {
      if (const auto* whole = std::get_if<std::int64_t>(&item.value))
        numbers.push_back(static_cast<double>(*whole));
      else if (const auto* number = std::get_if<double>(&item.value))
        numbers.push_back(*number);
      else
        throw UserError(
            item.where,
            fmt::format("a list of numbers is expected here, not {} in it", describe_kind(item)));
    }
    given.value = std::move(numbers);
  } else {
    throw UserError(node.where, "a value is expected here, not a table");
  }
  return given;
}

GivenValue to_given_value(const TomlEntry& entry) {
  return to_given_value(entry.node, entry.key_where);
}

}  // namespace monodr
