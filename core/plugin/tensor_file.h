// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "plugin/tensor_table.h"

namespace monodr {

/// What a file of tensors is of, and how its faults are told.
struct TensorFileKind {
  std::string format;      ///< "monodr shape prior 2"
  std::string what;        ///< "trained shape prior"
  std::string written_by;  ///< "runexp prior train"
  std::string remedy;      ///< for one of another version
};

/// What was learned is one file: a line of JSON, the header with
///     {"format", ..., "arrays": [{"name", "type", "shape"}, ...], "sha256": of what follows}
/// then the arrays one after another, little-endian, rows first. It appears whole or not at all.
void write_tensor_file(const std::string& path,
                       const TensorFileKind& kind,
                       nlohmann::json header,
                       const TensorTable& table);

struct TensorFile {
  nlohmann::json header;
  TensorTable arrays;
};
/// Throws UserError, naming the file, for one of another kind or version of the format, and where it is damaged.
TensorFile read_tensor_file(const std::string& path, const TensorFileKind& kind);
/// The first line alone.
nlohmann::json read_tensor_header(const std::string& path, const TensorFileKind& kind);

UserError damaged_tensor_file(const std::string& path, const std::string& what);

}  // namespace monodr
