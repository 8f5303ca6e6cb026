// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace monodr {

/// How many processes the kernel has killed to free memory since the machine was started
/// ("oom_kill" in /proc/vmstat). Its log is root's; this counter is everyone's.
std::int64_t kills_for_memory();

/// How a worker ended, told as its cell's failure. `how` as WorkerProcess::wait gives it, `signal`
/// what ended it or 0. SIGKILL says not who sent it: where the kernel has killed for memory since
/// the cell began, it was the kernel; else it came from outside.
std::string cause_of_end(const std::string& how,
                         int signal,
                         std::int64_t kills_at_begin,
                         std::int64_t kills_now);

/// The reason with the last lines of the log under it. Says "out of memory" first where either
/// tells of memory that was refused, as LibTorch and the C++ library put it; `memory_limit_mb` is
/// the cell's, 0 = none.
std::string failure_message(const std::string& reason,
                            const std::string& last_log_lines,
                            int memory_limit_mb);

}  // namespace monodr
