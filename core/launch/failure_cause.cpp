// SPDX-License-Identifier: Apache-2.0
#include "launch/failure_cause.h"

#include <fmt/format.h>

#include <csignal>
#include <fstream>

namespace monodr {
namespace {

bool tells_of_lack_of_memory(const std::string& text) {
  return text.find("std::bad_alloc") != std::string::npos ||
         text.find("can't allocate memory") != std::string::npos;
}

}  // namespace

std::int64_t kills_for_memory() {
  std::ifstream counters("/proc/vmstat");
  std::string name;
  for (std::int64_t count = 0; counters >> name >> count;)
    if (name == "oom_kill") return count;
  return 0;
}

std::string cause_of_end(const std::string& how,
                         int signal,
                         std::int64_t kills_at_begin,
                         std::int64_t kills_now) {
  if (how.empty()) return "the worker ended without a result";
  if (signal != SIGKILL) return "the worker " + how;
  if (kills_now > kills_at_begin)
    return "out of memory: the worker was killed by the system, which had none left; run fewer "
           "workers (-j), or set --memory-limit";
  return "the worker " + how + ", from outside";
}

std::string failure_message(const std::string& reason,
                            const std::string& last_log_lines,
                            int memory_limit_mb) {
  const std::string text = last_log_lines.empty() ? reason : reason + "\n" + last_log_lines;
  if (!tells_of_lack_of_memory(text)) return text;
  const std::string limit =
      memory_limit_mb > 0 ? fmt::format(" (limit: {} MB, --memory-limit)", memory_limit_mb) : "";
  return fmt::format("out of memory{}: {}", limit, text);
}

}  // namespace monodr
