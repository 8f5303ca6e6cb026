// SPDX-License-Identifier: Apache-2.0
#include "launch/worker_environment.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace monodr {

std::vector<std::pair<std::string, std::string>> worker_variables(int threads) {
  // OpenBLAS: one thread is faster for our small products, and its sums depend on how many there
  // are. OpenMP: threads that spin while they wait cost several times the work itself on a busy
  // machine.
  // malloc: a fit frees and takes the same tensors at every step; handing them back to the kernel
  // each time costs a quarter of the fit in page faults.
  const std::string count = fmt::format("{}", threads);
  const std::string keep_memory =
      "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:"
      "glibc.malloc.trim_threshold=4294967296";
  return {{"GLIBC_TUNABLES", keep_memory},
          {"OMP_NUM_THREADS", count},
          {"OMP_WAIT_POLICY", "passive"},
          {"OPENBLAS_NUM_THREADS", "1"},
          {"MONODR_THREADS", count}};
}

std::vector<std::string> worker_environment(int threads) {
  const auto settings = worker_variables(threads);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (std::none_of(settings.begin(), settings.end(), [&](const auto& setting) {
          return text.rfind(setting.first + "=", 0) == 0;
        }))
      variables.push_back(text);
  }
  for (const auto& [name, value] : settings) variables.push_back(name + "=" + value);
  return variables;
}

bool has_worker_environment(int threads) {
  const auto settings = worker_variables(threads);
  return std::all_of(settings.begin(), settings.end(), [](const auto& setting) {
    const char* value = std::getenv(setting.first.c_str());
    return value != nullptr && setting.second == value;
  });
}

void limit_memory(int megabytes) {
  if (megabytes <= 0) return;
  const rlim_t bytes = static_cast<rlim_t>(megabytes) << 20;
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_DATA, &limit);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace monodr
