// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/lines.h"
#include "base/random.h"

namespace monodr {

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string* best = nullptr;
  int best_distance = 0;
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(name, candidate);
    if (best == nullptr || distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  const int tolerated = std::max<int>(1, static_cast<int>(name.size()) / 3);
  if (best == nullptr || best_distance > tolerated) return "";
  return fmt::format("; did you mean '{}'?", *best);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += separator;
    joined += parts[i];
  }
  return joined;
}

std::string read_file(const std::string& path) {
  if (std::filesystem::is_directory(path))
    throw UserError(fmt::format("cannot read '{}': it is a folder, a file is expected", path));
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw UserError(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  std::ostringstream content;
  content << stream.rdbuf();
  std::string read = std::move(content).str();
  refuse_git_lfs_pointer(read, path);
  return read;
}

void write_file_atomically(const std::string& path, std::string_view content) {
  // Unique among threads, processes and hosts that write one file: none may take another's away.
  static std::atomic<unsigned> serial{0};
  const std::string temporary =
      fmt::format("{}.{}.{}.{:08x}.part", path, ::getpid(), ++serial, fresh_seed());
  const auto fail = [&](const char* action) {
    const std::string reason = std::strerror(errno);
    ::unlink(temporary.c_str());
    throw UserError(fmt::format("cannot {} '{}': {}", action, path, reason));
  };
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) fail("create");
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int reason = errno;
      ::close(descriptor);
      errno = reason;
      fail("write");
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  const bool flushed = ::fsync(descriptor) == 0;
  if (::close(descriptor) != 0 || !flushed) fail("flush");
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename into place");
}

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace monodr
