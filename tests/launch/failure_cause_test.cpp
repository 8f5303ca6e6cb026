// SPDX-License-Identifier: Apache-2.0
#include "launch/failure_cause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/error.h"
#include "base/text.h"
#include "launch/cell_log.h"
#include "shared_files.h"

namespace monodr {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(FailureCause, TellsWhoKilledTheWorker) {
  const std::string killed = "was killed by signal 9 (Killed)";
  EXPECT_THAT(cause_of_end(killed, SIGKILL, 3, 4),
              StartsWith("out of memory: the worker was killed by the system"));
  EXPECT_EQ(cause_of_end(killed, SIGKILL, 3, 3), "the worker " + killed + ", from outside");
  EXPECT_EQ(cause_of_end("was killed by signal 11 (Segmentation fault)", SIGSEGV, 3, 4),
            "the worker was killed by signal 11 (Segmentation fault)");
  EXPECT_EQ(cause_of_end("ended with exit code 3", 0, 0, 0), "the worker ended with exit code 3");
  EXPECT_EQ(cause_of_end("", 0, 0, 0), "the worker ended without a result");
}

TEST(FailureCause, TheKernelsCounterCanBeRead) {
  const std::string counters = read_file("/proc/vmstat");
  if (counters.find("\noom_kill ") == std::string::npos) GTEST_SKIP() << "an older kernel";
  EXPECT_GE(kills_for_memory(), 0);
  EXPECT_THAT(counters, HasSubstr("\noom_kill "));
}

TEST(FailureCause, RefusedMemoryIsCalledSo) {
  EXPECT_EQ(failure_message("std::bad_alloc", "", 100),
            "out of memory (limit: 100 MB, --memory-limit): std::bad_alloc");
  EXPECT_EQ(
      failure_message("the worker was killed by signal 6 (Aborted)", "what(): std::bad_alloc", 0),
      "out of memory: the worker was killed by signal 6 (Aborted)\nwhat(): std::bad_alloc");
  EXPECT_EQ(failure_message("NaN at step 7", "a line", 100), "NaN at step 7\na line");
}

TEST(CellLogTest, KeepsAllInTheFileAndTheEndInMemory) {
  const TemporaryFolder folder;
  CellLog log;
  log.begin(folder.file("logs"), "0123456789abcdef");
  EXPECT_EQ(log.last_lines(), "");
  std::string written;
  for (int line = 0; line < 3000; ++line) {
    written += fmt::format("line {}\n", line);
    log.append(fmt::format("line {}\n", line));
  }
  EXPECT_EQ(read_file(log_file(folder.file("logs"), "0123456789abcdef")), written);
  EXPECT_THAT(log.last_lines(), StartsWith("line 2988\n"));
  EXPECT_THAT(log.last_lines(), testing::EndsWith("\nline 2999"));
  log.begin(folder.file("logs"), "0123456789abcdef");
  EXPECT_FALSE(std::filesystem::exists(log_file(folder.file("logs"), "0123456789abcdef")))
      << "what an earlier run wrote is gone";
}

}  // namespace
}  // namespace monodr
