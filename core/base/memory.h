// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <malloc.h>

namespace monodr {

/// Lets malloc keep what is freed. A step of a fit allocates and frees the same tensors, megabytes
/// each, as the step before; by default glibc hands them back to the kernel every time, and every
/// first touch of the fresh pages costs a fault.
inline void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

}  // namespace monodr
