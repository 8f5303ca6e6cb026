// SPDX-License-Identifier: Apache-2.0
//
// A file built for another ABI. Should any of its code run, the test process ends: it must be
// refused from its symbol table alone.
#include <cstdlib>

namespace {
[[maybe_unused]] const int ends_the_process = (std::_Exit(99), 0);
}  // namespace

extern "C" const void* monodr_plugin_abi3_torch1_12_1_gcc11_cxx11abi1() {
  return nullptr;
}
