// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace monodr {

/// Tells a person how far a sweep is: one line with a bar that is drawn over itself on a terminal,
/// one line for each event elsewhere, nothing but failures when quiet. For programs: one JSON
/// object a line, {"event": ..., ...} (docs in `runexp run --help`).
class Progress {
 public:
  enum class Style { bar, lines, quiet, json };

  /// A bar where `stream` is a terminal, else lines; colours unless NO_COLOR is set.
  static Progress for_stream(std::FILE* stream, bool quiet);
  Progress(std::FILE* stream, Style style, bool colours);
  ~Progress();

  /// Work before the cells, such as training the prior: fraction from 0 to 1. How long it will take still is told once a
  /// hundredth of it has been seen to be done; where there is no bar, once a minute.
  void preparing(const std::string& what, double fraction);

  /// `total` cells are to be run, `done` more are done already.
  void begin(size_t total, size_t done);
  /// `id` is the cell's; `description` is for people.
  void cell_started(size_t cell, const std::string& id, const std::string& description);
  void cell_advanced(size_t cell, double fraction);
  /// `failure` is empty for a cell that is done.
  void cell_finished(size_t cell,
                     const std::string& id,
                     const std::string& description,
                     double seconds,
                     const std::string& failure);
  /// Nothing has happened, but time has passed: the bar tells it.
  void refresh();
  /// A line that stays.
  void note(const std::string& text);
  /// The end of the run, for programs.
  void finished(size_t done, size_t failed, bool stopped);
  /// Removes the bar.
  void end();

 private:
  using Clock = std::chrono::steady_clock;

  void draw(bool at_once);
  void draw_line(const std::string& text);
  void clear();
  void print(const std::string& text);
  void print_event(const std::string& event,
                   const std::vector<std::pair<std::string, std::string>>& fields);
  double seconds_left() const;
  double seconds_of_preparation_left(double fraction) const;

  std::FILE* stream_;
  Style style_;
  bool colours_;
  bool drawn_ = false;
  std::string last_preparation_;
  double first_fraction_ = 0;  ///< of the preparation, when it was first told of
  Clock::time_point preparation_started_, preparation_printed_;
  size_t total_ = 0, already_done_ = 0, finished_ = 0;
  struct Running {
    std::string id, description;
    double fraction = 0;
  };
  std::map<size_t, Running> running_;
  Clock::time_point started_, last_draw_;
};

/// "4.2 s", "3 min 05 s", "2 h 10 min".
std::string duration_text(double seconds);

}  // namespace monodr
