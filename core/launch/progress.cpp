// SPDX-License-Identifier: Apache-2.0
#include "launch/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

namespace monodr {
namespace {

constexpr int bar_width = 24;
constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr auto print_interval = std::chrono::minutes(1);

int terminal_width(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string bar(double fraction) {
  const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * bar_width);
  return "[" + std::string(full, '#') + std::string(bar_width - full, '.') + "]";
}

// A reason's further lines are those of a log.
std::string indented(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "    | ";
  }
  return result;
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const long whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress Progress::for_stream(std::FILE* stream, bool quiet) {
  const bool terminal = ::isatty(::fileno(stream)) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  const bool colours = terminal && (no_color == nullptr || *no_color == '\0');
  return Progress(stream, quiet ? Style::quiet : terminal ? Style::bar : Style::lines, colours);
}

Progress::Progress(std::FILE* stream, Style style, bool colours)
    : stream_(stream), style_(style), colours_(colours), started_(Clock::now()) {}

Progress::~Progress() {
  end();
}

void Progress::preparing(const std::string& what, double fraction) {
  const bool begins = what != last_preparation_ || fraction < first_fraction_;
  if (begins) {
    first_fraction_ = fraction;
    preparation_started_ = preparation_printed_ = Clock::now();
    last_preparation_ = what;
  }
  const double seconds = seconds_of_preparation_left(fraction);
  const std::string left =
      std::isfinite(seconds) ? fmt::format("about {} left", duration_text(seconds)) : "";
  if (style_ == Style::bar) {
    draw_line(fmt::format("{} {:3.0f} %  {}{}",
                          bar(fraction),
                          100 * fraction,
                          what,
                          left.empty() ? "" : ", " + left));
  } else if (style_ == Style::lines) {
    if (begins) print(fmt::format("{} ...", what));
    if (left.empty() || Clock::now() - preparation_printed_ < print_interval) return;
    print(fmt::format("{}: {:.0f} %, {}", what, 100 * fraction, left));
    preparation_printed_ = Clock::now();
  } else if (style_ == Style::json) {
    std::vector<std::pair<std::string, std::string>> fields{
        {"what", json_text(what)}, {"fraction", fmt::format("{}", fraction)}};
    if (!left.empty()) fields.emplace_back("seconds_left", fmt::format("{:.1f}", seconds));
    print_event("preparing", fields);
  }
}

double Progress::seconds_of_preparation_left(double fraction) const {
  const double done = fraction - first_fraction_;
  if (done < 0.01) return std::numeric_limits<double>::quiet_NaN();
  const double elapsed = std::chrono::duration<double>(Clock::now() - preparation_started_).count();
  return elapsed * std::max(0.0, 1 - fraction) / done;
}

void Progress::begin(size_t total, size_t done) {
  total_ = total;
  already_done_ = done;
  started_ = Clock::now();
  if (style_ == Style::lines) print(fmt::format("{} cells to run, {} done already", total, done));
  if (style_ == Style::json)
    print_event("begin",
                {{"cells", fmt::format("{}", total)}, {"already_done", fmt::format("{}", done)}});
  draw(true);
}

void Progress::cell_started(size_t cell, const std::string& id, const std::string& description) {
  running_[cell] = {id, description, 0};
  if (style_ == Style::json)
    print_event("started", {{"id", json_text(id)}, {"cell", json_text(description)}});
  draw(true);
}

void Progress::cell_advanced(size_t cell, double fraction) {
  Running& running = running_[cell];
  running.fraction = std::clamp(fraction, 0.0, 1.0);
  if (style_ == Style::json)
    print_event("progress",
                {{"id", json_text(running.id)}, {"fraction", fmt::format("{}", running.fraction)}});
  draw(false);
}

void Progress::cell_finished(size_t cell,
                             const std::string& id,
                             const std::string& description,
                             double seconds,
                             const std::string& failure) {
  running_.erase(cell);
  ++finished_;
  if (style_ == Style::json) {
    print_event("finished",
                {{"id", json_text(id)},
                 {"cell", json_text(description)},
                 {"state", json_text(failure.empty() ? "done" : "failed")},
                 {"seconds", fmt::format("{:.3f}", seconds)},
                 {"message", json_text(failure)},
                 {"seconds_left", fmt::format("{:.1f}", seconds_left())}});
    return;
  }
  if (!failure.empty()) {
    const char* red = colours_ ? "\033[31m" : "";
    const char* plain = colours_ ? "\033[0m" : "";
    note(fmt::format("{}failed{} {}: {}", red, plain, description, indented(failure)));
  } else if (style_ == Style::lines) {
    const std::string left =
        finished_ < total_ ? fmt::format(", about {} left", duration_text(seconds_left())) : "";
    print(fmt::format(
        "[{}/{}] {} ({}{})", finished_, total_, description, duration_text(seconds), left));
  }
  draw(true);
}

void Progress::note(const std::string& text) {
  clear();
  if (style_ == Style::json)
    print_event("note", {{"text", json_text(text)}});
  else
    print(text);
}

void Progress::finished(size_t done, size_t failed, bool stopped) {
  if (style_ == Style::json)
    print_event("end",
                {{"done", fmt::format("{}", done)},
                 {"failed", fmt::format("{}", failed)},
                 {"stopped", stopped ? "true" : "false"}});
}

void Progress::refresh() {
  draw(false);
}

void Progress::end() {
  clear();
}

double Progress::seconds_left() const {
  double work = static_cast<double>(finished_);
  for (const auto& [cell, running] : running_) work += running.fraction;
  const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
  return work > 0 ? elapsed * (static_cast<double>(total_) - work) / work : 0;
}

void Progress::draw(bool at_once) {
  if (style_ != Style::bar || total_ == 0) return;
  const auto now = Clock::now();
  if (!at_once && now - last_draw_ < redraw_interval) return;
  last_draw_ = now;
  double work = static_cast<double>(finished_);
  for (const auto& [cell, running] : running_) work += running.fraction;
  const double fraction = work / static_cast<double>(total_);
  const std::string left =
      work > 0 ? fmt::format("  {} left", duration_text(seconds_left())) : std::string();
  const std::string current = running_.empty() ? "" : "  " + running_.begin()->second.description;
  draw_line(fmt::format("{} {}/{}{}{}",
                        bar(fraction),
                        already_done_ + finished_,
                        already_done_ + total_,
                        left,
                        current));
}

void Progress::draw_line(const std::string& text) {
  const size_t width = static_cast<size_t>(terminal_width(stream_) - 1);
  fmt::print(stream_, "\r{}\033[K", text.substr(0, width));
  std::fflush(stream_);
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) fmt::print(stream_, "\r\033[K");
  std::fflush(stream_);
  drawn_ = false;
}

// Values are JSON already.
void Progress::print_event(const std::string& event,
                           const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string line = fmt::format("{{\"event\":{}", json_text(event));
  for (const auto& [name, value] : fields) line += fmt::format(",{}:{}", json_text(name), value);
  print(line + "}");
}

void Progress::print(const std::string& text) {
  fmt::print(stream_, "{}\n", text);
  std::fflush(stream_);
}

}  // namespace monodr
