// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace monodr {

/// The interface of the kind that added_kind_test adds.
class TestKind {
 public:
  virtual ~TestKind() = default;
  virtual int answer() const = 0;
};

}  // namespace monodr
