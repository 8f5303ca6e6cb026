// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/parameters.h"
#include "settings/category.h"

namespace monodr {

/// The values of a category's file, by key, each with its place.
using CategoryValues = std::map<std::string, GivenValue>;

/// Files of categories, each read once.
///
/// A name ("car") is looked for as categories/NAME.toml beside the experiment's file, then among the
/// experiments that come with monodr; what ends in .toml is a path, from the current directory or from the
/// experiment's folder.
class CategoryFiles {
 public:
  explicit CategoryFiles(std::string experiment_file)
      : experiment_file_(std::move(experiment_file)) {}

  /// The values stay where they are as long as this object. UserError at `where` for a category that has no
  /// file, with those that have one.
  const CategoryValues& of(const std::string& category, const SourceLocation& where);

 private:
  std::string find(const std::string& category, const SourceLocation& where) const;

  std::string experiment_file_;
  std::map<std::string, CategoryValues> known_;
};

/// The category where no experiment is at hand ("car").
CategoryModel load_category(const std::string& category);

}  // namespace monodr
