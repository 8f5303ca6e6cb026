// SPDX-License-Identifier: Apache-2.0
// Processes that die or write at the same time. A child that has to die does so by SIGKILL from
// inside SQLite, after a random number of its virtual machine's steps: every phase of a
// transaction is hit without waiting for any clock.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>

#include "base/error.h"
#include "base/random.h"
#include "sample.h"

namespace monodr {
namespace {

/// Runs `action` in a child; its exit status as waitpid gives it. No connection may be open here.
int status_of_child(const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      action();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

int die_when_counted_down(void* counter) {
  if (--*static_cast<int*>(counter) == 0) ::kill(::getpid(), SIGKILL);
  return 0;
}

CellResult many_rows(const CellRecord& record, double value) {
  CellResult result;
  result.cell = record.id;
  result.state = "done";
  for (int i = 0; i < 200; ++i) {
    result.metrics.push_back({"metric " + std::to_string(i), "", "", 0, 0, value, "1"});
    result.series.push_back({"loss", i, value});
  }
  return result;
}

/// Number of distinct (value, rows) over both long tables; 1 where nothing is torn.
void expect_whole(const std::string& file) {
  Database database(file);
  SQLite::Database& connection = database.connection();
  EXPECT_EQ(connection.execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_EQ(connection.execAndGet("SELECT count(*) FROM pragma_foreign_key_check").getInt(), 0);
  EXPECT_EQ(connection.execAndGet("SELECT count(*) FROM metric").getInt(), 200);
  EXPECT_EQ(connection.execAndGet("SELECT count(*) FROM series").getInt(), 200);
  EXPECT_EQ(connection
                .execAndGet("SELECT count(DISTINCT value) FROM (SELECT value FROM metric UNION "
                            "ALL SELECT value FROM series)")
                .getInt(),
            1);
}

TEST(Crash, AWriterKilledAnywhereLeavesTheOldCellOrTheNew) {
  const Folder folder;
  const CellRecord record = sample_record("arm", 0);
  Database(folder.file()).import_result(record, many_rows(record, 0));
  const unsigned seed = 17;
  SCOPED_TRACE(seed);
  Random random(seed);
  int killed = 0;
  for (int round = 1; round <= 40; ++round) {
    int steps = 1 + random.below(1200);
    const int status = status_of_child([&] {
      Database database(folder.file());
      ::sqlite3_progress_handler(
          database.connection().getHandle(), 10, die_when_counted_down, &steps);
      database.import_result(record, many_rows(record, round));
    });
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    killed += WIFSIGNALED(status);
    expect_whole(folder.file());
    if (HasFatalFailure() || HasNonfatalFailure()) break;
  }
  EXPECT_GT(killed, 10);
}

TEST(Crash, TwoProcessesWriteAtTheSameTime) {
  const Folder folder;
  const int cells = 60;
  std::vector<pid_t> children;
  for (const std::string arm : {"left", "right"}) {  // both also create the file
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        Database database(folder.file());
        for (int seed = 0; seed < cells; ++seed) {
          const CellRecord record = sample_record(arm, seed);
          database.import_result(record, sample_result(record, seed));
        }
      } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const Database database(folder.file());
  EXPECT_EQ(database.states("ablation_rotation").size(), 2u * cells);
  EXPECT_EQ(database.connection().execAndGet("SELECT count(*) FROM metric").getInt(), 8 * cells);
}

TEST(Crash, ARowWhoseProcessIsGoneIsSeenAsInterrupted) {
  const Folder folder;
  const CellRecord fresh = sample_record("fresh", 0), done = sample_record("done", 0);
  Database(folder.file()).import_result(done, sample_result(done, 1));
  ASSERT_EQ(status_of_child([&] {
              Database database(folder.file());
              if (!database.mark_running(fresh, ::getpid())) ::_exit(2);
              if (!database.mark_running(done, ::getpid())) ::_exit(3);
            }),
            0);
  Database database(folder.file());
  auto states = database.states("ablation_rotation");
  EXPECT_EQ(states[fresh.id], "interrupted");
  EXPECT_EQ(states[done.id], "done");
  EXPECT_TRUE(database.mark_running(fresh, ::getpid()));
  EXPECT_EQ(database.states("ablation_rotation")[fresh.id], "running");
}

TEST(Crash, WhatMayNotBeWrittenIsAUserErrorAndCanStillBeRead) {
  const Folder folder;
  const CellRecord record = sample_record("arm", 0);
  Database(folder.file()).import_result(record, sample_result(record, 1));
  std::filesystem::permissions(folder.file(), std::filesystem::perms(0444));
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const int status = status_of_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);  // root may write anything
    if (Database(folder.file(), Database::Access::read_only).experiments().size() != 1) ::_exit(3);
    try {
      Database database(folder.file());
      database.import_result(record, sample_result(record, 2));
      ::_exit(4);
    } catch (const UserError& error) {
      if (std::string(error.what()).find("--results") == std::string::npos) ::_exit(5);
    }
    try {
      Database database(folder.file("new.sqlite"));
      ::_exit(6);
    } catch (const UserError&) {
    }
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
}

}  // namespace
}  // namespace monodr
