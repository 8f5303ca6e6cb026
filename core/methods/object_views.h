// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/random.h"
#include "methods/training_examples.h"

namespace monodr {

/// Which examples show the same object: those of one track. An example without a track is an object of its own.
class ObjectViews {
 public:
  explicit ObjectViews(const std::vector<TrainingExample>& examples);

  std::size_t objects() const { return views_.size(); }
  /// Objects are numbered as they appear.
  std::size_t object_of(std::size_t example) const { return places_[example].object; }
  /// Another view of the example's object, all alike; itself, where it has no other.
  std::size_t any_other(std::size_t example, Random& random) const;
  /// The view that follows, behind the last one the first.
  std::size_t next(std::size_t example) const { return ahead(example, 1); }

 private:
  struct Place {
    std::size_t object = 0, view = 0;
  };
  std::size_t ahead(std::size_t example, std::size_t count) const;

  std::vector<std::vector<std::size_t>> views_;  ///< of each object, examples in their order
  std::vector<Place> places_;                    ///< of each example
};

}  // namespace monodr
