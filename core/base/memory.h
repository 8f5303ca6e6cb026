// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <malloc.h>

#include <fstream>
#include <string>

namespace monodr {

/// Lets malloc keep what is freed. A step of a fit allocates and frees the same tensors, megabytes
/// each, as the step before; by default glibc hands them back to the kernel every time, and every
/// first touch of the fresh pages costs a fault.
inline void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

/// How far this process's resident memory rises above what it is when the object is made. One at a
/// time: the kernel keeps a single peak.
class PeakMemory {
 public:
  PeakMemory() {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak starts again from here
    before_ = line("VmRSS:");
  }
  /// False where the kernel does not say.
  bool known() const { return before_ > 0; }
  double mb() const { return line("VmHWM:") - before_; }

 private:
  static double line(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
      if (word == key && status >> word) return std::stod(word) / 1024;
    return 0;
  }
  double before_ = 0;
};

}  // namespace monodr
