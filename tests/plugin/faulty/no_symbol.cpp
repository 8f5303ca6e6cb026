// SPDX-License-Identifier: Apache-2.0
//
// A shared library that is no plugin. Its code must not run either.
#include <cstdlib>

namespace {
[[maybe_unused]] const int ends_the_process = (std::_Exit(98), 0);
}  // namespace

extern "C" int answer() {
  return 42;
}
