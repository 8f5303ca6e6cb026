// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>

namespace monodr {

/// The file that keeps what a cell wrote to stderr, <first 12 digits of its id>.log; a cell that
/// wrote nothing has none.
std::string log_file(const std::string& logs_folder, const std::string& cell);

/// The last lines of a text, without a newline at the end; "" where there are none.
std::string last_lines(const std::string& text);

/// Those of that file, "" where there is none.
std::string last_log_lines(const std::string& logs_folder, const std::string& cell);

/// What the cell in a worker's hand writes: kept in its file as it comes, for `runexp logs
/// --follow`, and its end in memory, for the message where the cell fails.
class CellLog {
 public:
  /// From now on for this cell; removes what an earlier run of it wrote.
  void begin(const std::string& logs_folder, const std::string& cell);
  void append(const std::string& text);
  /// The last lines, without a newline at the end; "" where nothing was written.
  std::string last_lines() const;
  void end();

 private:
  std::string folder_, path_;
  std::string tail_;
  std::ofstream file_;
};

/// Sends what this process prints to the log of a cell for as long as the object lives. A cell that
/// printed nothing has none at the end.
class PrintsToLog {
 public:
  PrintsToLog(const std::string& logs_folder, const std::string& cell);
  ~PrintsToLog() { end(); }
  PrintsToLog(const PrintsToLog&) = delete;
  PrintsToLog& operator=(const PrintsToLog&) = delete;

  void end();

 private:
  std::string path_;
  int before_[2] = {-1, -1};  ///< where stdout and stderr went
};

}  // namespace monodr
