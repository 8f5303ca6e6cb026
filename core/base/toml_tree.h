// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/parameters.h"

namespace monodr {

struct TomlEntry;

/// A TOML value that knows where it was written. Tables keep the order of the file.
struct TomlNode {
  using List = std::vector<TomlNode>;
  using Table = std::vector<TomlEntry>;

  std::variant<bool, std::int64_t, double, std::string, List, Table> value;
  SourceLocation where;

  bool is_table() const { return std::holds_alternative<Table>(value); }
  bool is_list() const { return std::holds_alternative<List>(value); }
};

struct TomlEntry {
  std::string key;
  SourceLocation key_where;
  TomlNode node;
};

/// Reads a TOML file. With `extends = ["base.toml"]` at the top, the named files (relative to the
/// file that names them) come first, in order, and this file's keys go over theirs: tables are
/// merged key by key, everything else, lists of tables included, is replaced. Files that extend
/// each other in a circle are an error. `files` gets the names of all that were read, each after those
/// that it extends. Throws UserError at file:line:column.
TomlNode read_toml(const std::string& file, std::vector<std::string>* files = nullptr);

/// What the files of a list behind `extends` say together, as above, but for the `known` ones, which have been read
/// already and say nothing again. `files` gets the names of the others. For a list that stands in a part of a file: an
/// arm that is another file's method on this file's data.
TomlNode::Table read_extended(const TomlNode& list,
                              const std::vector<std::string>& known,
                              std::vector<std::string>& files);

/// `a.b.c=VALUE` from the command line as a tree of one leaf. VALUE is a TOML value, a bare word
/// (taken as text), or a list without brackets: `sweep.seed=0,1`. Places read
/// "command line: 'a.b.c=VALUE'".
///
/// Of a key that `texts` knows the value is the text as it was typed, unless it stands in quotes or brackets:
/// 2011_09_26 is a number in TOML's grammar, and to whoever types it a folder.
enum class Typed { as_toml, as_text, as_list_of_texts };
TomlNode::Table parse_override(const std::string& text,
                               const std::function<Typed(const std::string& key)>& texts = nullptr);

/// Puts `upper` over `lower`: tables are merged, everything else is replaced.
void merge_tables(TomlNode::Table& lower, const TomlNode::Table& upper);

/// The entry with that key, or nullptr.
const TomlEntry* find_entry(const TomlNode::Table& table, const std::string& key);

/// "a table", "a list", "a text", ...: for messages.
std::string describe_kind(const TomlNode& node);

/// A leaf as the value of a parameter; lists must hold numbers only.
GivenValue to_given_value(const TomlEntry& entry);
GivenValue to_given_value(const TomlNode& node, const SourceLocation& key_where);

}  // namespace monodr
